"""What one model costs less than another, with what the bounds leave open."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pse_opt.analysis.alterations import offers_of_kind, required, scaled
from pse_opt.analysis.entry import PUBLIC, Entry, measure_job
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.preflight import barred
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = [
    "ALONE",
    "BreakEven",
    "Saving",
    "Trial",
    "break_even",
    "cost_ratio",
    "saving",
    "without_ngos",
]

ALONE = "{} without NGOs"
"""Name of a model that is solved without NGOs."""
STEPS = (1.02, 1.3, 2.0)
"""By how much more than is proven NGO costs are raised, first, second and from then on."""
CLOSE = 1.005
"""How close the two ends need to come, as a ratio."""
FARTHEST = 64.0
"""Factors of NGO costs beyond this (or below its inverse) are not looked at."""


@dataclass(frozen=True)
class Saving:
    """By how much a model is cheaper than another, in money per year.

    Attributes
    ----------
    model, against : str
        The model, and the one it is held against.
    found : float
        Difference of the plans found.
    least, most : float
        What is proven: bound of the other less cost of the model, and cost of the other less bound
        of the model. Where 0 lies between them, the gaps leave open whether anything is saved.
    """

    model: str
    against: str
    found: float
    least: float
    most: float

    @property
    def proven(self) -> bool:
        """Whether the sign is beyond what the gaps leave open."""
        return self.least > 0 or self.most < 0

    def to_dict(self) -> dict[str, Any]:
        """Return the saving as plain JSON values."""
        return {**asdict(self), "proven": self.proven}


def saving(other: Entry, entry: Entry) -> Saving | None:
    """Return what a model saves against another; None where their costs cannot be compared."""
    known = (other.objective, other.bound, entry.objective, entry.bound)
    if not (other.cost and entry.cost and other.terms == entry.terms):
        return None
    if any(value is None for value in known):
        return None
    cost, bound, mine, lowest = (float(value) for value in known if value is not None)
    return Saving(entry.model, other.model, cost - mine, bound - mine, cost - lowest)


@dataclass(frozen=True)
class Trial:
    """A solve with all NGO production costs multiplied, held against the model without NGOs.

    Attributes
    ----------
    factor : float
        What fixed and unit costs of NGOs are multiplied by.
    objective, bound, gap : float or None
        Of the solve.
    least, most : float or None
        What the NGOs then save, as in :class:`Saving`.
    lasts : float
        Factor up to which its plan is proven to save something: the plan stays possible, and what
        NGOs produce in it costs in proportion. 0 where nothing is proven.
    """

    factor: float
    objective: float | None
    bound: float | None
    gap: float | None
    least: float | None
    most: float | None
    lasts: float = 0.0

    @property
    def pays(self) -> bool:
        """Whether it is proven that NGOs save something at these costs."""
        return self.least is not None and self.least > 0


@dataclass(frozen=True)
class BreakEven:
    """How dear NGOs may be.

    Attributes
    ----------
    low, high : float
        Below ``low`` times their present costs NGOs are proven to save something; at ``high`` times
        that is not proven any more. Infinite (or 0) where the search found no end.
    left : float or None
        What NGOs may still save at ``high``, at most, in money per year.
    ratio : float or None
        Present cost of a unit by NGOs over that by government (:func:`cost_ratio`).
    trials : tuple of Trial
        Every solve, by factor.
    """

    low: float
    high: float
    left: float | None
    ratio: float | None
    trials: tuple[Trial, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the search as plain JSON values."""
        ratios = None if self.ratio is None else [self.low * self.ratio, self.high * self.ratio]
        return {**asdict(self), "ratios": ratios, "trials": [asdict(t) for t in self.trials]}


def cost_ratio(instance: Instance) -> float | None:
    """Return cost of a unit by NGOs over that by government, mean over services that have both.

    A unit costs its unit cost and its part of the fixed cost at full capacity; offers count by
    capacity, those with several sizes at each.
    """
    sizes = instance.sizes
    offers = instance.offers.iloc[sizes["offer"].to_numpy()].reset_index(drop=True)
    frame = sizes.reset_index(drop=True).assign(kind=offers["kind"], service=offers["service"])
    frame = frame[frame["capacity"] > 0]
    frame = frame.assign(cost=frame["fixed_cost"] + frame["unit_cost"] * frame["capacity"])
    total = frame.groupby(["service", "kind"])[["cost", "capacity"]].sum()
    unit = (total["cost"] / total["capacity"]).unstack("kind")
    if not {"ngo", "government"} <= set(unit.columns):
        return None
    ratio = float((unit["ngo"] / unit["government"]).mean())
    return ratio if math.isfinite(ratio) else None


def without_ngos(instance: Instance, policy: Policy) -> Job | None:
    """Return the job of a model without NGOs; None where it admits none in the first place."""
    ngos = instance.offers["kind"].to_numpy() == "ngo"
    if not (ngos & ~barred(instance, policy)).any():
        return None
    changed = required(instance, offers_of_kind(instance, "ngo"), "forbidden")
    job = Job.of(ALONE.format(policy.name), instance, policy)
    return Job(job.label, job.about, {**job.tables, **changed}, job.document, job.plugins)


def break_even(
    instance: Instance,
    policy: Policy,
    without: Entry,
    entry: Entry,
    *,
    steps: int,
    solve: Callable[[Job], Entry] = measure_job,
) -> BreakEven | None:
    """Find the factor of NGO production costs at which NGOs save nothing any more.

    Every plan found proves a factor up to which NGOs pay; the next solve is a little above the
    greatest, or halfway to the least factor at which they were not proven to pay.

    Parameters
    ----------
    instance, policy
        What is solved again and again.
    without, entry : Entry
        The model without NGOs, and with them at their present costs.
    steps : int
        Number of solves.
    solve : callable
        Solves a job.
    """
    start = saving(without, entry)
    if start is None:
        return None
    trials = [_trial(1.0, entry, start)]
    for _ in range(steps):
        factor = _next_factor(trials)
        if factor is None:
            break
        trials.append(_try(instance, policy, without, factor, solve))
    low, high = _ends(trials)
    left = next((t.most for t in trials if t.factor == high), None)
    ordered = tuple(sorted(trials, key=lambda t: t.factor))
    return BreakEven(low, high, left, cost_ratio(instance), ordered)


def _try(
    instance: Instance,
    policy: Policy,
    without: Entry,
    factor: float,
    solve: Callable[[Job], Entry],
) -> Trial:
    job = Job.of(f"{policy.name}, NGO costs x {factor:.3g}", instance, policy)
    changed = scaled(instance, offers_of_kind(instance, "ngo"), factor)
    found = solve(Job(job.label, job.about, {**job.tables, **changed}, job.document, job.plugins))
    return _trial(factor, found, saving(without, found))


def _trial(factor: float, entry: Entry, kept: Saving | None) -> Trial:
    if kept is None or entry.figures is None:
        return Trial(factor, entry.objective, entry.bound, entry.gap, None, None)
    flows = entry.figures.flows
    mine = (flows["receiver"] == "ngo") & (flows["payer"] == PUBLIC)
    produced = float(flows["amount"][mine].sum()) / factor
    lasts = 0.0
    if kept.least > 0:
        lasts = factor + kept.least / produced if produced > 0 else math.inf
    return Trial(factor, entry.objective, entry.bound, entry.gap, kept.least, kept.most, lasts)


def _ends(trials: list[Trial]) -> tuple[float, float]:
    """Greatest factor at which NGOs are proven to pay, and least at which they are not."""
    low = max(t.lasts for t in trials)
    return low, min((t.factor for t in trials if t.factor > low and not t.pays), default=math.inf)


def _next_factor(trials: list[Trial]) -> float | None:
    """The factor to look at next; None where the search is over."""
    low, high = _ends(trials)
    if low == 0.0:
        factor = high / 2
    elif math.isinf(high):
        factor = low * STEPS[min(len(trials), len(STEPS)) - 1]
    else:
        factor = math.sqrt(low * high)
    narrow = low > 0 and high / low < CLOSE
    return None if narrow or not 1 / FARTHEST <= factor <= FARTHEST else factor
