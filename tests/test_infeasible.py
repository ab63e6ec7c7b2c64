"""Ten infeasible policies of different causes: each told with its true cause, each repair works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pe
import pytest

import pse_opt as pse
from tests.test_formulation import COST, EVERYONE, OWN_REGION, link, world

Sections = dict[str, Any]
EQUAL = {"name": "even", "measure": "range", "maximum": 0.1}
BOTH = [link("clinic", "north"), link("clinic", "south"), link("post", "south")]


@dataclass(frozen=True)
class Case:
    """A policy that no plan keeps.

    ``phrase`` is what the explanation must say; ``family`` whose repair it is (blank: a reason).
    ``repaired`` is what the phrase asks for, as tables to change and sections to replace.
    """

    tables: Mapping[str, Any]
    sections: Sections
    cause: str
    family: str
    phrase: str
    repaired: Callable[[], tuple[Mapping[str, Any], Sections]]

    def solve(self, tables: Mapping[str, Any], sections: Sections) -> pse.Result:
        document = {"name": "policy", "objective": COST, **sections}
        return pse.solve(world(**tables), document, gap=0, reasons=False)


def floor(value: float) -> Sections:
    return {"coverage": {"floor": value}}


CASES = {
    # No offer is linked to South.
    "unreachable region": Case(
        {"links": [link("clinic", "north"), link("post", "north")]},
        floor(0.5),
        "reach", "", "south, health: the 0 offers within reach",
        lambda: ({"links": BOTH}, floor(0.5)),
    ),
    # Clinic and post deliver 60 + 100 of the 200 visits, and each region reaches both.
    "capacity": Case(
        {"offers": {"clinic": {"capacity": 60}}},
        floor(1.0),
        "rules", "coverage", "coverage_floor of north, health: 100.0% -> 60.0%",
        lambda: ({"offers": {"clinic": {"capacity": 100}}}, floor(1.0)),
    ),
    # The post serves half for 300 + 500.
    "budget": Case(
        {},
        {"coverage": {"floor": 0.5}, "total_budget": {"maximum": 700}},
        "rules", "money", "total_budget: 700 -> 800 money",
        lambda: ({}, {"coverage": {"floor": 0.5}, "total_budget": {"maximum": 800}}),
    ),
    # At least 60 % by government, and at least 60 % by NGOs.
    "contradictory shares": Case(
        {"offers": {"post": {"capacity": 200}, "clinic": {"capacity": 200}}},
        {
            "coverage": EVERYONE,
            "government_share": {"minimum": 0.6, "services": "all"},
            "ngo_share": {"minimum": 0.6},
        },
        "rules", "NGOs' share", "60.0% -> 40.0% (ngo_share.minimum)",
        lambda: (
            {"offers": {"post": {"capacity": 200}, "clinic": {"capacity": 200}}},
            {
                "coverage": EVERYONE,
                "government_share": {"minimum": 0.6, "services": "all"},
                "ngo_share": {"minimum": 0.4},
            },
        ),
    ),
    # North is served in full; South reaches 50 of its 100 visits.
    "equalization with a floor": Case(
        {
            "links": OWN_REGION,
            "offers": {"post": {"capacity": 50}},
            "standards": [{"service": "health", "region": "north", "floor": 1.0}],
        },
        {**floor(0.0), "equalization": [EQUAL]},
        "rules", "equalization", "10.0% -> 50.0%",
        lambda: (
            {
                "links": OWN_REGION,
                "offers": {"post": {"capacity": 50}},
                "standards": [{"service": "health", "region": "north", "floor": 1.0}],
            },
            {**floor(0.0), "equalization": [{**EQUAL, "maximum": 0.5}]},
        ),
    ),
    # The one offer of South belongs to a provider that is accredited for something else.
    "accreditation": Case(
        {
            "links": OWN_REGION,
            "providers": {"helpers": {"accredited_for": "water"}},
            "services": [
                {"service": "health", "unit": "visits", "reach_km": 50},
                {"service": "water", "unit": "m3", "reach_km": 50},
            ],
        },
        floor(0.5),
        "reach", "", "left out: post (helpers is not accredited for health)",
        lambda: ({"links": OWN_REGION}, floor(0.5)),
    ),
    # Needs of 100 and 100; capacities of 150 and 60: the shares fit, whole needs do not.
    "single-source packing": Case(
        {"offers": {"clinic": {"capacity": 150}, "post": {"capacity": 60}}},
        {"coverage": EVERYONE, "single_source": {}},
        "rules", "single source", "1 -> 2 sources",
        lambda: (
            {"offers": {"clinic": {"capacity": 150}, "post": {"capacity": 60}}},
            {"coverage": EVERYONE},
        ),
    ),
    # The clinic must be engaged, and cannot sell 250 of the 200 visits there are.
    "minimum volumes": Case(
        {"offers": {"clinic": {"capacity": 300, "minimum_volume": 250, "required": "yes"}}},
        floor(0.5),
        "rules", "minimum volumes", "minimum_volume of clinic: 250 -> 200 visits",
        lambda: (
            {"offers": {"clinic": {"capacity": 300, "minimum_volume": 200, "required": "yes"}}},
            floor(0.5),
        ),
    ),
    # 800 of the 1,000 money that the post takes in are public.
    "dependence": Case(
        {"providers": {"helpers": {"independent_income": 200}}},
        {"coverage": EVERYONE, "dependence": {"maximum": 0.5}},
        "rules", "dependence", "50.0% -> 80.0% (dependence.maximum)",
        lambda: (
            {"providers": {"helpers": {"independent_income": 200}}},
            {"coverage": EVERYONE, "dependence": {"maximum": 0.8}},
        ),
    ),
    # Half an offer would do for each service of 50 visits; of whole ones one is too few.
    "whole numbers alone": Case(
        {"links": OWN_REGION},
        {"coverage": {"floor": 0.5}, "siting": {"maximum": 1}},
        "rules", "number of offers", "siting, offers of health: 1 -> 2",
        lambda: ({"links": OWN_REGION}, {"coverage": {"floor": 0.5}, "siting": {"maximum": 2}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_true_cause_is_told_and_its_repair_works(name):
    case = CASES[name]
    document = {"name": "policy", "objective": COST, **case.sections}
    found = pse.explain(world(**case.tables), document)
    assert (found.status, found.conflict.cause) == ("infeasible", case.cause)
    if case.family:
        words = {r.family: r.words for r in found.conflict.repairs}
        assert case.phrase in words[case.family]
    else:
        assert case.phrase in found.conflict.reasons[0]
    assert case.phrase in "\n".join(found.reasons)
    repaired = case.solve(*case.repaired())
    assert repaired.status == "optimal"
    assert repaired.verified
    frame = found.to_frame()
    assert len(frame) == len(found.conflict.reasons) + len(found.conflict.repairs)
    assert found.plot().axes
    assert found._repr_html_().startswith("<pre>")


def test_whole_numbers_alone_stand_in_the_way():
    """With fractions of offers the same rules have a plan: the linear relaxation is feasible."""
    case = CASES["whole numbers alone"]
    document = {"name": "policy", "objective": COST, **case.sections}
    m = pse.build_model(world(**case.tables), document)
    for column in m.engaged.values():
        column.domain = pe.Reals
        column.setlb(0)
        column.setub(1)
    assert pse.solve_model(m).status == "optimal"
