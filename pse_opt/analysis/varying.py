"""What a frontier varies: the bound on one quantity, from no bound at all to the tightest."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.document import Equalization
from pse_opt.entries import KINDS
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.figures import SHARES, level_name, measure_in_unit
from pse_opt.formulation.finance import PUBLIC_TERMS
from pse_opt.formulation.forms import CURVED
from pse_opt.formulation.standards import floors_of, targets_of
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.terminal import money
from pse_opt.verification import Verification

__all__ = ["Varied", "read_varied"]

Document = Mapping[str, Any]
OPTIONS = ("quantile", "standard", "kappa", "aversion", "method", "points", "neighbour_km")
"""What belongs to the measure of an entry and not to another."""


@dataclass(frozen=True)
class Varied:
    """One bound of a model document.

    Attributes
    ----------
    path : str
        As in ``--set``: ``equalization.NAME.maximum`` or ``minimum``, ``coverage.target``,
        ``coverage.floor`` or ``total_budget.maximum``.
    side : str
        ``maximum`` (tight is small) or ``minimum`` (tight is great).
    entry : Equalization or None
        The entry whose bound it is.
    terms : tuple of str
        Cost terms that decide among equals.
    """

    path: str
    side: str
    entry: Equalization | None
    terms: tuple[str, ...]

    @property
    def sign(self) -> float:
        """1 where less of the quantity is tighter, -1 where more of it is."""
        return 1.0 if self.side == "maximum" else -1.0

    def depth(self, value: float) -> float:
        """Return a value of the quantity so that less is tighter."""
        return self.sign * value

    @property
    def is_budget(self) -> bool:
        """Whether money is bounded, and coverage is what it buys."""
        return self.path.startswith("total_budget")

    @property
    def is_share(self) -> bool:
        """Whether the quantity is a share, shown in percent."""
        if self.entry is None:
            return not self.is_budget
        return measure_in_unit(self.entry, 0.5).endswith("%")

    def at(self, document: Document, bound: float | None) -> dict[str, Any]:
        """Return a document with this bound, or without any."""
        changed = copy.deepcopy(dict(document))
        section, *_, key = self.path.split(".")
        if self.entry is not None:
            part = next(e for e in changed["equalization"] if e["name"] == self.entry.name)
        elif bound is None and self.is_budget:
            changed.pop(section, None)
            return changed
        else:
            part = changed.setdefault(section, {})
            part.pop("share", None)
        part.pop(key, None)
        if bound is not None:
            part[key] = max(bound, 0.0)
        elif self.path == "coverage.floor":
            part[key] = 0.0  # nothing said means that everybody is served in full
        return changed

    def without(self, document: Document) -> dict[str, Any]:
        """Return a document that leaves the quantity to chance, and has no rows for it."""
        changed = self.at(document, None)
        entry = self.entry
        if entry is not None and entry.price is None:
            kept = [e for e in changed["equalization"] if e["name"] != entry.name]
            changed["equalization"] = kept
        return changed

    def aim(self, document: Document) -> dict[str, Any] | None:
        """Return the document whose objective is the best that the quantity can be.

        None where no objective proves it: of curved measures, the mean of the worst off, and
        coverage.
        """
        entry = self.entry
        if self.is_budget:
            return self._with(document, {"minimize": list(PUBLIC_TERMS)})
        if entry is None:
            return None
        if entry.side == "minimum":
            if entry.measure == "worst_mean":
                return None
            goal = "kolm_pollak" if entry.measure == "kolm_pollak" else "worst"
            goals = {"maximize": goal, "entry": entry.name, "then": list(self.terms)}
            return self._with(document, goals)
        if entry.measure in CURVED and entry.measure != "kolm_pollak":
            return None
        return self._with(document, {"minimize_inequality": entry.name})

    def aim_near(self, document: Document) -> dict[str, Any]:
        """Return a document whose best plan is also good in the quantity, if not the best."""
        entry = self.entry
        if entry is None:
            return self._with(document, {"maximize": "coverage", "then": list(self.terms)})
        if entry.side == "minimum":
            goals = {"maximize": "mean", "entry": entry.name, "then": list(self.terms)}
            return self._with(document, goals)
        changed = self._with(document, {"minimize_inequality": entry.name})
        part = next(e for e in changed["equalization"] if e["name"] == entry.name)
        part["measure"] = "range"
        for option in OPTIONS:
            part.pop(option, None)
        return changed

    def _with(self, document: Document, objective: dict[str, Any]) -> dict[str, Any]:
        return {**self.at(document, None), "objective": objective}

    @property
    def limit(self) -> float:
        """The tightest value there can be, by what the quantity is."""
        return 1.0 if self.entry is None else KINDS[self.entry.measure].least

    def value(self, instance: Instance, found: Verification) -> float:
        """Return what a plan realises of the quantity: of several services the worst."""
        if self.is_budget:
            return found.public_cost
        if self.entry is not None:
            entry, key = self.entry, self.entry.measure
            values = [v[key] for v in found.inequality.get(entry.name, {}).values()]
            worst = max if self.side == "maximum" else min
            return float(worst(values)) if values else 0.0
        coverage = _coverage(instance, found.levels)
        if self.path == "coverage.floor":
            return float(coverage[_of_document(instance)].min())
        demand = instance.needs["demand"].to_numpy(dtype=float)
        targets = [n for index, n, v in targets_of(instance, np.nan) if np.isnan(v)]
        return min(float(np.average(coverage[n], weights=demand[n])) for n in targets)

    def show(self, value: float | None, more: int = 0) -> str:
        """Return a value as a planner reads it."""
        if value is None:
            return "-"
        if self.entry is not None:
            return measure_in_unit(self.entry, value, more)
        return money(value) if self.is_budget else f"{100 * value:.{1 + more}f}%"

    def name(self, instance: Instance) -> str:
        """Return what the quantity is, with its unit unless it is a share."""
        if self.is_budget:
            return f"public cost, {instance.about.currency} a year"
        if self.entry is None:
            if self.path == "coverage.floor":
                return "least coverage of any need"
            return "mean coverage of the service with least"
        entry = self.entry
        services = list(instance.services["service"]) if entry.services == "each" else []
        level = level_name(entry, instance, services[0] if len(services) == 1 else "")
        unit = " (km)" if entry.level == "travel" and not KINDS[entry.measure].relative else ""
        level = level.replace("_", " ")
        return f"{entry.measure.replace('_', ' ')} of {level} between {entry.between}{unit}"

    @property
    def step(self) -> tuple[float, str]:
        """The amount of the quantity that a marginal price is for, and its name."""
        relative = self.entry is not None and KINDS[self.entry.measure].relative
        shares = self.entry is None or self.entry.level in SHARES
        if self.is_share or (shares and not relative and not self.is_budget):
            return 0.01, "point"
        if self.entry is not None and self.entry.level == "travel" and not relative:
            return 1.0, "km"
        return (0.01, "0.01") if relative else (1.0, "unit")


def _coverage(instance: Instance, levels: pd.DataFrame) -> np.ndarray:
    """Coverage of each need, in the order of the instance."""
    keys = ["region", "group", "service"]
    by_need = levels.set_index(keys)["coverage"]
    return by_need.reindex(pd.MultiIndex.from_tuples(instance.need_keys)).to_numpy(dtype=float)


def _of_document(instance: Instance) -> np.ndarray:
    """Which needs have the document's floor, and none of the table standards."""
    return np.asarray(np.isnan(floors_of(instance, np.nan)))


def read_varied(path: str | None, policy: Policy, instance: Instance) -> Varied:
    """Return what a path of a model document is about; by default the first equalization entry.

    Raises
    ------
    InputError
        The path names nothing that can be varied, or the objective does not go with it.
    """
    known = {f"equalization.{e.name}.{e.side}": e for e in policy.equalization}
    others = ["coverage.target", "coverage.floor", "total_budget.maximum"]
    if path is None:
        path = next(iter(known), others[2] if policy.objective.maximize else None)
    if path is None:
        message = "the model equalizes nothing, so there is no bound to vary by default"
        remedy = f"name one of {', '.join(others)}, or a model with [[equalization]]"
        raise InputError([Problem("--vary", message, remedy, value=policy.name)])
    if path not in known and path not in others:
        message = f"{policy.name} has no such bound that can be varied"
        raise InputError(
            [Problem("--vary", message, nearest(path, [*known, *others], listing=20), value=path)]
        )
    side = path.rpartition(".")[2]
    side = side if side in ("maximum", "minimum") else "minimum"
    terms = policy.objective.terms or list(PUBLIC_TERMS)
    varied = Varied(path, side, known.get(path), tuple(terms))
    if fault := _fault(varied, policy, instance):
        raise InputError([Problem("--vary", *fault, value=path)])
    return varied


def _fault(varied: Varied, policy: Policy, instance: Instance) -> tuple[str, str] | None:
    """Return what is wrong with a bound for this model, and what to do."""
    objective = policy.objective
    if varied.is_budget and objective.maximize != "coverage":
        return (
            f"{policy.name} does not maximize coverage, which is what a budget is held against",
            "name a model such as max-coverage, or --set objective.maximize=coverage",
        )
    if not varied.is_budget and objective.minimize is None:
        return (
            f"{policy.name} minimizes no cost, which is what the bound is held against",
            "name a model that minimizes cost, such as equalized; or vary total_budget.maximum",
        )
    if varied.path in ("coverage.floor", "coverage.target") and not _applies(varied, instance):
        return (
            f"the table standards of {instance.name} says it for every service already",
            "change the table standards, or vary another bound",
        )
    return None


def _applies(varied: Varied, instance: Instance) -> bool:
    """Whether anybody has the document's floor, or target, and none of the table standards."""
    if varied.path == "coverage.floor":
        return bool(_of_document(instance).any())
    return any(np.isnan(value) for _, _, value in targets_of(instance, np.nan))
