"""Who delivers which public service, where: exact models, certified plans.

Examples
--------
>>> import pse_opt as pse
>>> instance = pse.load_instance("tiny-two-districts")
>>> result = pse.solve(instance, "equalized", gap=0)
>>> result.status, result.verified
('optimal', True)
>>> result.plan.offers["offer"].tolist()
['clinic-north', 'helpers-south']
>>> pse.verify(instance, result).raise_if_violated()
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pse_opt import measures
    from pse_opt.about import About
    from pse_opt.analysis.burden import Burden, burden
    from pse_opt.analysis.compare import Comparison, compare
    from pse_opt.analysis.explaining import Explanation, explain
    from pse_opt.analysis.frontier import frontier
    from pse_opt.analysis.frontier_result import Frontier
    from pse_opt.analysis.investments import Investments, investments
    from pse_opt.analysis.opportunities import Opportunities, opportunities
    from pse_opt.analysis.qualification import Qualification, qualification
    from pse_opt.analysis.sensitivity import sensitivity
    from pse_opt.analysis.sensitivity_result import Sensitivity
    from pse_opt.analysis.stress import stress
    from pse_opt.analysis.stress_result import Stress
    from pse_opt.components import Row, Rows, Term, component, cost_term
    from pse_opt.errors import (
        InfeasibleError,
        InputError,
        Problem,
        PseError,
        PseWarning,
        SolverError,
    )
    from pse_opt.formulation.build import build_model
    from pse_opt.instance import Instance
    from pse_opt.interchange.convert import convert
    from pse_opt.interchange.program import Exported, export_model
    from pse_opt.io import load_instance, read_instance, write_instance
    from pse_opt.plan import Plan, read_plan
    from pse_opt.policy import Policy, read_policy
    from pse_opt.report.comparison import plot_comparison
    from pse_opt.report.frontier import plot_frontier
    from pse_opt.report.maps import plot_map
    from pse_opt.report.money import plot_costs, plot_delivery
    from pse_opt.report.network import plot_network
    from pse_opt.report.page import write_report as report
    from pse_opt.report.plots import plot_convergence, plot_levels, plot_lorenz
    from pse_opt.solving.result import Result
    from pse_opt.solving.run import solve, solve_model
    from pse_opt.stored import read_result
    from pse_opt.verification import Verification, Violation, check, verify

__version__ = "0.1.0"

_HOME = {
    "measures": "",
    "report": "",
    "Row": "components",
    "Rows": "components",
    "Term": "components",
    "component": "components",
    "cost_term": "components",
    "Exported": "interchange.program",
    "InfeasibleError": "errors",
    "InputError": "errors",
    "Problem": "errors",
    "PseError": "errors",
    "PseWarning": "errors",
    "SolverError": "errors",
    "build_model": "formulation.build",
    "About": "about",
    "Burden": "analysis.burden",
    "burden": "analysis.burden",
    "Comparison": "analysis.compare",
    "compare": "analysis.compare",
    "convert": "interchange.convert",
    "export_model": "interchange.program",
    "Explanation": "analysis.explaining",
    "explain": "analysis.explaining",
    "Frontier": "analysis.frontier_result",
    "frontier": "analysis.frontier",
    "Investments": "analysis.investments",
    "investments": "analysis.investments",
    "Qualification": "analysis.qualification",
    "qualification": "analysis.qualification",
    "Sensitivity": "analysis.sensitivity_result",
    "sensitivity": "analysis.sensitivity",
    "Stress": "analysis.stress_result",
    "stress": "analysis.stress",
    "Opportunities": "analysis.opportunities",
    "opportunities": "analysis.opportunities",
    "Instance": "instance",
    "load_instance": "io",
    "read_instance": "io",
    "write_instance": "io",
    "Plan": "plan",
    "read_plan": "plan",
    "Policy": "policy",
    "read_policy": "policy",
    "plot_comparison": "report.comparison",
    "plot_frontier": "report.frontier",
    "plot_map": "report.maps",
    "plot_costs": "report.money",
    "plot_delivery": "report.money",
    "plot_network": "report.network",
    "plot_convergence": "report.plots",
    "plot_levels": "report.plots",
    "plot_lorenz": "report.plots",
    "Result": "solving.result",
    "read_result": "stored",
    "solve": "solving.run",
    "solve_model": "solving.run",
    "Verification": "verification",
    "Violation": "verification",
    "check": "verification",
    "verify": "verification",
}

__all__ = [
    "About",
    "Burden",
    "Comparison",
    "Explanation",
    "Exported",
    "Frontier",
    "InfeasibleError",
    "InputError",
    "Instance",
    "Investments",
    "Opportunities",
    "Plan",
    "Policy",
    "Problem",
    "PseError",
    "PseWarning",
    "Qualification",
    "Result",
    "Row",
    "Rows",
    "Sensitivity",
    "SolverError",
    "Stress",
    "Term",
    "Verification",
    "Violation",
    "build_model",
    "burden",
    "check",
    "compare",
    "component",
    "convert",
    "cost_term",
    "explain",
    "export_model",
    "frontier",
    "investments",
    "load_instance",
    "measures",
    "opportunities",
    "plot_comparison",
    "plot_convergence",
    "plot_costs",
    "plot_delivery",
    "plot_frontier",
    "plot_levels",
    "plot_lorenz",
    "plot_map",
    "plot_network",
    "qualification",
    "read_instance",
    "read_plan",
    "read_policy",
    "read_result",
    "report",
    "sensitivity",
    "solve",
    "solve_model",
    "stress",
    "verify",
    "write_instance",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: Pyomo and the solver take seconds to load."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not _HOME[name]:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
