"""Plain Pyomo through its newer interface to HiGHS."""

from plain_pyomo import solve

if __name__ == "__main__":
    solve("contrib")
