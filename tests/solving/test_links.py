"""The spatial index finds what brute force over all pairs finds, and nothing else."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse_opt.links import EARTH_RADIUS_KM, great_circle, links_by_reach, on_sphere, own_travel

DEGREE = math.pi / 180 * EARTH_RADIUS_KM

longitudes = st.one_of(
    st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 179.999, -179.999, 0.0])
)
latitudes = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 89.999, -89.999, 0.0]))
points = st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=8)
reaches = st.one_of(st.floats(0.1, 21000), st.sampled_from([1.0, 50.0, 20100.0]))


def haversine(one, other):
    """Distance in km by the textbook formula, from degrees."""
    (lam, phi), (mu, psi) = (map(math.radians, p) for p in (one, other))
    h = math.sin((psi - phi) / 2) ** 2
    h += math.cos(phi) * math.cos(psi) * math.sin((mu - lam) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


def frames(offers, regions, *, home=None, own=True, area=math.nan):
    """Return the two frames that links_by_reach takes, from lists of (longitude, latitude)."""
    offered = pd.DataFrame(offers, columns=["longitude", "latitude"], dtype=float)
    offered["region"] = np.zeros(len(offers), dtype=np.int64) if home is None else home
    offered["own_place"] = own
    placed = pd.DataFrame(regions, columns=["longitude", "latitude"], dtype=float)
    return offered, placed.assign(area_km2=area)


def pairs(links):
    return set(zip(links["offer"], links["region"], strict=True))


@given(points, points, reaches)
@settings(max_examples=200, deadline=None)
def test_the_links_are_the_pairs_within_reach_by_brute_force(offers, regions, reach):
    links = links_by_reach(*frames(offers, regions), reach)
    travel = dict(
        zip(zip(links["offer"], links["region"], strict=True), links["travel"], strict=True)
    )
    for i, offer in enumerate(offers):
        for j, region in enumerate(regions):
            distance = haversine(offer, region)
            blur = 1e-6 if distance < 19000 else 1.0  # both formulas blur near the antipode
            if distance < reach - blur:
                assert travel[i, j] == pytest.approx(distance, abs=blur)
            elif distance > reach + blur:
                assert (i, j) not in travel


@given(points, points, st.tuples(longitudes, latitudes), reaches)
@settings(max_examples=50, deadline=None)
def test_one_more_offer_never_removes_a_link(offers, regions, another, reach):
    before = links_by_reach(*frames(offers, regions), reach)
    after = links_by_reach(*frames([*offers, another], regions), reach)
    assert pairs(before) <= pairs(after)
    assert {i for i, _ in pairs(after) - pairs(before)} <= {len(offers)}


def test_two_sides_of_the_date_line_are_neighbours():
    links = links_by_reach(*frames([(179.9, 10.0)], [(-179.9, 10.0), (179.0, 50.0)]), 30)
    assert pairs(links) == {(0, 0)}
    assert links["travel"][0] == pytest.approx(haversine((179.9, 10), (-179.9, 10)))


def test_all_longitudes_meet_at_the_pole():
    links = links_by_reach(*frames([(0.0, 89.9)], [(180.0, 89.9), (90.0, 90.0)]), 23)
    assert list(links["travel"]) == pytest.approx([0.2 * DEGREE, 0.1 * DEGREE])


def test_a_region_exactly_at_the_reach_is_served_and_one_metre_beyond_is_not():
    offers, regions = frames([(0.0, 0.0)], [(0.0, 1.0)])
    assert len(links_by_reach(offers, regions, DEGREE)) == 1
    assert len(links_by_reach(offers, regions, DEGREE - 0.001)) == 0


def test_a_reach_of_zero_serves_the_same_place_only():
    links = links_by_reach(*frames([(1.0, 1.0)], [(1.0, 1.0), (1.0, 1.001)]), 0.0)
    assert pairs(links) == {(0, 0)}


def test_an_offer_without_place_of_its_own_travels_inside_its_region():
    area = math.pi * 30**2
    offers, regions = frames([(0.0, 0.0)], [(0.0, 0.0), (0.0, 0.1)], own=False, area=area)
    assert list(links_by_reach(offers, regions, 40)["travel"]) == pytest.approx([20.0, 20.0])
    assert own_travel(np.array([area, math.nan])) == pytest.approx([20.0, 0.0])


def test_without_coordinates_an_offer_serves_its_own_region_only():
    offers, regions = frames([(math.nan, math.nan)], [(0, 0), (0, 0)], home=[1], own=False, area=9)
    assert pairs(links_by_reach(offers, regions, 40)) == {(0, 1)}


def test_a_region_without_coordinates_is_served_by_offers_in_it_only():
    offers, regions = frames([(0, 0), (0, 0)], [(math.nan, math.nan), (0, 0)], home=[0, 1])
    assert pairs(links_by_reach(offers, regions, 40)) == {(0, 0), (0, 1), (1, 1)}


def test_without_offers_there_are_no_links():
    links = links_by_reach(*frames([], [(0.0, 0.0)]), 40)
    assert list(links.columns) == ["offer", "region", "travel"]
    assert links.empty


def test_distances_of_a_metre_are_exact():
    one, other = (np.array([0.0]), np.array([45.0])), (np.array([0.0]), np.array([45.00001]))
    found = great_circle(on_sphere(*one), on_sphere(*other))
    assert found == pytest.approx([1e-5 * DEGREE], rel=1e-6)


def test_sixty_million_pairs_with_a_small_reach_take_seconds_and_little_memory():
    rng = np.random.default_rng(1)
    offers, regions = (
        list(zip(rng.uniform(75, 130, n), rng.uniform(20, 48, n), strict=True))
        for n in (20_000, 3_000)
    )
    start = time.perf_counter()
    links = links_by_reach(*frames(offers, regions), 30.0)
    assert time.perf_counter() - start < 5
    assert 1_000 < len(links) < 100_000
