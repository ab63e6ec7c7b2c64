"""Sensitivities against independent solves, brute force and other objectives than cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import event

import pse_opt as pse
from tests import oracle
from tests.strategies import cost_cases
from tests.test_properties import Claim, try_examples
from tests.two_regions import COST, EVERYONE, OWN_REGION, world


def without(tables, provider):
    """Tables in which no offer of a provider may be engaged."""
    offers = tables["offers"]
    barred = offers["required"].mask(offers["provider"] == provider, "forbidden")
    return {**tables, "offers": offers.assign(required=barred)}


def resolved_without(instance, provider, model, **options):
    """An independent solve: the tables changed and read again."""
    changed = pse.Instance.from_tables(without(instance.tables, provider), instance.about)
    return pse.solve(changed, model, **options)


# Against independent solves


def test_replacement_costs_are_those_of_independent_solves(tiny):
    for model in ("core", "equalized", "ngo-mixed"):
        result = pse.solve(tiny, model, gap=0)
        found = pse.sensitivity(tiny, result, alternatives=0, offers=0)
        for line in found.replacements:
            other = resolved_without(tiny, line.provider, model, gap=0)
            if other.plan is None:
                assert line.indispensable
            else:
                assert line.more.found == pytest.approx(
                    other.objective - result.objective, abs=1e-4
                )


def check_replacements(name, providers, gap, **more):
    """Brackets of replacement costs and of independent solves meet."""
    instance = pse.load_instance(name)
    result = pse.solve(instance, "equalized", gap=gap, threads=1)
    found = pse.sensitivity(
        instance, result, providers=providers, offers=0, alternatives=0, gap=gap, **more
    )
    for line in found.replacements:
        other = resolved_without(instance, line.provider, "equalized", gap=gap, seed=7, threads=1)
        if other.plan is None:
            assert line.indispensable
            continue
        low = max(other.bound - result.objective, 0.0)
        high = other.objective - result.bound
        assert line.more.least <= high + 1e-6 * high
        assert low <= line.more.most + 1e-6 * high
        assert 0 <= line.more.least <= line.more.found <= line.more.most
        assert line.verified
        assert sum(t.share for t in line.taken) > 0
    return found


def test_replacement_costs_of_provinces_agree_with_independent_solves():
    found = check_replacements("zm-provinces", ["fbo-western", "gov-lusaka"], 1e-2)
    assert [r.indispensable for r in found.replacements] == [False, True]


@pytest.mark.thorough
def test_a_replacement_cost_of_districts_agrees_with_an_independent_solve():
    check_replacements("mw-districts", ["cham-likoma"], 2e-2)


def never_less(case) -> None:
    """Without a provider nothing is cheaper, and brute force agrees on what it is."""
    result = pse.solve(case.instance, case.document, gap=0)
    if result.plan is None or result.plan.engagements.empty:
        event("no plan")
        return
    found = pse.sensitivity(case.instance, result, within=0.05, offers=2, gap=0)
    scale = max(1.0, abs(result.objective))
    event(f"{len(found.replacements)} providers, {len(found.alternatives)} alternatives")
    for line in found.replacements:
        changed = case.changed()
        for offer in changed.tables["offers"]:
            if offer["provider"] == line.provider:
                offer["required"] = "forbidden"
        best = oracle.best_objective(changed.tables, case.document)
        if best is None:
            assert line.indispensable
        else:
            assert line.more.found == pytest.approx(best - result.objective, abs=1e-5 * scale)
            required = {o["provider"] for o in case.tables["offers"] if o["required"] == "yes"}
            assert line.more.least >= 0 or line.provider in required
    engaged = [frozenset(result.plan.engagements["offer"])]
    for other in found.alternatives:
        chosen = frozenset(other.plan.engagements["offer"])
        assert chosen not in engaged
        engaged.append(chosen)
        assert other.objective <= 1.05 * result.objective + 1e-6 * scale
        assert pse.verify(case.instance, other.plan, case.document).ok
        assert other.verified
    for line in found.costs:
        if line.engaged and line.status != "required":
            changed = case.changed()
            for offer in changed.tables["offers"]:
                if offer["offer"] == line.offer:
                    offer["required"] = "forbidden"
            best = oracle.best_objective(changed.tables, case.document)
            gap = math.inf if best is None else best - result.objective
            assert line.least == pytest.approx(gap, abs=1e-5 * scale)


def test_on_random_instances():
    try_examples(Claim(never_less, (cost_cases(),), 6), 6)


def test_roles_of_a_world_are_proven():
    """Everyone needs both: each reaches its own region alone."""
    instance = world(links=OWN_REGION)
    document = {"objective": COST, "coverage": EVERYONE}
    result = pse.solve(instance, document, gap=0)
    found = pse.sensitivity(instance, result, offers=2, alternatives=1, gap=0)
    assert [(r.role, r.evidence) for r in found.roles] == [("core", "solve")] * 2
    assert all(math.isinf(c.least) for c in found.costs)
    assert found.alternatives == ()
    assert found.complete


# Other objectives than cost

GINI = {
    "name": "fair",
    "coverage": {"floor": 0.3, "target": 0.5},
    "total_budget": {"maximum": 11000},
    "equalization": [{"name": "regions", "level": "coverage", "measure": "gini"}],
    "objective": {"minimize_inequality": "regions"},
}


MODELS = {
    "coverage": ("max-coverage", {"total_budget.maximum": 12000.0}),
    "worst": ("rawls", {}),
    "gini": (GINI, {}),
}


@pytest.mark.parametrize(("model", "overrides"), MODELS.values(), ids=MODELS)
def test_other_objectives_get_worse_without_a_provider_by_what_solves_say(tiny, model, overrides):
    result = pse.solve(tiny, model, overrides=overrides, gap=0)
    found = pse.sensitivity(tiny, result, gap=0, within=0.05, alternatives=1)
    sense = -1.0 if found.aim.maximize else 1.0
    assert {line.provider for line in found.replacements} >= {"state"}
    for line in found.replacements:
        other = resolved_without(tiny, line.provider, result.policy, gap=0)
        if other.plan is None:
            assert line.indispensable
        else:
            worse = sense * (other.objective - result.objective)
            assert line.more.found == pytest.approx(worse, abs=1e-6)
            assert line.more.least - 1e-6 <= worse <= line.more.most + 1e-6
    for other in found.alternatives:
        assert sense * (other.objective - result.objective) >= -1e-6
        assert abs(other.objective - result.objective) <= 0.05 * abs(result.objective) + 1e-6
        assert other.verified
    assert found.costs == ()
    words = " ".join(str(found).split())
    assert f"no ranges of costs: the objective is {found.aim.name}, not cost" in words
    assert bool(found.limits) is found.aim.linear
    assert ("limits have no prices here" in words) is not found.aim.linear


def test_a_price_of_coverage_is_what_a_little_more_money_adds(tiny):
    """A unit more of the budget buys a fifteenth of a visit: 1 of 15,000."""
    result = pse.solve(tiny, "max-coverage", overrides={"total_budget.maximum": 12000}, gap=0)
    found = pse.sensitivity(
        tiny, result, gap=0, offers=0, providers=0, alternatives=0, resolve=["total_budget"]
    )
    (money,) = (x for x in found.limits if x.kind == "total_budget")
    more = pse.solve(tiny, "max-coverage", overrides={"total_budget.maximum": 12010}, gap=0)
    assert 10 * money.price == pytest.approx(more.objective - result.objective)
    assert money.words == "raises"
    assert found.resolved[0].more.found == pytest.approx(found.resolved[0].predicted)
    text = str(found)
    assert "mean coverage (points), greatest is best" in text
    assert "the plan has 71.60; no plan under these rules is above 71.60" in text
    assert "+0.80" in text
