"""Branch and bound over cuts finds what brute force finds, and its bound is one at any moment."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled, Label
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location import assignment, benders, branching, relaxation
from pse_opt.solving.location.assignment import Assignment, Nearest
from pse_opt.solving.location.branching import Tree, part
from pse_opt.solving.location.interchange import Limits
from pse_opt.solving.location.multipliers import multipliers
from pse_opt.solving.outcome import Options

OFFERS, NEEDS = 11, 30
PAIRS = ((0, 1), (2, 3), (4, 5))


def drawn(seed: int, *, fixed: bool, whole: bool = False) -> Assignment:
    """Costs without any geometry, which leave linear programs far from whole numbers.

    Whole ones are small, so that many are the same.
    """
    draw = np.random.default_rng(seed)
    need, offer = (a.ravel() for a in np.meshgrid(np.arange(NEEDS), np.arange(OFFERS)))
    kept = draw.random(len(need)) < 0.9
    kept[np.unique(need, return_index=True)[1]] = True
    cost = draw.random(len(need)) * 100.0
    engaging = draw.random(OFFERS) * 200.0 if fixed else np.zeros(OFFERS)
    if whole:
        cost, engaging = np.ceil(cost / 15.0), np.ceil(engaging / 15.0)
    return Assignment.of(need[kept], offer[kept], cost[kept], engaging, NEEDS)


def posed(problem: Assignment, least: int, most: int, pairs: tuple = ()) -> Compiled:
    """The model of engagements, with rows for their number and for offers that exclude others."""
    offers, count = len(problem.fixed), len(problem.fixed) + problem.needs
    sets = list(problem.reaching())
    rows = [np.arange(offers), *(np.array(p) for p in pairs), *sets]
    names = ["siting", *["exclusive_offers"] * len(pairs), *["reached"] * len(sets)]
    low = [float(least), *[-np.inf] * len(pairs), *[1.0] * len(sets)]
    high = [float(most), *[1.0] * len(pairs), *[np.inf] * len(sets)]
    entries = np.concatenate(rows)
    starts = np.cumsum([0, *(len(r) for r in rows)])
    matrix = sp.csr_array((np.ones(len(entries)), entries, starts), shape=(len(rows), count))
    one = np.arange(count) < offers
    return Compiled(
        columns=[None] * count,
        rows=[Label(name, k) for k, name in enumerate(names)],
        cost=np.concatenate((problem.fixed, np.ones(problem.needs))),
        offset=0.0,
        maximize=False,
        matrix=matrix,
        row_lower=np.array(low),
        row_upper=np.array(high),
        lower=np.zeros(count),
        upper=np.where(one, 1.0, np.inf),
        integer=one,
        rules=((Nearest([], problem), np.arange(count)),),
    )


def plans(least: int, most: int, pairs: tuple = ()) -> list[np.ndarray]:
    """All engagements that the rows allow."""
    return [
        np.isin(np.arange(OFFERS), chosen)
        for size in range(least, most + 1)
        for chosen in combinations(range(OFFERS), size)
        if not any(a in chosen and b in chosen for a, b in pairs)
    ]


CASES = {
    "p-median": (False, 3, 3, ()),
    "uncapacitated": (True, 1, OFFERS, ()),
    "few": (True, 1, 3, ()),
    "exclusive": (True, 2, 4, PAIRS),
    "exclusive, no fixed costs": (False, 4, 4, PAIRS),
}
cases = pytest.mark.parametrize("case", CASES)


@pytest.fixture
def searched(monkeypatch) -> list[int]:
    """Nodes of each search; branch and bound begins far from the optimum, with few cuts."""
    monkeypatch.setattr(benders, "ROUNDS", 2)
    monkeypatch.setattr(benders, "TRIES", 0)
    nodes, run = [], Tree.run

    def counted(self, root):
        found = run(self, root)
        nodes.append(self.nodes)
        return found

    monkeypatch.setattr(Tree, "run", counted)
    return nodes


@cases
def test_it_finds_what_brute_force_finds(case, searched, monkeypatch):
    monkeypatch.setattr(relaxation, "AGE", 1)  # rows come and go all the time
    monkeypatch.setattr(relaxation, "MANY", 0.0)
    fixed, *rows = CASES[case]
    for seed in range(4):
        problem = drawn(seed, fixed=fixed, whole=seed % 2 == 0)
        best = min(problem.total(plan) for plan in plans(*rows))
        found = benders.run(posed(problem, *rows), Options(gap=0.0))
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best, rel=1e-9)
        assert found.bound == pytest.approx(best, rel=1e-9)
    assert max(searched, default=0) > 1 or fixed


def test_what_cannot_be_reached_is_infeasible():
    problem = Assignment.of(
        np.arange(4), np.arange(4), np.ones(4), np.zeros(4), 4
    )  # each need has an offer of its own
    found = benders.run(posed(problem, 1, 3), Options())
    assert found.status == "infeasible"


@pytest.mark.parametrize("pairs", [(), PAIRS], ids=["number", "exclusive"])
@pytest.mark.parametrize("after", [0, 1, 2, 5, 9, 20])
def test_the_bound_is_one_whenever_it_is_stopped(pairs, after, searched, monkeypatch):
    stop, look = Stop(), Tree._look_at

    def watched(self, node):
        found = look(self, node)
        stop.asked = self.nodes >= after
        return found

    monkeypatch.setattr(Tree, "_look_at", watched)
    problem = drawn(7, fixed=False)
    best = min(problem.total(plan) for plan in plans(4, 4, pairs))
    found = benders.run(posed(problem, 4, 4, pairs), Options(gap=0.0), stop=stop)
    assert found.bound <= best * (1 + 1e-9)
    assert found.objective is None or found.objective >= best * (1 - 1e-9)
    if found.status != "optimal":
        assert found.termination == "interrupted"
        assert searched[-1] <= max(after, 1)


@pytest.mark.parametrize("gap", [0.2, 0.05, 0.01])
def test_it_ends_when_the_gap_is_reached(gap, searched):
    problem = drawn(3, fixed=True)
    best = min(problem.total(plan) for plan in plans(2, 4, PAIRS))
    found = benders.run(posed(problem, 2, 4, PAIRS), Options(gap=gap))
    assert found.termination == "gap_reached"
    assert found.bound <= best * (1 + 1e-9)
    assert best <= found.objective * (1 + 1e-9) <= best * (1 + 1e-9) / (1 - gap)
    exact = benders.run(posed(problem, 2, 4, PAIRS), Options(gap=0.0))
    assert exact.status == "optimal"
    assert searched[0] <= searched[-1]


def test_no_time_is_no_error():
    found = benders.run(posed(drawn(0, fixed=True), 1, OFFERS), Options(time_limit=1e-3))
    assert found.status in ("feasible", "no_plan", "optimal")
    assert found.status == "optimal" or found.termination == "time_limit"
    assert found.bound > 0


@pytest.mark.parametrize("seed", range(5))
def test_places_among_the_links_of_each_need(seed, monkeypatch):
    monkeypatch.setattr(assignment, "FIRST", 2)  # so that the search goes on to further links
    problem, draw = drawn(seed, fixed=False), np.random.default_rng(seed)
    engaged, y = draw.random(OFFERS) < 0.2, draw.choice([0.0, 0.0, 0.25, 0.5], OFFERS)
    limit = draw.random(NEEDS) * 110.0
    first, filled = problem.first(engaged), problem.filled(y)
    second = problem.first(engaged, np.where(first < 0, problem.start[1:], first + 1))
    below = problem.below(limit)
    need, place = problem.before(below)
    for n in range(NEEDS):
        begin, end = problem.start[n], problem.start[n + 1]
        links = np.arange(begin, end)
        open_ = [*links[engaged[problem.offer[links]]], -1, -1][:2]
        assert [first[n], second[n]] == open_
        total = np.cumsum(y[problem.offer[links]])
        assert filled[n] == min(begin + (total < 1.0).sum(), end - 1)
        assert below[n] == begin + (problem.cost[links] < limit[n]).sum()
        assert place[need == n].tolist() == list(range(begin, below[n]))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("number", [(1, OFFERS), (3, 3), (2, 4)])
def test_prices_say_what_the_other_decision_costs_at_least(seed, number):
    problem = drawn(seed, fixed=True)
    must, never = (np.arange(OFFERS) == k for k in (0, 1))
    limits = Limits(*number, must, never)
    allowed = [y for y in plans(*number) if y[0] and not y[1]]
    costs = np.array([problem.total(y) for y in allowed])
    first = problem.cost[problem.start[:-1]]
    found = multipliers(problem, limits, first, must, seconds=10.0)
    assert found.bound <= costs.min()
    assert found.bound >= 0.8 * costs.min()
    for offer in range(2, OFFERS):
        other = np.array([y[offer] != found.engaged[offer] for y in allowed])
        assert costs[other].min(initial=np.inf) >= found.bound + found.forced[offer] - 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_the_set_to_branch_on_is_engaged_in_part(seed):
    problem, draw = drawn(seed, fixed=False), np.random.default_rng(seed)
    mark = draw.integers(0, 2**63, OFFERS).astype(np.uint64)
    y = draw.choice([0.0, 0.0, 0.3, 0.5, 0.7, 1.0], OFFERS)
    free = (y > 0.0) | (draw.random(OFFERS) < 0.5)
    offers = part(problem, y, free, mark)
    assert offers is not None
    assert branching.EVEN < y[offers].sum() < 1.0 - branching.EVEN
    assert free[offers].all()
    assert part(problem, np.round(y), free, mark) is None
