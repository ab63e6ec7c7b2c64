"""One claim for every rule and cost, on an instance small enough for the optimum to be explained.

North needs 100 visits and South 100. Unless a test says otherwise, a clinic in North (100 visits,
fixed cost 100, 10 a visit) and a post in South (100 visits, fixed cost 300, 5 a visit) reach both
regions, and cost is all there is to minimize: everyone served costs 100 + 1000 + 300 + 500 = 1900.
"""

from __future__ import annotations

from typing import Any

import pytest

import pse_opt as pse
from tests.strategies import instance_of

COST = {"minimize": ["engagement", "delivery", "access", "contract", "supervision", "overhead"]}
EVERYONE = {"floor": 1.0}


def world(**changes: dict[str, dict[str, Any]] | list[dict[str, Any]]) -> pse.Instance:
    """The two regions; a table is replaced by a list, or rows are changed by identifier."""
    tables: dict[str, list[dict[str, Any]]] = {
        "regions": [
            {"region": "north", "population": 300},
            {"region": "south", "population": 100},
        ],
        "services": [{"service": "health", "unit": "visits", "reach_km": 50}],
        "needs": [
            {"region": "north", "service": "health", "demand": 100},
            {"region": "south", "service": "health", "demand": 100},
        ],
        "providers": [
            {"provider": "state", "kind": "government"},
            {"provider": "helpers", "kind": "ngo"},
        ],
        "offers": [
            offer("clinic", "state", "north", 100, 10),
            offer("post", "helpers", "south", 300, 5),
        ],
        "links": [link(o, r) for o in ("clinic", "post") for r in ("north", "south")],
    }
    for name, change in changes.items():
        if isinstance(change, list):
            tables[name] = change
            continue
        for row in tables[name]:
            row.update(change.get(next(iter(row.values())), {}))
    return instance_of(tables)


def offer(name: str, provider: str, region: str, fixed: float, unit: float, **more: Any) -> dict:
    return {
        "offer": name,
        "provider": provider,
        "service": "health",
        "mode": "direct" if provider == "state" else "contract",
        "region": region,
        "capacity": 100,
        "fixed_cost": fixed,
        "unit_cost": unit,
        **more,
    }


def link(name: str, region: str, travel: float = 0.0) -> dict[str, Any]:
    return {"offer": name, "region": region, "travel": travel}


OWN_REGION = [link("clinic", "north"), link("post", "south")]
"""Each offer serves its own region alone."""


def plan(instance: pse.Instance, *, objective: Any = None, **sections: Any) -> pse.Result:
    """The proven and verified optimum."""
    document = {"name": "policy", "objective": objective or COST, **sections}
    result = pse.solve(instance, document, gap=0)
    assert result.status == "optimal", result.reasons
    assert result.verified, [str(v) for v in result.verification.violations]
    return result


def cost(instance: pse.Instance, **policy: Any) -> float:
    return plan(instance, **policy).objective


def engaged(result: pse.Result) -> list[str]:
    return sorted(result.plan.engagements["offer"])


def coverage(result: pse.Result) -> dict[str, float]:
    rows = result.levels
    return {r: round(c, 6) for r, c in zip(rows["region"], rows["coverage"], strict=True)}


def why_not(instance: pse.Instance, **sections: Any) -> str:
    """The reasons of an infeasible policy."""
    result = pse.solve(instance, {"name": "policy", "objective": COST, **sections}, gap=0)
    assert result.status == "infeasible"
    assert result.plan is None
    return "\n".join(result.reasons)


# Engagement


def test_everyone_served_costs_what_both_offers_cost():
    result = plan(world(), coverage=EVERYONE)
    assert result.objective == pytest.approx(1900)
    assert engaged(result) == ["clinic", "post"]


def test_one_size_an_offer_is_engaged_at_one_size_at_most():
    # Two small posts would do for 2 x (10 + 250); the one large size costs 300 + 500.
    sizes = [
        {"offer": "post", "size": "small", "capacity": 50, "fixed_cost": 10, "unit_cost": 5},
        {"offer": "post", "size": "large", "capacity": 100, "fixed_cost": 300, "unit_cost": 5},
    ]
    result = plan(world(sizes=sizes, links=OWN_REGION), coverage=EVERYONE)
    assert result.objective == pytest.approx(100 + 1000 + 300 + 500)
    half = plan(world(sizes=sizes, links=OWN_REGION), coverage={"floor": 0.5})
    # Half of the need: the small size, 10 + 250, beside the clinic's 100 + 500.
    assert half.objective == pytest.approx(860)
    assert sorted(half.plan.engagements["size"]) == ["", "small"]


def test_one_size_sizes_do_not_add_up():
    sizes = [
        {"offer": "post", "size": s, "capacity": 60, "fixed_cost": 1, "unit_cost": 1}
        for s in ("a", "b")
    ]
    text = why_not(world(sizes=sizes, links=OWN_REGION), coverage=EVERYONE)
    assert "south, health" in text
    assert "60 of the 100 units" in text


def test_exclusive_offers_at_most_one_of_them_is_engaged():
    # Half of all need is 100 visits, which each offer alone can deliver; together the clinic would
    # serve North and the post South, but only the cheaper, the post at 300 + 500, is engaged.
    instance = world(offers={o: {"exclusive_group": "x"} for o in ("clinic", "post")})
    result = plan(instance, coverage={"floor": 0.5})
    assert engaged(result) == ["post"]
    assert result.objective == pytest.approx(800)
    assert "exclusive_offers" in why_not(instance, coverage=EVERYONE)


def test_required_offers_are_engaged_though_they_cost():
    # The post alone would do (800); the clinic must be engaged as well (100).
    instance = world(offers={"clinic": {"required": "yes"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(900)
    assert engaged(plan(instance, coverage={"floor": 0.0})) == ["clinic"]


def test_required_offers_that_exclude_each_other_are_named():
    both = {"required": "yes", "exclusive_group": "x"}
    text = why_not(world(offers={"clinic": both, "post": both}), coverage={"floor": 0.0})
    assert "engagements: give up " in text


def test_forbidden_offers_are_never_engaged():
    # Without the post the clinic serves half of everyone: 100 + 1000.
    instance = world(offers={"post": {"required": "forbidden"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(1100)


def test_accreditation_keeps_offers_of_other_services_out():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "school")]
    instance = world(services=services, providers={"helpers": {"accredited_for": "school"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(1100)


def test_required_offers_must_be_accredited():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "school")]
    school = {"helpers": {"accredited_for": "school"}}
    with pytest.raises(pse.InputError, match="not accredited for health"):
        world(services=services, providers=school, offers={"post": {"required": "yes"}})


def test_provider_engagement_overhead_is_paid_once_for_all_offers_of_a_provider():
    # Both offers are the state's: 1900, and 70 once, however many of its offers are engaged.
    instance = world(
        providers={"state": {"overhead_cost": 70}}, offers={"post": {"provider": "state"}}
    )
    result = plan(instance, coverage=EVERYONE)
    assert result.objective == pytest.approx(1970)
    assert result.costs["overhead"] == pytest.approx(70)


def test_provider_engagement_overhead_can_decide_who_delivers():
    # For half the need the post costs 800 and the clinic 1100; an overhead of 400 turns it.
    instance = world(providers={"helpers": {"overhead_cost": 400}})
    assert engaged(plan(instance, coverage={"floor": 0.5})) == ["clinic"]


def test_overhead_outside_the_objective_is_still_that_of_engaged_providers():
    exclusive = {o: {"exclusive_group": "x"} for o in ("clinic", "post")}
    overhead = {p: {"overhead_cost": 70} for p in ("state", "helpers")}
    instance = world(offers=exclusive, providers=overhead)
    document = {"objective": {"minimize": ["delivery"]}, "coverage": {"floor": 0.0}}
    result = pse.solve(instance, document, gap=0)
    assert result.costs["overhead"] == pytest.approx(70 * len(engaged(result)))


# Delivery


def test_capacity_the_cheap_offer_serves_up_to_its_capacity():
    # Everyone at least half, three quarters on average: 150 visits, 100 by the post at 5 and the
    # other 50 by the clinic at 10.
    result = plan(world(), coverage={"floor": 0.5, "target": 0.75})
    assert result.objective == pytest.approx(100 + 500 + 300 + 500)


def test_minimum_volume_an_engaged_offer_delivers_at_least_that():
    # The last 50 of 150 visits are the clinic's, but it comes for no less than 80.
    # The post then delivers 70: 100 + 800 + 300 + 350.
    instance = world(offers={"clinic": {"minimum_volume": 80}})
    result = plan(instance, coverage={"floor": 0.5, "target": 0.75})
    assert result.objective == pytest.approx(1550)


def test_minimum_volume_may_keep_an_offer_out():
    # Alone in its region a post that comes for 60 visits or none cannot meet a need of 50.
    needs = [
        {"region": "north", "service": "health", "demand": 100},
        {"region": "south", "service": "health", "demand": 50},
    ]
    instance = world(needs=needs, links=OWN_REGION, offers={"post": {"minimum_volume": 60}})
    assert engaged(plan(instance, coverage={"floor": 0.0, "target": 0.5})) == ["clinic"]
    text = why_not(instance, coverage={"floor": 0.5})
    assert "coverage_floor of south, health: 50.0% -> 0.0%" in text
    assert "minimum_volume of post: 60 -> 50 visits" in text


def test_linking_offers_deliver_only_along_links():
    # The cheap post cannot go to North: 50 by the clinic there, 50 by the post in South.
    result = plan(world(links=OWN_REGION), coverage={"floor": 0.5})
    assert result.objective == pytest.approx(100 + 500 + 300 + 250)
    rows = result.plan.deliveries
    assert set(zip(rows["offer"], rows["region"], strict=True)) == {
        ("clinic", "north"),
        ("post", "south"),
    }


def test_linking_the_relaxed_model_pays_for_what_it_delivers():
    """Half a clinic serves no more than half a need."""
    m = pse.build_model(world(), {"objective": COST, "coverage": EVERYONE})
    row = m.linking["clinic", "north", ""]
    m.engaged["clinic", ""].set_value(0.5)
    m.delivery["clinic", "north", ""].set_value(0.5)
    assert row.uslack() == pytest.approx(0)


def test_single_source_each_need_has_one_offer():
    # A need of 80 and one of 120 share capacities of 100 and 100: with one source each, the large
    # need gets 100 at most, five sixths, and the small one all from the other.
    needs = [
        {"region": "north", "service": "health", "demand": 120},
        {"region": "south", "service": "health", "demand": 80},
    ]
    shared = plan(world(needs=needs), coverage=EVERYONE)
    assert shared.objective == pytest.approx(1900)
    text = why_not(world(needs=needs), coverage=EVERYONE, single_source={})
    assert "coverage_floor of north, health: 100.0% -> 83.3%" in text
    assert "single_source of north, health: 1 -> 2 sources" in text
    # The post serves the 100 in North, the clinic the 80 in South.
    apart = plan(world(needs=needs), coverage={"floor": 100 / 120}, single_source={})
    assert apart.plan.deliveries["region"].is_unique
    assert apart.objective == pytest.approx(300 + 500 + 100 + 10 * 80 * 100 / 120)


# Coverage


def test_coverage_floor_nobody_is_below_it():
    assert coverage(plan(world(), coverage={"floor": 0.6})) == {"north": 0.6, "south": 0.6}
    text = why_not(world(offers={"post": {"capacity": 50}}, links=OWN_REGION), coverage=EVERYONE)
    assert "floor of 100%" in text


def test_coverage_floor_the_nearest_standard_counts():
    # Service 0.2, country 0.3, province 0.4: North lies in the province; South in the country and
    # has a standard of its own, which is lower.
    standards = [
        {"service": "health", "floor": 0.2},
        {"service": "health", "jurisdiction": "country", "floor": 0.3},
        {"service": "health", "jurisdiction": "province", "floor": 0.4},
        {"service": "health", "region": "south", "floor": 0.1},
    ]
    jurisdictions = [
        {"jurisdiction": "country"},
        {"jurisdiction": "province", "parent": "country"},
    ]
    homes = {"north": {"jurisdiction": "province"}, "south": {"jurisdiction": "country"}}
    instance = world(regions=homes, jurisdictions=jurisdictions, standards=standards)
    assert coverage(plan(instance, coverage={"floor": 0.9})) == {"north": 0.4, "south": 0.1}
    without = world(regions=homes, jurisdictions=jurisdictions, standards=standards[:3])
    assert coverage(plan(without, coverage={"floor": 0.9})) == {"north": 0.4, "south": 0.3}


def test_coverage_floor_region_and_group_comes_before_region_before_group():
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r in ("north", "south")
        for g in ("young", "old")
    ]
    standards = [
        {"service": "health", "region": "north", "group": "old", "floor": 0.1},
        {"service": "health", "region": "north", "floor": 0.2},
        {"service": "health", "group": "old", "floor": 0.3},
    ]
    result = plan(world(needs=needs, standards=standards), coverage={"floor": 0.4})
    rows = result.levels
    found = rows.set_index(["region", "group"])["coverage"].round(6).to_dict()
    assert found == {
        ("north", "young"): 0.2,
        ("north", "old"): 0.1,
        ("south", "young"): 0.4,
        ("south", "old"): 0.3,
    }


def test_coverage_target_the_average_counts_not_the_region():
    # Three quarters on average: where it is cheap more, in South 100 at 5, in North 50 at 10.
    result = plan(world(links=OWN_REGION), coverage={"floor": 0.2, "target": 0.75})
    assert coverage(result) == {"north": 0.5, "south": 1.0}
    small = world(offers={"post": {"capacity": 40}}, links=OWN_REGION)
    text = why_not(small, coverage={"floor": 0, "target": 0.75})
    assert "average coverage of 75% asks for 150" in text


def test_coverage_target_a_standard_for_the_whole_service_replaces_the_document():
    standards = [{"service": "health", "target": 0.5}]
    result = plan(world(standards=standards), coverage={"floor": 0, "target": 0.9})
    assert result.objective == pytest.approx(800)


def test_coverage_target_a_standard_for_a_place_is_one_more_rule():
    # The document's half is met by the post in South; North's own three tenths come on top.
    standards = [{"service": "health", "region": "north", "target": 0.3}]
    instance = world(standards=standards, links=OWN_REGION)
    result = plan(instance, coverage={"floor": 0, "target": 0.5})
    # North 30 by the clinic is dear (10); South gives the other 70 of 100.
    assert coverage(result) == {"north": 0.3, "south": 0.7}


RESCUE = {"health": {"last_resort_cost": 20}}


def test_last_resort_serves_only_where_the_policy_allows_it():
    alone = world(services=RESCUE, links=[link("post", "south")])
    # The clinic has no link; North's 100 visits are government's at 20.
    assert cost(alone, coverage=EVERYONE, last_resort={}, objective=with_rescue()) == 2800
    assert "north" in why_not(alone, coverage=EVERYONE)
    assert "north" in why_not(alone, coverage=EVERYONE, last_resort={"maximum_share": 0.5})


def with_rescue() -> dict[str, list[str]]:
    return {"minimize": [*COST["minimize"], "last_resort"]}


def test_last_resort_limit_the_cap_holds_over_all_needs():
    # Without offers, 200 visits are wanted and 150 is the cap: three quarters, not more.
    instance = world(
        services={"health": {"last_resort_cost": 20, "last_resort_cap": 150}},
        offers={o: {"required": "forbidden"} for o in ("clinic", "post")},
    )
    wanted = {"coverage": {"floor": 0.75}, "last_resort": {}}
    assert cost(instance, **wanted, objective=with_rescue()) == pytest.approx(3000)
    assert "last_resort_limit" in why_not(instance, coverage={"floor": 0.8}, last_resort={})


# Money


def test_budgets_a_jurisdiction_spends_within_its_budget():
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    jurisdictions = [
        {"jurisdiction": "a", "budget": 700},
        {"jurisdiction": "b", "budget": 900},
    ]
    instance = world(regions=homes, jurisdictions=jurisdictions, links=OWN_REGION)
    # A's 700 pay the clinic (100) and 60 visits at 10; B needs 800 for all of South.
    most = plan(instance, objective={"maximize": "coverage"}, budgets={})
    assert coverage(most) == {"north": 0.6, "south": 1.0}
    assert most.objective == pytest.approx(0.8)
    half = plan(instance, objective={"maximize": "coverage"}, budgets={"scale": 0.5})
    assert coverage(half) == {"north": 0.25, "south": 0.3}
    text = why_not(instance, coverage={"floor": 0.7}, budgets={})
    assert "budgets of a: 700 -> 800" in text


def test_budgets_a_price_moves_money_between_jurisdictions():
    # The post is B's; it serves both regions, half of each, for 300 + 500. At a price of 6, A pays
    # B 6 for each of its 50 visits: A spends 300, and B 800 - 300.
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    half = {"coverage": {"floor": 0.5}, "budgets": {}}

    def with_budgets(a: float, b: float) -> pse.Instance:
        rows = [{"jurisdiction": "a", "budget": a}, {"jurisdiction": "b", "budget": b}]
        links = [link("post", "north"), link("post", "south")]
        price = {"post": {"price": 6}}
        return world(regions=homes, jurisdictions=rows, links=links, offers=price)

    assert cost(with_budgets(300, 500), **half) == pytest.approx(800)
    assert "budgets of a" in why_not(with_budgets(299, 500), **half)
    assert "budgets of b" in why_not(with_budgets(300, 499), **half)


def test_budgets_within_the_arrangers_territory_nothing_is_paid():
    # The country arranges the post and pays for the provinces below it, price or not.
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    rows = [
        {"jurisdiction": "country", "budget": 800},
        {"jurisdiction": "a", "parent": "country", "budget": 0},
        {"jurisdiction": "b", "parent": "country", "budget": 0},
    ]
    arranged = {"post": {"price": 6, "arranger": "country"}, "clinic": {"required": "forbidden"}}
    instance = world(regions=homes, jurisdictions=rows, offers=arranged)
    assert cost(instance, coverage={"floor": 0.5}, budgets={}) == pytest.approx(800)


def test_budgets_supervised_providers_are_on_the_budget_of_their_supervisor():
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    helpers = {"helpers": {"overhead_cost": 50, "supervisor": "a"}}

    def with_budget(limit: float) -> pse.Instance:
        rows = [{"jurisdiction": "a", "budget": limit}]
        return world(
            regions=homes,
            jurisdictions=rows,
            providers=helpers,
            offers={"clinic": {"required": "forbidden"}},
        )

    half = {"coverage": {"floor": 0.5}, "budgets": {}}
    assert cost(with_budget(850), **half) == pytest.approx(850)
    assert "budgets of a: 840 -> 850" in why_not(with_budget(840), **half)


def test_total_budget_all_public_money_together():
    # The post first (800 for 100 visits), then the clinic's 100 and 30 visits at 10.
    most = plan(world(), objective={"maximize": "coverage"}, total_budget={"maximum": 1200})
    assert most.objective == pytest.approx(130 / 200)
    text = why_not(world(), coverage=EVERYONE, total_budget={"maximum": 1800})
    assert "total_budget: 1,800 -> 1,900" in text


def test_budgets_of_nothing_are_told_with_the_money_that_is_needed():
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    rows = [{"jurisdiction": "a", "budget": 0}]
    half = {"coverage": {"floor": 0.5}}
    text = why_not(world(regions=homes, jurisdictions=rows), **half, budgets={})
    assert "budgets of a: 0 -> 0" not in text
    assert "total_budget: 0 -> 0" not in why_not(world(), **half, total_budget={"maximum": 0})


def test_total_budget_is_by_default_the_sum_of_the_budgets():
    rows = [{"jurisdiction": "a", "budget": 500}, {"jurisdiction": "b", "budget": 700}]
    instance = world(jurisdictions=rows)
    most = plan(instance, objective={"maximize": "coverage"}, total_budget={})
    assert most.objective == pytest.approx(130 / 200)
    with pytest.raises(pse.InputError, match="needs a maximum"):
        plan(world(), total_budget={})


# Equalization: half on average is cheapest as all of South, by the post, and nothing of North.


def even(measure: str, bound: float, **more: Any) -> dict[str, Any]:
    key = "minimum" if measure == "floor" else "maximum"
    entry = {"name": "even", "measure": measure, key: bound, **more}
    return {"coverage": {"floor": 0.0, "target": 0.5}, "equalization": [entry]}


@pytest.mark.parametrize(
    ("measure", "bound", "expected"),
    [
        # South is served first, as far as the bound allows; North gets what the average lacks.
        ("floor", 0.2, {"north": 0.2, "south": 0.8}),
        ("ceiling", 0.7, {"north": 0.3, "south": 0.7}),
        ("range", 0.3, {"north": 0.35, "south": 0.65}),
        ("ratio", 1.5, {"north": 0.4, "south": 0.6}),
        # People: 300 in North, 100 in South. With North at 0.5 - d and South at 0.5 + d their mean
        # is 0.5 - d / 2; South may be a fifth above it: 0.5 + d = 0.6 - 0.6 d, so d = 1 / 16.
        ("band", 0.2, {"north": 0.4375, "south": 0.5625}),
    ],
)
def test_equalization_between_regions(measure, bound, expected):
    instance = world(links=OWN_REGION)
    assert coverage(plan(instance, coverage={"floor": 0.0, "target": 0.5})) == {
        "north": 0.0,
        "south": 1.0,
    }
    assert coverage(plan(instance, **even(measure, bound))) == expected


def test_equalization_level_travel_is_charged_to_unmet_need():
    # North's people travel 10 to the clinic or are charged the cap of 50 when not served; an
    # average of 30 km asks for half of them to be served.
    links = [link("clinic", "north", 10), link("post", "south", 0)]
    instance = world(links=links)
    near = even("ceiling", 30, level="travel")
    assert coverage(plan(instance, **near)) == {"north": 0.5, "south": 0.5}
    text = why_not(instance, **even("ceiling", 9, level="travel"))
    assert "equalization of even, health (ceiling of travel): 9.0 -> 10.0 km" in text


def test_equalization_between_groups_and_within_regions():
    # South's old must all be served; a quarter on average asks for nobody else.
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r in ("north", "south")
        for g in ("young", "old")
    ]
    standards = [{"service": "health", "region": "south", "group": "old", "floor": 1.0}]
    instance = world(needs=needs, links=OWN_REGION, standards=standards)
    quarter = {"floor": 0.0, "target": 0.25}
    assert cost(instance, coverage=quarter) == pytest.approx(300 + 250)
    entry = {"name": "ages", "measure": "range", "maximum": 0.0}
    # Half of all the old are served, so half of all the young must be: cheapest in South.
    between = [{**entry, "between": "groups"}]
    assert cost(instance, coverage=quarter, equalization=between) == pytest.approx(800)
    # Within South everybody then; within North nobody is as even as everybody.
    within = [{**entry, "between": "groups-within-regions"}]
    assert cost(instance, coverage=quarter, equalization=within) == pytest.approx(800)


def test_equalization_within_regions_whatever_the_names():
    # "a / b" with "c" is not "a" with "b / c". Eight tenths for "d" ask for as much for "b / c".
    places = {"a": ("b / c", "d"), "a / b": ("c", "e")}
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r, groups in places.items()
        for g in groups
    ]
    instance = world(
        regions=[{"region": r, "population": 100} for r in places],
        needs=needs,
        offers=[offer("post", "helpers", "a", 0, 1)],
        links=[link("post", r) for r in places],
        standards=[{"service": "health", "group": "d", "floor": 0.8}],
    )
    entry = {"name": "even", "between": "groups-within-regions", "measure": "range", "maximum": 0.0}
    assert cost(instance, coverage={"floor": 0.0}, equalization=[entry]) == pytest.approx(80)


def test_equalization_between_jurisdictions_counts_their_regions_together():
    # Both regions are A's: there is nothing to compare, and South alone may be served.
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    instance = world(regions=homes, links=OWN_REGION)
    result = plan(instance, **even("range", 0.0, between="jurisdictions"))
    assert coverage(result) == {"north": 0.0, "south": 1.0}


def test_equalization_of_an_index_lets_one_service_make_up_for_another():
    # Health comes to South alone, school to North alone: even only when added up.
    services = [{"service": s, "unit": "units", "reach_km": 50} for s in ("health", "school")]
    needs = [
        {"region": r, "service": s, "demand": 100}
        for s in ("health", "school")
        for r in ("north", "south")
    ]
    offers = [
        offer("clinic", "state", "north", 0, 1, service="school"),
        offer("post", "state", "south", 0, 1),
    ]
    instance = world(services=services, needs=needs, offers=offers, links=OWN_REGION)
    entry = {"name": "even", "measure": "range", "maximum": 0.0}
    wanted = {"coverage": {"floor": 0.0, "target": 0.5}}
    index = {**entry, "services": ["health", "school"]}
    assert cost(instance, **wanted, equalization=[index]) == pytest.approx(200)
    assert "equalization" in why_not(instance, **wanted, equalization=[entry])
    # When health counts double, South is ahead by a sixth: (2 - 1) / 3.
    weighted = {**index, "index_weights": {"health": 2.0}}
    assert "equalization" in why_not(instance, **wanted, equalization=[weighted])
    wide = {**weighted, "maximum": 0.34}
    assert cost(instance, **wanted, equalization=[wide]) == pytest.approx(200)


@pytest.mark.parametrize("measure", ["floor", "range", "ratio", "band"])
def test_equalization_that_cannot_be_kept_is_named(measure):
    # Nobody reaches North, and South must have half.
    instance = world(links=[link("post", "south")])
    bound = {"floor": 0.1, "range": 0.1, "ratio": 2.0, "band": 0.1}[measure]
    policy = even(measure, bound)
    policy["coverage"] = {"floor": 0.0, "target": 0.25}
    assert "equalization of even, health" in why_not(instance, **policy)


# Objectives


@pytest.mark.parametrize(
    ("term", "change", "expected"),
    [
        ("engagement", {}, 300),
        ("delivery", {}, 500),
        ("contract", {"offers": {"post": {"contract_cost": 40}}}, 40),
        ("supervision", {"offers": {"post": {"supervision_cost": 0.5}}}, 50),
        ("overhead", {"providers": {"helpers": {"overhead_cost": 70}}}, 70),
        ("user", {"offers": {"post": {"user_fee": 2}}}, 200),
        ("own", {"offers": {"post": {"own_funds": 3}}}, 300),
        ("access", {"services": {"health": {"access_cost_per_km": 0.1}}}, 100 * 0.1 * 4),
        ("unmet", {"services": {"health": {"unmet_penalty": 9}}}, 100 * 9),
    ],
)
def test_cost_terms_of_a_hundred_visits_by_the_post_in_south(term, change, expected):
    instance = world(links=[link("post", "south", 4)], **change)
    standards = {"minimize": [*COST["minimize"], "user", "own"]}
    result = plan(instance, coverage={"floor": 0.0, "target": 0.5}, objective=standards)
    assert result.costs[term] == pytest.approx(expected)


def test_cost_terms_named_twice_are_refused():
    twice = {"minimize": ["delivery", "delivery"]}
    with pytest.raises(pse.InputError, match="names a cost term twice"):
        cost(world(), coverage={"floor": 0.5}, objective=twice)


def test_a_price_of_unmet_need_decides_how_much_is_worth_serving():
    # The post saves 100 visits x (price - 5) and costs 300: too much at a price of 6, not at 9.
    # The clinic would save nothing, as a visit costs it 10.
    terms = {"minimize": [*COST["minimize"], "unmet"]}
    low = world(services={"health": {"unmet_penalty": 6}})
    high = world(services={"health": {"unmet_penalty": 9}})
    assert engaged(plan(low, objective=terms)) == []
    assert engaged(plan(high, objective=terms)) == ["post"]


def test_max_coverage_averages_services_however_large():
    # Health needs 200 visits and school 20: with money for one offer, the one that covers all of
    # the small service is worth more than the one that covers half of the large.
    services = [{"service": s, "unit": "units", "reach_km": 50} for s in ("health", "school")]
    needs = [
        {"region": "north", "service": "health", "demand": 200},
        {"region": "south", "service": "school", "demand": 20},
    ]
    offers = [
        offer("clinic", "state", "north", 100, 0),
        offer("post", "state", "south", 100, 0, service="school"),
    ]
    instance = world(services=services, needs=needs, offers=offers)
    result = plan(instance, objective={"maximize": "coverage"}, total_budget={"maximum": 150})
    assert engaged(result) == ["post"]
    assert result.objective == pytest.approx(0.5)


@pytest.mark.parametrize("capacity", [1e6, 1e10, 1e14])
def test_unlimited_capacity_of_any_magnitude_gives_the_same_optimum(capacity):
    # Everyone at half: the clinic at 10 a visit or the post at 5 and 300 serve all alike.
    wide = {o: {"capacity": capacity} for o in ("clinic", "post")}
    usual = cost(world(offers={o: {"capacity": 1e4} for o in wide}), coverage={"floor": 1.0})
    result = plan(world(offers=wide), coverage={"floor": 1.0})
    assert result.status == "optimal"
    assert result.objective == pytest.approx(usual)


def test_people_of_whom_nobody_is_counted_weigh_the_same():
    needs = [
        {"region": r, "service": "health", "group": "g", "demand": 100, "heads": 0}
        for r in ("north", "south")
    ]
    entry = {"name": "even", "measure": "band", "maximum": 0.05}
    half = {"coverage": {"floor": 0.0, "target": 0.5}, "equalization": [entry]}
    result = plan(world(needs=needs), **half)
    assert result.status == "optimal"
    assert result.inequality["even"]["health"]["band"] <= 0.05 + 1e-9
