"""Plain Pyomo through its older interface to HiGHS."""

from plain_pyomo import solve

if __name__ == "__main__":
    solve("appsi")
