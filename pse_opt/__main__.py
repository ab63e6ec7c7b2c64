"""``python -m pse_opt``."""

import sys

from pse_opt.cli import main

if __name__ == "__main__":
    sys.exit(main())
