"""The generator's parameters do what they say, and what it builds has a plan."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.regional.synthetic import build


def instance_of(**parameters):
    about, tables = build(**parameters)
    return pse.Instance.from_tables(tables, about)


def tightness_of(tables):
    demand = tables["needs"].groupby("service")["demand"].sum()
    return demand / tables["offers"].groupby("service")["capacity"].sum()


def spacing(tables):
    """Return the mean distance to the nearest neighbour over that of uniform points."""
    points = tables["regions"][["longitude", "latitude"]].to_numpy()
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    area = np.prod(points.max(axis=0) - points.min(axis=0))
    return nearest.mean() / (0.5 * (area / len(points)) ** 0.5)


@pytest.mark.parametrize(("needs", "services"), [(1, 1), (100, 1), (100, 3), (1000, 4)])
def test_the_instance_is_accepted_without_a_warning(needs, services):
    instance = instance_of(needs=needs, services=services)
    assert instance.warnings == ()
    assert len(instance.needs) == -(-needs // services) * services


@pytest.mark.parametrize("clustering", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("wanted", [5, 12, 20])
def test_links_per_need_are_near_the_wanted_number(clustering, wanted):
    instance = instance_of(needs=900, services=2, clustering=clustering, links_per_need=wanted)
    assert len(instance.links) / len(instance.needs) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("tightness", [0.3, 0.6, 0.85, 1.0])
def test_demand_over_capacity_is_the_tightness_of_every_service(tightness):
    tables = build(needs=600, services=3, tightness=tightness)[1]
    assert tightness_of(tables).to_numpy() == pytest.approx(tightness, rel=1e-3)


def test_all_capacity_is_within_reach_of_a_need():
    instance = instance_of(needs=400, clustering=0.0, links_per_need=4)
    assert instance.links["offer"].nunique() == len(instance.offers)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_ngo_share_is_that_of_the_offers(share):
    tables = build(needs=500, ngo_share=share)[1]
    kinds = tables["offers"].merge(tables["providers"], on="provider")["kind"]
    assert (kinds == "ngo").mean() == pytest.approx(share, abs=1e-3)


def test_spacing_falls_with_clustering():
    found = [spacing(build(needs=2000, clustering=c)[1]) for c in (0.0, 0.3, 0.6, 1.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1.0, abs=0.1)
    assert found[-1] < 0.7


def test_demand_spreads_with_inequality():
    demands = [build(needs=3000, inequality=s)[1]["needs"]["demand"] for s in (0.0, 0.5, 1.0, 2.0)]
    assert [np.log(d).std() for d in demands] == pytest.approx([0.06, 0.5, 1.0, 2.0], abs=0.08)


def test_costs_have_the_stated_shape():
    tables = build(needs=3000)[1]
    offers = tables["offers"].merge(tables["providers"], on="provider")
    volume = offers["capacity"]
    total = offers["fixed_cost"] + volume * offers[["unit_cost", "user_fee", "own_funds"]].sum(
        axis=1
    )
    fixed = (offers["fixed_cost"] / total).groupby(offers["kind"]).median()
    assert fixed.to_dict() == pytest.approx(
        {"government": 0.41, "ngo": 0.28, "private": 0.18}, abs=0.01
    )
    average = np.log(total / volume).groupby(offers["kind"])
    assert average.std()["ngo"] > average.std()["government"]
    assert average.median()["ngo"] < average.median()["government"]


@pytest.mark.parametrize("seed", range(4))
def test_core_and_equalized_have_verified_plans_where_supply_is_tight(seed):
    instance = instance_of(needs=40, services=2, tightness=0.85, inequality=1.5, seed=seed)
    for model in ("core", "equalized"):
        result = pse.solve(instance, model, gap=5e-2, time_limit=20)
        assert result.status in ("optimal", "within_gap")
        pse.verify(instance, result).raise_if_violated()


def test_government_and_others_are_both_chosen():
    instance = instance_of(needs=100)
    result = pse.solve(instance, "core", gap=1e-2, time_limit=20)
    pse.verify(instance, result).raise_if_violated()
    assert set(result.plan.offers["mode"]) == {"direct", "contract", "voucher"}


def test_a_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (build(needs=200, services=2, seed=s) for s in (7, 7, 8))
    assert first[0] == again[0]
    for name, table in first[1].items():
        assert table.to_csv(index=False) == again[1][name].to_csv(index=False)
    assert not first[1]["offers"].equals(other[1]["offers"])


def test_every_parameter_is_recorded():
    about = build(needs=50, tightness=0.7, seed=3)[0]
    assert about["seed"] == 3
    assert "tightness 0.7" in about["assumptions"][0]


def test_all_parameters_out_of_range_are_reported_at_once():
    with pytest.raises(InputError) as caught:
        build(needs=0, tightness=1.5, ngo_share=-0.1, links_per_need=float("nan"))
    columns = {p.column for p in caught.value.problems}
    assert columns == {"needs", "tightness", "ngo_share", "links_per_need"}


def test_a_hundred_thousand_needs_take_seconds():
    start = time.perf_counter()
    tables = build(needs=100_000)[1]
    assert time.perf_counter() - start < 10
    assert len(tables["needs"]) == 100_000
    assert isinstance(tables["offers"], pd.DataFrame)
