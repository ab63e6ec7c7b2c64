"""Rules that contradict each other, as few as there are: an irreducible conflict in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from pse_opt.analysis.conflicts import Clash
from pse_opt.analysis.explain import one_sided
from pse_opt.analysis.rule_words import FAMILIES, asked_of, place_of
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, family_of, index_of
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options

__all__ = ["clash", "fewest"]

Item = TypeVar("Item")
Key = tuple[str, Any]
"""Family and index of a row."""
FEW = 8
"""Rules up to which each is left out in turn, to see whether there is a plan without it."""
PLACES = 3
"""Places named of one rule, and offers of what is given."""
EACH = 10.0
"""Seconds for each solve."""
OF_OFFERS = ("capacity", "production", "linking", "volunteer_limit")
"""Rows of what offers can deliver, whose index is or begins with the offer."""
SOFT = frozenset(rule for rules in FAMILIES.values() for rule in rules)


def clash(
    instance: Instance, policy: Policy, compiled: Compiled, *, seconds: float
) -> Clash | None:
    """Return rules that contradict each other; None where none were found in the time given.

    Where fractions of offers would not help either, the solver tells an irreducible infeasible
    subsystem of the linear program. Where whole engagements, or curved measures, are what stands
    in the way, families of rules are left out by halves, and then the rows of those that remain,
    as long as what is left has no plan (:func:`fewest`).

    Parameters
    ----------
    compiled : Compiled
        The infeasible model.
    seconds : float
        For all of it.
    """
    rows = _Rows(one_sided(compiled), policy, time.perf_counter() + seconds)
    found, whole = rows.linear(), False
    rules = [key for key in found if key[0] in SOFT]
    if not rules:
        found, whole = [], rows.admits(fractions=True) is True
        rules = rows.fewest()
    if not rules:
        return None
    alone = rows.each_decides(rules) if len(rules) <= FEW else None
    told = _told(instance, policy, rows, rules)
    return Clash(told, _given(found), len(rules), alone, whole)


@dataclass(frozen=True, eq=False)
class _Rows:
    """An infeasible model of which some rows may be left out, until time is up."""

    compiled: Compiled
    policy: Policy
    end: float

    @cached_property
    def at(self) -> dict[Key, list[int]]:
        """Positions of rows; a two-sided one stands twice."""
        found: dict[Key, list[int]] = {}
        for k, row in enumerate(self.compiled.rows):
            found.setdefault((family_of(row), index_of(row)), []).append(k)
        return found

    @property
    def options(self) -> Options:
        """Any plan will do, within the time that is left."""
        left = min(EACH, max(self.end - time.perf_counter(), 1e-3))
        return Options(1.0, left, self.policy.options.threads, 0)

    def linear(self) -> list[Key]:
        """Return rows that contradict each other even for fractions of offers, if that is known."""
        nothing = np.zeros(len(self.compiled.columns))
        session = Session(replace(self.compiled, cost=nothing), self.options)
        session.relax()
        if session.run().state != "infeasible":
            return []
        rows = session.contradiction()
        if rows is None:
            return []
        found = (self.compiled.rows[k] for k in rows.tolist())
        return list(dict.fromkeys((family_of(row), index_of(row)) for row in found))

    def admits(self, without: Collection[Key] = (), *, fractions: bool = False) -> bool | None:
        """Return whether there is a plan without some rows; None: not known in the time given."""
        if time.perf_counter() > self.end:
            return None
        compiled = self.compiled
        low, high = compiled.row_lower.copy(), compiled.row_upper.copy()
        free = [k for key in without for k in self.at[key]]
        low[free], high[free] = -np.inf, np.inf
        integer = np.zeros_like(compiled.integer) if fractions else compiled.integer
        nothing = np.zeros(len(compiled.columns))
        freed = replace(compiled, row_lower=low, row_upper=high, integer=integer, cost=nothing,
                        then=(), ratios=(), value=None)  # fmt: skip
        outcome = direct.run(freed, self.options)
        if outcome.values is not None:
            return True
        return False if outcome.status == "infeasible" else None

    def each_decides(self, keys: list[Key]) -> bool | None:
        """Return whether there is a plan without any one of some rows; None: not known."""
        answers = [self.admits([key]) for key in keys]
        return False if False in answers else None if None in answers else True

    def fewest(self) -> list[Key]:
        """Return rows of rules that have no plan together, by families first."""
        of: dict[str, list[Key]] = {}
        for key in self.at:
            if key[0] in SOFT:
                of.setdefault(key[0], []).append(key)

        def fail(families: Sequence[str]) -> bool:
            return self._fail(of, [key for f in families for key in of[f]])

        left = fewest(list(of), fail)
        return fewest([key for f in left for key in of[f]], lambda keys: self._fail(of, keys))

    def _fail(self, of: dict[str, list[Key]], kept: Sequence[Key]) -> bool:
        """Return whether it is proven that there is no plan with these rows of rules alone."""
        held = set(kept)
        without = [key for keys in of.values() for key in keys if key not in held]
        return self.admits(without) is False


def fewest(items: list[Item], fail: Callable[[list[Item]], bool]) -> list[Item]:
    """Return items that fail together, while without any one of them they do not.

    By halves (QuickXplain: Junker, AAAI 2004), so that few items among many are found with few
    questions.

    Parameters
    ----------
    items : list
        They fail together.
    fail : callable
        Whether some items fail together; more of them do if fewer do.

    Examples
    --------
    >>> fewest(list(range(10)), lambda kept: {2, 7} <= set(kept))
    [2, 7]
    """

    def look(base: list[Item], fresh: bool, among: list[Item]) -> list[Item]:
        if fresh and fail(base):
            return []
        if len(among) == 1:
            return among
        half = len(among) // 2
        first, second = among[:half], among[half:]
        of_second = look(base + first, True, second)
        return look(base + of_second, bool(of_second), first) + of_second

    return look([], True, items) if items else []


def _told(instance: Instance, policy: Policy, rows: _Rows, keys: list[Key]) -> tuple[str, ...]:
    """Return rules in words, places that ask for the same together."""
    places: dict[tuple[str, str], list[str]] = {}
    for key in keys:
        at = rows.at[key]
        low, high = rows.compiled.row_lower[at].max(), rows.compiled.row_upper[at].min()
        row = rows.compiled.rows[at[0]]
        asked = asked_of(instance, policy, row, float(low), float(high))
        places.setdefault((key[0], asked), []).append(place_of(instance, row))
    told = []
    for (rule, asked), whom in places.items():
        of = _listed([place for place in whom if place])
        told.append(f"{rule}{f' of {of}' if of else ''}{f' ({asked})' if asked else ''}")
    return tuple(told)


def _given(keys: list[Key]) -> tuple[str, ...]:
    """Return what is physical and takes part in a contradiction."""
    first = (i[0] if isinstance(i, tuple) else i for family, i in keys if family in OF_OFFERS)
    offers = list(dict.fromkeys(first))
    return (f"what {_listed(offers)} can deliver",) if offers else ()


def _listed(names: list[str]) -> str:
    if len(names) > PLACES + 1:
        names = [*names[:PLACES], f"{len(names) - PLACES} more"]
    return " and ".join(filter(None, ("; ".join(names[:-1]), names[-1]))) if names else ""
