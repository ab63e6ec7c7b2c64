"""The classic location models are special cases of the families: optima that can be explained.

Towns a, b, c, d lie on a road at kilometres 0, 1, 5 and 6, with 10, 30, 20 and 40 people. Each may
get a station, which costs 100, unless a test says otherwise, and is large enough for everyone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pse_opt as pse
from tests.strategies import instance_of
from tests.two_regions import engaged

KILOMETRE = {"a": 0, "b": 1, "c": 5, "d": 6}
PEOPLE = {"a": 10, "b": 30, "c": 20, "d": 40}


def road(*, reach: float = 9, capacity: float = 100, cost: float = 100) -> pse.Instance:
    station = {
        "provider": "state",
        "service": "care",
        "mode": "direct",
        "capacity": capacity,
        "fixed_cost": cost,
        "unit_cost": 0,
    }
    travel = {(s, t): abs(KILOMETRE[s] - KILOMETRE[t]) for s in KILOMETRE for t in KILOMETRE}
    care = {"service": "care", "unit": "visits", "reach_km": 9, "access_cost_per_km": 1}
    return instance_of(
        {
            "regions": [{"region": t, "population": n} for t, n in PEOPLE.items()],
            "services": [care],
            "needs": [{"region": t, "service": "care", "demand": n} for t, n in PEOPLE.items()],
            "providers": [{"provider": "state", "kind": "government"}],
            "offers": [{"offer": f"at {t}", "region": t, **station} for t in KILOMETRE],
            "links": [
                {"offer": f"at {s}", "region": t, "travel": km}
                for (s, t), km in travel.items()
                if km <= reach
            ],
        }
    )


def best(instance: pse.Instance, model: str, number: int | None = None) -> pse.Result:
    """The proven and verified optimum of a shipped model."""
    overrides: dict[str, Any] = {} if number is None else {"siting.number": number}
    result = pse.solve(instance, model, overrides=overrides, gap=0)
    assert result.status == "optimal", result.reasons
    assert result.verified, [str(v) for v in result.verification.violations]
    return result


def test_p_median_one_station_stands_where_the_people_are():
    # At c: 10 x 5 + 30 x 4 + 40 x 1 = 210; at d it would be 230, at b 290.
    result = best(road(), "p-median", 1)
    assert (engaged(result), result.objective) == (["at c"], pytest.approx(210))


def test_p_median_two_stations_stand_where_more_people_are():
    # a goes to b (10 x 1), c to d (20 x 1).
    result = best(road(), "p-median", 2)
    assert (engaged(result), result.objective) == (["at b", "at d"], pytest.approx(30))


def test_p_median_without_a_number_says_what_to_set():
    with pytest.raises(pse.InputError, match=r"siting\.number"):
        best(road(), "p-median")


def test_ufl_another_station_is_worth_its_cost():
    # One station: 100 + 210; two: 200 + 30; three: 300 + 10.
    result = best(road(), "ufl")
    assert (engaged(result), result.objective) == (["at b", "at d"], pytest.approx(230))


def test_cflp_people_of_one_town_may_go_to_two_stations():
    # Stations at b and d are full at 50: ten people of c go to b (10 x 4) and ten to d (10 x 1),
    # beside a's ten to b.
    result = best(road(capacity=50), "cflp")
    assert result.objective == pytest.approx(200 + 10 + 40 + 10)


def test_sscflp_people_of_one_town_go_to_one_station():
    # Two stations would have to serve {a, d} and {b, c}: 200 + 60 + 80. Three serve {a, b}, c, d.
    result = best(road(capacity=50), "sscflp")
    assert (engaged(result), result.objective) == (["at b", "at c", "at d"], pytest.approx(310))


def test_capacitated_p_median_each_town_fits_into_one_station():
    # {a, d} at d: 10 x 6; {b, c} at b: 20 x 4.
    result = best(road(capacity=50), "capacitated-p-median", 2)
    assert (engaged(result), result.objective) == (["at b", "at d"], pytest.approx(140))


def test_lscp_fewest_stations_that_reach_everyone():
    assert best(road(reach=1, cost=1), "lscp").objective == pytest.approx(2)
    assert best(road(reach=5, cost=1), "lscp").objective == pytest.approx(1)
    assert best(road(reach=0, cost=1), "lscp").objective == pytest.approx(4)


def test_mclp_one_station_covers_the_larger_end_of_the_road():
    result = best(road(reach=1), "mclp", 1)
    assert result.objective == pytest.approx(60 / 100)
    assert engaged(result) in (["at c"], ["at d"])
    assert best(road(reach=0), "mclp", 2).objective == pytest.approx(70 / 100)


def test_sources_of_needs_that_are_served_in_full_are_one_decision_not_two():
    full = pse.build_model(road(), "sscflp").source_assignment
    assert all(row.equality for row in full.values())
    part = pse.build_model(road(), "sscflp", overrides={"coverage.floor": 0.9}).source_assignment
    assert not any(row.equality for row in part.values())


def test_p_center_the_furthest_town_is_as_near_as_can_be():
    # One station at b or c: the furthest town is 5 away. Two: a and c (or b and d) are 1 away.
    assert best(road(), "p-center", 1).objective == pytest.approx(5)
    assert best(road(), "p-center", 2).objective == pytest.approx(1)
    assert best(road(), "p-center", 4).objective == pytest.approx(0)


def test_kolm_pollak_p_median_lies_between_the_mean_and_the_greatest_travel():
    # With next to no aversion the mean counts, 2.1 at c; with much, the furthest: 5 at b or c.
    def equivalent(kappa: float) -> float:
        overrides = {"siting.number": 1, "equalization.regions.kappa": kappa}
        result = pse.solve(road(), "kolm-pollak-p-median", overrides=overrides, gap=0)
        assert (result.status, result.verified) == ("optimal", True)
        return result.objective

    assert equivalent(1e-3) == pytest.approx(2.1, abs=0.01)
    people, travel = np.array([10, 30, 20, 40]), np.array([5, 4, 0, 1])
    exact = np.log(people @ np.exp(0.5 * travel) / 100) / 0.5
    assert equivalent(0.5) == pytest.approx(exact, rel=1e-6)
