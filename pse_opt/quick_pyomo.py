"""Pyomo, loaded without SciPy's statistics.

Pyomo loads ``scipy.stats`` as soon as SciPy is there, and all that it needs with it: longer than
everything else before a small solve. It waits until it needs them where SciPy is loaded without its
notice. Our packages that work with Pyomo import this module first.
"""

import sys

import scipy

if "pyomo.common.dependencies" not in sys.modules:
    del sys.modules["scipy"]
    try:
        import pyomo.common.dependencies  # noqa: F401
    finally:
        sys.modules["scipy"] = scipy
