"""What must hold for every instance and every policy, on random tiny ones.

Each claim is a function of drawn data; a default run tries a few dozen examples of each, the
thorough one hundreds.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import pse_opt as pse
from tests.oracle import best_objective
from tests.strategies import FOCUSES, Case, cases, cost_cases, sized

MONEY = ("fixed_cost", "contract_cost", "overhead_cost", "budget")
PER_UNIT = (
    "unit_cost",
    "supervision_cost",
    "price",
    "user_fee",
    "own_funds",
    "access_cost_per_km",
    "access_cost",
    "last_resort_cost",
    "unmet_penalty",
)
UNITS = ("demand", "capacity", "minimum_volume", "last_resort_cap")


def solved(case: Case, gap: float = 0.0, *, reasons: bool = False) -> pse.Result:
    """The certified result; whatever it is, it is proven and its plan keeps the rules."""
    result = pse.solve(case.instance, case.document, gap=gap, reasons=reasons)
    event(result.status)
    if result.status != "infeasible":
        assert not [str(v) for v in result.verification.violations]
    return result


def optimum(case: Case) -> float | None:
    """The best objective, or None where no plan keeps the rules."""
    result = solved(case)
    assert result.status in ("optimal", "infeasible")
    return result.objective


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-6)


def no_worse(case: Case, value: float | None, than: float) -> bool:
    """Whether an objective is as good, within rounding."""
    slack = 1e-6 * max(1.0, abs(than))
    if value is None:
        return False
    if "maximize" in case.document["objective"]:
        return value >= than - slack
    return value <= than + slack


def times(case: Case, factor: float, *columns: str) -> None:
    """Multiply columns of whatever tables have them."""
    for rows in case.tables.values():
        for row in rows:
            for column in columns:
                if isinstance(row.get(column), int | float):
                    row[column] *= factor


# The oracle


def agreed(case: Case) -> bool:
    """Compare with brute force; return whether there is a plan."""
    expected = best_objective(case.tables, case.document)
    result = solved(case, reasons=True)
    if expected is None:
        assert result.status == "infeasible"
        assert result.plan is None
        assert result.reasons
    else:
        assert result.status == "optimal"
        assert result.objective == close(expected)
    return expected is not None


def brute_force_agrees(case: Case) -> None:
    agreed(case)


# Rules


def lower_floors(case: Case) -> None:
    case.document["coverage"]["floor"] *= 0.5
    for row in case.tables.get("standards", ()):
        row["floor"] = row["floor"] and row["floor"] * 0.5


def lower_targets(case: Case) -> None:
    if "target" in case.document["coverage"]:
        case.document["coverage"]["target"] *= 0.75
    for row in case.tables.get("standards", ()):
        row["target"] = row["target"] and max(row["target"] * 0.75, row["floor"] or 0.0)


def widen_equalization(case: Case) -> None:
    for entry in case.document["equalization"]:
        if entry["measure"] == "floor":
            entry["minimum"] *= 0.5
        else:
            entry["maximum"] = entry["maximum"] * 1.2 + 0.05


def drop_equalization(case: Case) -> None:
    case.document["equalization"] = []


def raise_budgets(case: Case) -> None:
    times(case, 1.5, "budget")
    if "maximum" in case.document.get("total_budget", {}):
        case.document["total_budget"]["maximum"] *= 1.5


def raise_capacity(case: Case) -> None:
    times(case, 1.5, "capacity")


def lower_minimum_volume(case: Case) -> None:
    times(case, 0.5, "minimum_volume")


def more_last_resort(case: Case) -> None:
    times(case, 2.0, "last_resort_cap")
    if "last_resort" in case.document:
        case.document["last_resort"]["maximum_share"] = 1.0


def several_sources(case: Case) -> None:
    case.document.pop("single_source", None)


def any_number_of_offers(case: Case) -> None:
    case.document.pop("siting", None)


RELAXATIONS = (
    lower_floors,
    lower_targets,
    widen_equalization,
    drop_equalization,
    raise_budgets,
    raise_capacity,
    lower_minimum_volume,
    more_last_resort,
    several_sources,
    any_number_of_offers,
)


def relaxing_a_rule_never_costs(case: Case, relax: Callable[[Case], None]) -> None:
    strict = optimum(case)
    if strict is None:
        return
    relaxed = case.changed()
    relax(relaxed)
    if relaxed != case:
        assert no_worse(case, optimum(relaxed), strict)


def another_offer_never_costs(case: Case, extra: dict[str, Any]) -> None:
    without = optimum(case)
    if without is None:
        return
    wider = case.changed()
    like = {**wider.tables["offers"][0], "exclusive_group": None, "required": None}
    wider.tables["offers"].append({**like, **extra, "offer": "extra"})
    if "links" in wider.tables:
        reached = {"offer": "extra", "region": like["region"], "travel": 3}
        wider.tables["links"].append(reached)
    assert no_worse(case, optimum(wider), without)


# Names, order, units


def names_and_order_do_not_matter(case: Case, seed: int) -> None:
    mixed, chance = case.changed(), random.Random(seed)
    for column, table in (("region", "regions"), ("offer", "offers"), ("provider", "providers")):
        names = [row[column] for row in mixed.tables[table]]
        fresh = [f"{column} {k:02d}" for k in range(len(names))]
        chance.shuffle(fresh)
        renamed = dict(zip(names, fresh, strict=True))
        for rows in mixed.tables.values():
            for row in rows:
                if column in row:
                    row[column] = renamed.get(row[column], row[column])
    for rows in mixed.tables.values():
        chance.shuffle(rows)
    here, there = optimum(case), optimum(mixed)
    assert (here is None and there is None) or there == close(here)


def money_in_another_currency(case: Case, rate: float) -> None:
    other = case.changed()
    times(other, rate, *MONEY, *PER_UNIT)
    if "maximum" in case.document.get("total_budget", {}):
        other.document["total_budget"]["maximum"] *= rate
    here, there = optimum(case), optimum(other)
    assert (here is None and there is None) or there == pytest.approx(here * rate, rel=1e-6)


def services_in_another_unit(case: Case, factor: float) -> None:
    other = case.changed()
    times(other, factor, *UNITS)
    times(other, 1 / factor, *PER_UNIT)
    here, there = optimum(case), optimum(other)
    assert (here is None and there is None) or there == close(here)


def two_equal_halves_of_every_need(case: Case) -> None:
    if any(need["group"] for need in case.tables["needs"]) or "single_source" in case.document:
        event("not split")
        return
    split = case.changed()
    population = {r["region"]: r["population"] for r in split.tables["regions"]}
    split.tables["needs"] = [
        {**n, "group": half, "demand": n["demand"] / 2, "heads": population[n["region"]] / 2}
        for n in split.tables["needs"]
        for half in ("women", "men")
    ]
    here, there = optimum(case), optimum(split)
    assert (here is None and there is None) or there == close(here)


def the_bound_holds_at_any_gap(case: Case) -> None:
    best, early = optimum(case), solved(case, gap=0.2)
    if best is None:
        assert early.status == "infeasible"
        return
    assert early.status in ("optimal", "within_gap")
    bounded = -1.0 if "maximize" in case.document["objective"] else 1.0
    slack = 1e-6 * max(1.0, abs(best))
    assert bounded * early.bound <= bounded * best + slack
    assert bounded * best <= bounded * early.objective + slack


FACTORS = st.sampled_from([0.01, 0.5, 8.0, 1000.0])


@dataclass(frozen=True)
class Claim:
    """A function that asserts, what it is given, and how often in a default run."""

    holds: Callable[..., None]
    drawn: tuple[st.SearchStrategy[Any], ...]
    examples: int = 15
    focus: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.holds.__name__, self.focus)))


CLAIMS = (
    *(Claim(brute_force_agrees, (cases(focus),), 15, focus) for focus in FOCUSES),
    Claim(relaxing_a_rule_never_costs, (cases(), st.sampled_from(RELAXATIONS)), 20),
    Claim(another_offer_never_costs, (cases(), sized())),
    Claim(names_and_order_do_not_matter, (cases(), st.integers(0, 99))),
    Claim(money_in_another_currency, (cost_cases(), FACTORS)),
    Claim(services_in_another_unit, (cases(), FACTORS)),
    Claim(two_equal_halves_of_every_need, (cases(),)),
    Claim(the_bound_holds_at_any_gap, (cases(),)),
)


def try_examples(claim: Claim, count: int, *, shrink: bool = False) -> None:
    """Draw examples, the same in every run. Shrinking one that fails takes minutes."""
    phases = (Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else []))
    chosen = settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    chosen(given(*claim.drawn)(claim.holds))()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_on_random_instances(claim):
    try_examples(claim, claim.examples)


@pytest.mark.thorough
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_on_hundreds_of_random_instances(claim):
    try_examples(claim, 300, shrink=True)


def test_random_instances_are_feasible_and_infeasible_in_healthy_proportions():
    feasible = []

    def count(case: Case) -> None:
        feasible.append(best_objective(case.tables, case.document) is not None)

    try_examples(Claim(count, (cases(),)), 40)
    assert 0.15 <= feasible.count(False) / len(feasible) <= 0.6
