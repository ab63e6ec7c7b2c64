"""What is known of a frontier: plans, what was proven, and what follows from both.

A plan keeps every bound looser than what it realises; a proven bound of the objective holds for
every tighter bound of the quantity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from pse_opt.analysis.tasks import Answer
from pse_opt.analysis.varying import Varied
from pse_opt.plan import Plan
from pse_opt.solving.outcome import PROVEN, relative_gap

__all__ = ["LOOSER", "SAME", "Best", "Knowledge", "Known", "Proof"]

EQUAL = 1e-6
"""Two values of the quantity this close, relative to them or to 1, are the same."""
LOOSER = 10.0
"""By how many times that the tightest bound is looser than the tightest plan: closer than that the
tolerances of the solver leave no room."""
SAME = 1e-7
"""Two objectives this close, relatively, are the same."""


@dataclass(frozen=True, eq=False)
class Known:
    """A plan that keeps all rules but, perhaps, the bound.

    Attributes
    ----------
    objective, value : float
        What the checker finds of the objective and of the quantity that is bounded.
    plan : Plan
        The plan.
    levels : DataFrame
        Service levels of every need.
    """

    objective: float
    value: float
    plan: Plan = field(repr=False)
    levels: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class Proof:
    """No plan that keeps a bound (None: any plan) has a better objective."""

    bound: float | None
    objective: float


@dataclass(frozen=True)
class Best:
    """The best that the quantity can be.

    Attributes
    ----------
    found : float
        By a plan.
    proven : float or None
        No plan is better than this.
    bound : float
        The bound that such plans are held to, a rounding error looser.
    how : str
        ``objective``: an objective of its own; ``trials``: by trying tighter and tighter bounds.
    """

    found: float
    proven: float | None
    bound: float
    how: str


@dataclass
class Knowledge:
    """What is known so far, and what follows.

    Attributes
    ----------
    varied : Varied
        Whose bound is varied.
    gap : float
        Relative gap of the objective that is asked for.
    maximize : bool
        Whether more of the objective is better.
    plans, proofs
        What was found, and what was proven.
    answers : dict
        The answer of each bound that was solved; None: without a bound.
    best : Best or None
        The best that the quantity can be.
    loose : Known or None
        The plan found without a bound, which shows where bounds begin to matter.
    """

    varied: Varied
    gap: float
    maximize: bool
    plans: list[Known] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    answers: dict[float | None, Answer] = field(default_factory=dict)
    best: Best | None = None
    loose: Known | None = None

    def worth(self, objective: float) -> float:
        """Return an objective so that less is better."""
        return -objective if self.maximize else objective

    def depth(self, value: float) -> float:
        """Return a value of the quantity so that less is tighter."""
        return self.varied.depth(value)

    def slack(self, value: float) -> float:
        """What counts as nothing beside a value of the quantity, in its unit."""
        values = [abs(k.value) for k in self.plans if math.isfinite(k.value)]
        unit = min(max(values, default=1.0), 1.0)
        return EQUAL * max(abs(value) if math.isfinite(value) else 0.0, unit)

    def keeps(self, value: float, bound: float) -> bool:
        """Whether a value of the quantity keeps a bound."""
        return self.depth(value) <= self.depth(bound) + self.slack(bound)

    def plan_for(self, bound: float | None) -> Known | None:
        """Return the best plan known that keeps a bound; of equals the tightest."""
        some = [k for k in self.plans if bound is None or self.keeps(k.value, bound)]
        if not some:
            return None
        least = min(self.worth(k.objective) for k in some)
        near = least + SAME * abs(least)
        equals = [k for k in some if self.worth(k.objective) <= near]
        return min(equals, key=lambda k: (self.depth(k.value), self.worth(k.objective)))

    def near(self, bound: float) -> tuple[Known, ...]:
        """Return plans to start from: the best that keeps a bound, and the next one that breaks it.

        Of plans that break it, the best of those that break it least in the quantity.
        """
        keeps = self.plan_for(bound)
        others = [k for k in self.plans if not self.keeps(k.value, bound)]
        if not others:
            return () if keeps is None else (keeps,)
        least = min(self.depth(k.value) for k in others)
        ties = [k for k in others if self.depth(k.value) <= least + self.slack(least)]
        breaks = min(ties, key=lambda k: self.worth(k.objective))
        return (breaks,) if keeps is None else (keeps, breaks)

    def proof_for(self, bound: float | None) -> float | None:
        """Return the best proven bound of the objective of plans that keep a bound."""
        holds = [
            self.worth(p.objective)
            for p in self.proofs
            if p.bound is None or (bound is not None and self.keeps(bound, p.bound))
        ]
        if not holds:
            return None
        proven = max(holds)
        known = self.plan_for(bound)
        if known is not None:  # a conservative form proves less than the rule itself allows
            proven = min(proven, self.worth(known.objective))
        return -proven if self.maximize else proven

    def gap_at(self, bound: float | None) -> float | None:
        """Return the relative gap between the two."""
        known = self.plan_for(bound)
        return None if known is None else relative_gap(known.objective, self.proof_for(bound))

    def settled(self, bound: float) -> bool:
        """Whether a bound needs no solve of its own."""
        if bound in self.answers or self.beyond(bound) or not math.isfinite(bound):
            return True
        gap = self.gap_at(bound)
        return gap is not None and gap <= max(self.gap, PROVEN)

    def beyond(self, bound: float) -> bool:
        """Whether it is proven that no plan keeps a bound."""
        best = self.best
        if best is None or best.proven is None:
            return False
        return self.depth(bound) < self.depth(best.proven) - self.slack(bound)
