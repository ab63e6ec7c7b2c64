"""The smallest instance: its two optima, found by brute force, are those its README explains.

Every subset of the offers is engaged in turn and the remaining linear program is solved with SciPy,
without anything of pse_opt. The constants are for other tests to compare the library with.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, combinations, product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from pse_opt import io

FOLDER = Path(__file__).parent.parent / "instances" / "tiny-two-districts"
FLOOR, TARGET, RANGE = 0.70, 0.90, 0.10
KM = 0.2 * math.pi / 180 * 6371.0088  # 22.239 km: the districts lie on one meridian

CORE_COST = 14760.0
CORE_UNITS = {
    ("clinic-north", "north"): 990.0,
    ("helpers-south", "south"): 360.0,
}
CORE_COVERAGE = {"north": 0.99, "south": 0.72}
CORE_TERMS = {
    "engagement": 1600.0,
    "delivery": 12780.0,
    "access": 0.0,
    "contract": 100.0,
    "supervision": 180.0,
    "overhead": 100.0,
}

EQUALIZED_COST = 14760.0 + 170 / 3 * 0.1 * KM  # 14886.02
EQUALIZED_UNITS = {
    ("clinic-north", "north"): 2800 / 3,
    ("clinic-north", "south"): 170 / 3,
    ("helpers-south", "south"): 360.0,
}
EQUALIZED_COVERAGE = {"north": 14 / 15, "south": 12.5 / 15}
EQUALIZED_TERMS = {**CORE_TERMS, "access": 170 / 3 * 0.1 * KM}
ENGAGED = ("clinic-north", "helpers-south")  # in both optima


@dataclass(frozen=True)
class Optimum:
    """The cheapest plan of one set of engaged offers."""

    engaged: tuple[str, ...]
    cost: float
    units: Mapping[tuple[str, str], float]


def rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def every_plan(most_range: float | None = None) -> list[Optimum]:
    """Return the cheapest plan of every set of offers that has one, cheapest first."""
    offers = rows("offers")
    sets = chain.from_iterable(combinations(offers, k) for k in range(len(offers) + 1))
    plans = [plan for engaged in sets if (plan := cheapest(engaged, most_range))]
    return sorted(plans, key=lambda plan: plan.cost)


def cheapest(engaged: tuple[dict[str, str], ...], most_range: float | None) -> Optimum | None:
    """Return the cheapest deliveries of these offers, or None where they cannot do it."""
    demand = {need["region"]: float(need["demand"]) for need in rows("needs")}
    links = list(product(engaged, demand))
    if not links:
        return None
    cost = [unit_cost(offer) + travel(offer, region) * per_km() for offer, region in links]
    shares = {r: np.array([(at == r) / demand[r] for _, at in links]) for r in demand}
    left = [np.array([float(o is offer) for o, _ in links]) for offer in engaged]
    right = [float(offer["capacity"]) for offer in engaged]
    for share in shares.values():
        left += [share, -share]
        right += [1.0, -FLOOR]
    left.append(-np.ones(len(links)))
    right.append(-TARGET * sum(demand.values()))
    if most_range is not None:
        for one, other in product(shares, shares):
            left.append(shares[one] - shares[other])
            right.append(most_range)
    found = linprog(cost, A_ub=np.array(left), b_ub=right, method="highs-ds")
    if found.status != 0:
        return None
    units = {
        (offer["offer"], region): float(x)
        for (offer, region), x in zip(links, found.x, strict=True)
        if x > 1e-9
    }
    names = tuple(offer["offer"] for offer in engaged)
    return Optimum(names, float(found.fun) + fixed_cost(engaged), units)


def fixed_cost(engaged: tuple[dict[str, str], ...]) -> float:
    overhead = {p["provider"]: float(p["overhead_cost"]) for p in rows("providers")}
    providers = {offer["provider"] for offer in engaged}
    return sum(float(o["fixed_cost"]) + float(o["contract_cost"]) for o in engaged) + sum(
        overhead[provider] for provider in providers
    )


def unit_cost(offer: dict[str, str]) -> float:
    return float(offer["unit_cost"]) + float(offer["supervision_cost"])


def per_km() -> float:
    (service,) = rows("services")
    assert float(service["reach_km"]) > KM, "both districts are within reach of every offer"
    return float(service["access_cost_per_km"])


def travel(offer: dict[str, str], region: str) -> float:
    return 0.0 if offer["region"] == region else KM


def coverage(units: dict[tuple[str, str], float]) -> dict[str, float]:
    demand = {need["region"]: float(need["demand"]) for need in rows("needs")}
    return {
        region: sum(u for (_, at), u in units.items() if at == region) / demand[region]
        for region in demand
    }


@pytest.mark.parametrize(
    ("most_range", "cost", "units", "covered"),
    [
        (None, CORE_COST, CORE_UNITS, CORE_COVERAGE),
        (RANGE, EQUALIZED_COST, EQUALIZED_UNITS, EQUALIZED_COVERAGE),
    ],
    ids=["core", "equalized"],
)
def test_brute_force_finds_the_optimum_of_the_readme(most_range, cost, units, covered):
    best, second, *_ = every_plan(most_range)
    assert best.engaged == ENGAGED
    assert best.cost == pytest.approx(cost, abs=1e-6)
    assert dict(best.units) == pytest.approx(units, abs=1e-6)
    assert coverage(dict(best.units)) == pytest.approx(covered, abs=1e-9)
    assert second.cost > best.cost + 1, "the optimum is the only one"


def test_one_offer_alone_never_reaches_the_target():
    assert all(len(plan.engaged) > 1 for plan in every_plan())


def test_every_other_set_of_offers_costs_what_the_readme_says():
    costs = {plan.engaged: round(plan.cost, 2) for plan in every_plan()}
    assert costs == {
        ("clinic-north", "helpers-south"): 14760.00,
        ("clinic-north", "clinic-south"): 16000.00,
        ("clinic-north", "clinic-south", "helpers-south"): 16260.00,
        ("clinic-south", "helpers-south"): 17150.32,
    }


def test_the_cost_terms_add_up_to_the_cost():
    assert math.fsum(CORE_TERMS.values()) == pytest.approx(CORE_COST)
    assert math.fsum(EQUALIZED_TERMS.values()) == pytest.approx(EQUALIZED_COST)


def test_equal_coverage_everywhere_costs_two_hundred_more_than_the_core():
    price = every_plan(0.0)[0].cost - CORE_COST
    assert price == pytest.approx(90 * 0.1 * KM, abs=1e-6)


def test_the_library_derives_the_distance_that_the_oracle_computes():
    links = io.load_instance("tiny-two-districts").links
    assert sorted(links["travel"]) == pytest.approx([0, 0, 0, *[KM] * 3], abs=1e-9)
    assert sorted(links["access_cost"]) == pytest.approx([0, 0, 0, *[0.1 * KM] * 3])


def test_the_readme_states_the_numbers_that_are_proven_here():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for number in ("14,760.00", "14,886.02", "16,000.00", "16,260.00", "17,150.32", "14,960.15"):
        assert number in text
