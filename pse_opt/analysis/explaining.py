"""Whether any plan keeps the rules, and if not, why: the public face of the conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.analysis.explain import conflict
from pse_opt.analysis.shown import Shown
from pse_opt.analysis.wording import Conflict
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.io import load_instance
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.run import solve

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Explanation", "explain"]

CAUSES: Mapping[str, str] = {
    "reach": "what is within reach is not enough",
    "hollow": "a rule holds for nothing that could fulfil it",
    "rules": "rules exclude each other; any one of these changes admits a plan",
    "together": "rules exclude each other; these changes together admit a plan",
    "unknown": "rules exclude each other; no repair was found in time",
}


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

        Columns: part (``reason`` or ``repair``), family (what a planner would change), words,
        size (the greatest change, relative to what is asked for; blank for reasons).
        """
        columns = ["part", "family", "words", "size"]
        found = self.conflict
        if found is None:
            return pd.DataFrame([], columns=columns)
        rows: list[tuple[str, str, str, float | None]]
        rows = [("reason", "", reason, None) for reason in found.reasons]
        rows += [("repair", r.family, r.words, r.size) for r in found.repairs]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        found = self.conflict
        repairs = [] if found is None else found.repairs
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "status": self.status,
            "cause": None if found is None else found.cause,
            "reasons": [] if found is None else list(found.reasons),
            "repairs": [
                {"family": r.family, "changes": list(r.changes), "size": r.size} for r in repairs
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
        if self.conflict is not None:
            parts[-1] = Text(f"{words[self.status]}: {CAUSES[self.conflict.cause]}")
            lines = [line.strip() for line in self.reasons]
            if self.conflict.repairs:  # the cause has said the first line already
                lines = lines[len(self.conflict.reasons) :]
            parts.append(paragraphs(lines))
        return Group(*parts)


def explain(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "core",
    *,
    overrides: Mapping[str, Any] | None = None,
    time_limit: float | None = None,
) -> Explanation:
    """Find out whether any plan keeps the rules, and if none does, why.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A model document by name, path or content.
    overrides : mapping, optional
        Dotted keys to values, as in :func:`pse_opt.solve`.
    time_limit : float, optional
        Seconds to look for any plan; the reasons take up to a minute more.

    Returns
    -------
    Explanation
        Cause and repairs.

    Raises
    ------
    InputError
        The instance or the document is wrong.

    Examples
    --------
    >>> found = explain("tiny-two-districts", "core", overrides={"total_budget.maximum": 14000})
    >>> found.status, [r.family for r in found.conflict.repairs]
    ('infeasible', ['coverage', 'money'])
    """
    whole = instance if isinstance(instance, Instance) else load_instance(instance)
    options = {"solve.gap": 1.0}  # any plan will do
    if time_limit is not None:
        options["solve.time_limit"] = time_limit
    policy = read_policy(model, {**(overrides or {}), **options})
    result = solve(whole, policy, reasons=False)
    if result.plan is not None:
        return Explanation(whole, policy.name, "feasible", None)
    if result.status != "infeasible":
        return Explanation(whole, policy.name, "unknown", None)
    m = build_model(whole, policy)
    found = conflict(whole, policy, m, compile_model(m))
    return Explanation(whole, policy.name, "infeasible", found)
