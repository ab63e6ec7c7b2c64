"""Pictures of instances and plans, and the report of a result.

Figures are returned by functions (``plot_map``, ``plot_lorenz``, ...); the package itself is called
to write a report: ``pse.report(instance, result, "report.html")``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Report(ModuleType):
    """The package, which can be called: the function and the folder have the same name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Write a report: see :func:`pse_opt.report.page.write_report`."""
        from pse_opt.report.page import write_report

        return write_report(*args, **kwargs)


sys.modules[__name__].__class__ = _Report
