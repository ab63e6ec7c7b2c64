"""Plain Pyomo through this library's ``solve_model``."""

from plain_pyomo import solve

if __name__ == "__main__":
    solve("pse")
