"""Whether any plan keeps the rules, and if not, why: the public face of the conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.analysis.checking import checked
from pse_opt.analysis.clash import clash
from pse_opt.analysis.conflicts import Conflict
from pse_opt.analysis.explain import HEADS, Draft, look
from pse_opt.analysis.posed import attempt
from pse_opt.analysis.preflight import unreachable
from pse_opt.analysis.prices import read_prices
from pse_opt.analysis.room import accredited, more_capacity, more_reach
from pse_opt.analysis.shown import Shown
from pse_opt.errors import InputError, Problem
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.policy import Policy, read_policy, settings_of
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.run import solve

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Explanation", "explain"]

CAUSES: Mapping[str, str] = {
    "reach": "what is within reach is not enough",
    "hollow": "a rule holds for nothing that could fulfil it",
    "rules": "rules exclude each other",
    "together": "rules exclude each other, and no rule alone need give way",
    "unknown": "rules exclude each other; no repair was found in time",
}
CLASH_SECONDS = 60.0
"""For the contradiction."""
CHECKS = 5.0
"""Time for all checks of repairs, in times of what each may take."""


@dataclass(frozen=True, eq=False)
class Explanation(Shown):
    """Why no plan keeps the rules of a model, or that there is one.

    Attributes
    ----------
    instance : Instance
        The instance.
    model : str
        Name of the model.
    status : str
        ``feasible``: there is a plan; ``infeasible``: there is none; ``unknown``: not known in the
        time given.
    conflict : Conflict or None
        Cause and repairs where there is no plan.
    """

    instance: Instance = field(repr=False)
    model: str
    status: str
    conflict: Conflict | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Cause and repairs in words; empty where there is a plan."""
        return () if self.conflict is None else self.conflict.lines

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each reason and each repair.

        Columns: part (``contradiction``, ``reason`` or ``repair``), family (what a planner would
        change; blank: several together), words; and of repairs size (the greatest change, relative
        to what is asked for), price, checked (``yes``: made, and a plan was found; ``late``: not
        known in the time given).
        """
        columns = ["part", "family", "words", "size", "price", "checked"]
        found = self.conflict
        if found is None:
            return pd.DataFrame([], columns=columns)
        told = [] if found.clash is None else [("contradiction", found.clash.words)]
        told += [("reason", reason) for reason in found.reasons]
        rows: list[tuple[Any, ...]] = [(part, "", words, None, None, "") for part, words in told]
        rows += [
            ("repair", r.family, "; ".join(r.changes), r.size, r.price, r.checked)
            for r in found.repairs
        ]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        found = self.conflict
        repairs = [] if found is None else found.repairs
        rules = None if found is None or found.clash is None else asdict(found.clash)
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "status": self.status,
            "cause": None if found is None else found.cause,
            "contradiction": rules,
            "reasons": [] if found is None else list(found.reasons),
            "repairs": [
                {
                    "family": r.family,
                    "changes": list(r.changes),
                    "size": r.size,
                    "price": r.price,
                    "checked": r.checked,
                }
                for r in repairs
            ],
            "note": "" if found is None else found.note,
        }

    def plot(self) -> Figure:
        """Return a figure: how much each family of rules would have to give way."""
        from pse_opt.report.explanation import plot_explanation

        return plot_explanation(self)

    def screen(self) -> RenderableType:
        """Return what the terminal shows."""
        from rich.console import Group
        from rich.text import Text

        from pse_opt.terminal import paragraphs

        about = self.instance.about
        parts: list[RenderableType] = [Text(about.title or about.name, style="bold")]
        words = {
            "feasible": f"there is a plan that keeps all rules of {self.model}",
            "infeasible": f"no plan keeps all rules of {self.model}",
            "unknown": f"it is not known whether a plan keeps all rules of {self.model}",
        }
        parts.append(Text(words[self.status]))
        found = self.conflict
        if found is not None:
            parts[-1] = Text(f"{words[self.status]}: {CAUSES[found.cause]}")
            clash = [] if found.clash is None else [found.clash.words]
            why = clash if found.cause in HEADS else [*found.reasons, *clash]
            parts.append(paragraphs(why))
            if found.repairs:
                parts.append(Text(found.head))
            parts.append(paragraphs([line.strip() for line in found.offered]))
        return Group(*parts)


def explain(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "core",
    *,
    overrides: Mapping[str, Any] | None = None,
    prices: Mapping[str, float] | None = None,
    time_limit: float | None = None,
) -> Explanation:
    """Find out whether any plan keeps the rules, and if none does, why.

    The rules that contradict each other; and repairs: the least change of every family of rules
    alone that admits a plan, of capacities and of reach, and the cheapest change of several
    families together. Every repair offered was made and a plan found that keeps all rules then and
    passes the independent checker; it is made larger until there is one, and left out where there
    is none.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A model document by name, path or content.
    overrides : mapping, optional
        Dotted keys to values, as in :func:`pse_opt.solve`.
    prices : mapping of str to float, optional
        By family of rules, what one unit of a change costs: a point of a share, a percent of a
        budget, an offer (:data:`pse_opt.analysis.prices.PRICES` has families, units and defaults);
        infinite where a family must not change.
    time_limit : float, optional
        Seconds to look for any plan, and for the check of each repair; all checks together take at
        most five times that, and the search for causes and repairs up to three minutes more.

    Returns
    -------
    Explanation
        Cause and repairs, the cheapest first.

    Raises
    ------
    InputError
        The instance or the document is wrong, or a price is.

    Examples
    --------
    >>> found = explain("tiny-two-districts", "core", overrides={"total_budget.maximum": 14000})
    >>> found.status, [(r.family, r.checked) for r in found.conflict.repairs]
    ('infeasible', [('coverage', 'yes'), ('money', 'yes'), ('capacity', 'yes')])
    """
    problems: list[Problem] = []
    costs = attempt(problems, lambda: read_prices(prices))
    whole = attempt(problems, lambda: as_instance(instance))
    settings = settings_of(overrides, gap=1.0, time_limit=time_limit)  # any plan will do
    policy = attempt(problems, lambda: read_policy(model, settings))
    if costs is None or whole is None or policy is None:
        raise InputError(problems)
    result = solve(whole, policy, reasons=False)
    if result.plan is not None:
        return Explanation(whole, policy.name, "feasible", None)
    if result.status != "infeasible":
        return Explanation(whole, policy.name, "unknown", None)
    return Explanation(whole, policy.name, "infeasible", _conflict(whole, policy, costs))


def _conflict(instance: Instance, policy: Policy, prices: Mapping[str, float]) -> Conflict:
    """Return why no plan keeps the rules, with repairs that were tried."""
    m = build_model(instance, policy)
    compiled = compile_model(m)
    found = look(instance, policy, m, compiled, prices, combined=True)
    short = unreachable(instance, policy)
    drafts = [*found.drafts, *_room(instance, policy, prices)]
    drafts.sort(key=lambda draft: draft.price or 0.0)
    seconds = policy.options.time_limit
    repairs = tuple(checked(instance, policy, drafts, seconds=seconds, in_all=CHECKS * seconds))
    rules = None
    if compiled is not None:
        rules = clash(instance, policy, compiled, seconds=CLASH_SECONDS)
    cause = found.cause
    if not repairs:
        cause = "unknown"
    elif not any(repair.family for repair in repairs):
        cause = "hollow" if cause == "hollow" else "together"
    elif cause != "hollow":
        cause = "rules"
    if short:
        return Conflict("reach", tuple(short), repairs, found.note, rules)
    return Conflict(cause, (HEADS[cause],), repairs, found.note, rules)


def _room(instance: Instance, policy: Policy, prices: Mapping[str, float]) -> list[Draft]:
    """Repairs that leave the rules alone, but for those that must not change."""
    found = []
    makers = {"capacity": more_capacity, "reach": more_reach, "accreditation": accredited}
    for name, make in makers.items():
        if np.isfinite(prices[name]):
            found.append(make(instance, policy, prices[name]))
    return [draft for draft in found if draft is not None]
