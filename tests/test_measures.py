"""The direct measures of inequality, against values worked out by hand and against axioms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse_opt.measures import MEASURES, band, ceiling, floor, ratio, value_range

LEVELS = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12)


def test_three_regions_by_hand():
    values = [0.5, 1.0, 0.75]
    assert floor(values) == 0.5
    assert ceiling(values) == 1.0
    assert value_range(values) == 0.5
    assert ratio(values) == 2.0
    assert band(values) == pytest.approx(0.25 / 0.75)


def test_the_band_is_measured_from_the_weighted_mean():
    # mean (300 x 0.5 + 100 x 1.0) / 400 = 0.625; 1.0 is 0.375 above it, 60 % of the mean
    assert band([0.5, 1.0], weights=[300, 100]) == pytest.approx(0.6)
    assert band([0.5, 1.0], weights=[3, 1]) == pytest.approx(0.6)


def test_one_region_alone_is_equal():
    assert (value_range([0.4]), ratio([0.4]), band([0.4])) == (0.0, 1.0, 0.0)


def test_nothing_for_all_is_equal_and_nothing_for_one_is_not():
    assert (ratio([0.0, 0.0]), band([0.0, 0.0])) == (1.0, 0.0)
    assert math.isinf(ratio([0.0, 1.0]))


def test_a_region_where_nobody_lives_counts_in_the_band_but_not_in_the_mean():
    assert band([0.5, 1.0], weights=[1, 0]) == pytest.approx(1.0)


def test_documents_name_every_measure():
    assert sorted(MEASURES) == ["band", "ceiling", "floor", "range", "ratio"]
    assert MEASURES["range"] is value_range


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize(
    ("values", "weights", "words"),
    [
        ([], None, "at least one value"),
        ([0.5, math.nan], None, "missing or infinite"),
        ([0.5, math.inf], None, "missing or infinite"),
        ([0.5, -0.1], None, "negative"),
        ([[0.5]], None, "at least one value"),
        ([0.5, 0.6], [1.0], "2 values but 1 weights"),
        ([0.5, 0.6], [1.0, -1.0], "weights must be"),
        ([0.5, 0.6], [0.0, 0.0], "weights must be"),
        ([0.5, 0.6], [1.0, math.nan], "weights must be"),
    ],
)
def test_what_is_not_a_level_is_refused(measure, values, weights, words):
    with pytest.raises(ValueError, match=words):
        measure(values, weights)


@given(LEVELS, st.floats(0.1, 10.0))
def test_ratio_and_band_do_not_depend_on_the_unit(values, factor):
    scaled = np.array(values) * factor
    assert ratio(scaled) == pytest.approx(ratio(values))
    assert band(scaled) == pytest.approx(band(values), abs=1e-12)
    assert value_range(scaled) == pytest.approx(factor * value_range(values))


@given(LEVELS)
def test_counting_everybody_twice_changes_nothing(values):
    for measure in MEASURES.values():
        assert measure([*values, *values]) == pytest.approx(measure(values), abs=1e-12)


@given(LEVELS)
def test_the_measures_agree_with_each_other(values):
    assert value_range(values) == ceiling(values) - floor(values)
    assert ratio(values) == pytest.approx(ceiling(values) / floor(values))
    mean = float(np.mean(values))
    further = max(ceiling(values) - mean, mean - floor(values))
    assert band(values) == pytest.approx(further / mean, abs=1e-12)
