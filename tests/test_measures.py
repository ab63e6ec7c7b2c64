"""The direct measures of inequality: worked out by hand, at their limits, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.measures import (
    MEASURES,
    WELFARES,
    atkinson,
    band,
    ceiling,
    coefficient_of_variation,
    envy,
    floor,
    generalized_lorenz,
    gini,
    hoover,
    kolm_pollak,
    kolm_pollak_kappa,
    lorenz,
    lorenz_excess,
    mean_log_deviation,
    poverty_gap,
    quantile_share,
    ratio,
    shortfall,
    theil,
    theil_decomposition,
    value_range,
    worst_mean,
)

DIFFERENCES = {
    "hoover": hoover,
    "gini": gini,
    "theil": theil,
    "mean_log_deviation": mean_log_deviation,
    "coefficient_of_variation": coefficient_of_variation,
    "atkinson": atkinson,
    "band": band,
    "range": value_range,
}
RATIOS = {"ratio": ratio, "quantile_share": quantile_share}
PARAMETRIC = {"kolm_pollak": kolm_pollak, "poverty_gap": poverty_gap, "kappa": kolm_pollak_kappa}
CURVES = {"lorenz": lorenz, "generalized_lorenz": generalized_lorenz}


def test_the_measures_are_a_module_of_the_public_interface():
    assert pse.measures.gini is gini
    assert all(hasattr(pse.measures, name) for name in pse.measures.__all__)


def test_three_regions_by_hand():
    values = [0.5, 1.0, 0.75]
    assert floor(values) == 0.5
    assert ceiling(values) == 1.0
    assert value_range(values) == 0.5
    assert ratio(values) == 2.0
    assert band(values) == pytest.approx(0.25 / 0.75)
    # over the mean: 2/3, 4/3, 1; half the mean deviation, and the pairs (1/3 + 2/3 + 1/3) / 9
    assert hoover(values) == pytest.approx(1 / 9)
    assert gini(values) == pytest.approx(4 / 27)
    assert coefficient_of_variation(values) == pytest.approx(math.sqrt(2 / 27))
    assert theil(values) == pytest.approx((2 * math.log(2 / 3) + 4 * math.log(4 / 3)) / 9)
    assert mean_log_deviation(values) == pytest.approx(math.log(9 / 8) / 3)
    assert atkinson(values, aversion=1.0) == pytest.approx(1 - (8 / 9) ** (1 / 3))
    assert atkinson(values, aversion=2.0) == pytest.approx(1 - 3 / (3 / 2 + 3 / 4 + 1))


def test_the_band_is_measured_from_the_weighted_mean():
    # mean (300 x 0.5 + 100 x 1.0) / 400 = 0.625; 1.0 is 0.375 above it, 60 % of the mean
    assert band([0.5, 1.0], weights=[300, 100]) == pytest.approx(0.6)
    assert band([0.5, 1.0], weights=[3, 1]) == pytest.approx(0.6)


def test_the_worst_off_are_split_at_the_border_of_the_quantile():
    # the worst-off half of 400: the 100 at 0.2, and 100 of the 300 at 0.8
    assert worst_mean([0.8, 0.2], [300, 100], quantile=0.5) == pytest.approx(0.5)
    assert worst_mean([0.8, 0.2], [300, 100], quantile=0.25) == pytest.approx(0.2)
    assert worst_mean([0.8, 0.2], [300, 100], quantile=1.0) == pytest.approx(0.65)
    # those who bear most: the 100 at 30 km, and 100 of the 300 at 10 km
    assert worst_mean([10, 30], [300, 100], quantile=0.5, burden=True) == pytest.approx(20.0)
    # the best-off half all have 0.8
    assert quantile_share([0.8, 0.2], [300, 100], quantile=0.5) == pytest.approx(1.6)


def test_the_poverty_gap_is_what_those_below_the_standard_lack():
    assert poverty_gap([0.5, 1.2], [100, 300], standard=0.9) == pytest.approx(0.1)
    assert poverty_gap([0.9, 1.2], [100, 300], standard=0.9) == 0.0
    assert poverty_gap([0.5, 1.2], [100, 300], standard=0.0) == 0.0


def test_kappa_weighs_the_squared_distance_by_people():
    # three people at 1 km and one at 5 km: (3 + 5) / (3 + 25), not (3 + 5) / (9 + 25)
    assert kolm_pollak_kappa([1.0, 5.0], [3, 1]) == pytest.approx(8 / 28)
    assert kolm_pollak_kappa([1.0, 5.0], [3, 1], aversion=0.5) == pytest.approx(4 / 28)
    assert kolm_pollak_kappa([1000.0, 5000.0], [3, 1]) == pytest.approx(8 / 28 / 1000)


def test_envy_looks_only_at_neighbours():
    values = [0.2, 0.5, 1.0]
    assert envy(values, [(0, 1), (1, 0)]) == pytest.approx(0.3)
    assert envy(values, [(2, 0), (1, 0)]) == 0.0
    assert envy(values, []) == envy(values, np.empty((0, 2), dtype=int)) == 0.0
    assert envy(values, np.array([[0, 2]])) == envy(values, {(0, 2)}) == pytest.approx(0.8)


def test_the_guard_sees_the_greatest_loss_and_no_gain():
    assert shortfall([0.5, 0.9, 0.3], [0.6, 0.4, 0.3]) == pytest.approx(0.1)
    assert shortfall([0.5, 0.9], [0.4, 0.9]) == 0.0
    assert shortfall([5.0, 9.0], [4.0, 12.0], burden=True) == 1.0
    assert shortfall([4.0, 9.0], [4.0, 12.0], burden=True) == 0.0


def test_the_lorenz_curve_passes_through_what_the_worst_off_have():
    people, level = lorenz([1.0, 0.25], weights=[100, 300])
    assert people.tolist() == [0.0, 0.75, 1.0]
    assert level == pytest.approx([0.0, 3 / 7, 1.0])
    people, level = generalized_lorenz([1.0, 0.25], weights=[100, 300])
    assert level == pytest.approx([0.0, 0.1875, 0.4375])


def test_crossing_lorenz_curves_do_not_dominate_each_other():
    # at 0.4 the poorest lack 0.1 more than there, at 0.6 all of the second lack 0.1 on average
    first, second = [0.3, 0.6, 0.6], [0.4, 0.4, 0.7]
    assert lorenz_excess(first, reference=second) == pytest.approx(0.1 / 3)
    assert lorenz_excess(second, reference=first) == pytest.approx(0.1 / 3)


def test_more_for_all_dominates_but_not_in_shares():
    before, after = [0.4, 0.4], [0.4, 0.8]
    assert lorenz_excess(after, reference=before) == 0.0
    # over the mean 2/3 and 4/3: at the standard 1 the first lacks a third, half the people
    assert lorenz_excess(after, reference=before, relative=True) == pytest.approx(1 / 6)


def test_the_reference_may_have_other_people():
    assert lorenz_excess([0.5], reference=[0.5, 0.5], reference_weights=[10, 20]) == 0.0
    excess = lorenz_excess([0.5, 0.7], [1, 3], reference=[0.6])
    assert excess == pytest.approx(0.25 * 0.1)


def test_theil_between_is_that_of_the_means_of_groups():
    values, people, groups = [0.2, 0.6, 0.9], [100, 100, 200], ["rural", "rural", "urban"]
    between, within = theil_decomposition(values, people, groups)
    assert between == pytest.approx(theil([0.4, 0.9], [200, 200]))
    # the rural have half the people and 0.4 / 0.65 of the mean; the urban are one place
    assert within == pytest.approx(0.5 * (0.4 / 0.65) * theil([0.2, 0.6]))


# Limits


@pytest.mark.parametrize("level", [0.0, 0.1, 0.7, 1 / 3, 41.3])
@pytest.mark.parametrize("weights", [[5.0], [1, 1, 1], [0.1, 0.7, 3.3, 1e-9]], ids=len)
def test_where_all_levels_are_equal_there_is_no_inequality(level, weights):
    values = [level] * len(weights)
    assert {name: of(values, weights) for name, of in DIFFERENCES.items()} == dict.fromkeys(
        DIFFERENCES, 0.0
    )
    assert {name: of(values, weights) for name, of in RATIOS.items()} == dict.fromkeys(RATIOS, 1.0)
    for aversion in (0.1, 1.0, 3.0):
        assert atkinson(values, weights, aversion=aversion) == 0.0
    assert theil_decomposition(values, weights, list("abcd")[: len(values)]) == (0.0, 0.0)
    assert worst_mean(values, weights) == kolm_pollak(values, weights) == level
    assert kolm_pollak(values, weights, burden=True) == level


def test_nothing_for_some_is_the_worst_that_the_bottom_can_be():
    values = [0.0, 1.0, 1.0]
    assert math.isinf(ratio(values))
    assert math.isinf(mean_log_deviation(values))
    assert math.isinf(quantile_share(values))
    assert quantile_share(values, quantile=0.5) == pytest.approx(1 / (1 / 3))
    assert atkinson(values, aversion=1.0) == atkinson(values, aversion=2.0) == 1.0
    assert atkinson(values, aversion=0.5) == pytest.approx(1 - (2 / 3) ** 2 / (2 / 3))
    assert theil(values) == pytest.approx(math.log(1.5))
    assert [gini(values), hoover(values)] == pytest.approx([1 / 3, 1 / 3])


def test_all_for_one_is_the_worst_that_the_top_can_be():
    values = [0.0] * 9 + [1.0]
    assert [gini(values), hoover(values)] == pytest.approx([0.9, 0.9])
    assert theil(values) == pytest.approx(math.log(10))
    assert coefficient_of_variation(values) == pytest.approx(3.0)


def test_who_is_nobody_counts_at_the_extremes_only():
    values, people = [0.5, 1.0, 0.0], [300, 100, 0]
    for name, measure in MEASURES.items():
        same = measure(values, people) == pytest.approx(measure(values[:2], people[:2]))
        assert same == (name not in {"floor", "range", "ratio", "band"}), name
    assert kolm_pollak(values, people) == pytest.approx(kolm_pollak([0.5, 1.0], [3, 1]))
    assert len(lorenz(values, people)[0]) == 3
    assert lorenz_excess([0.5], reference=[0.5, 9.0], reference_weights=[1, 0]) == 0.0
    assert theil_decomposition(values, people, ["a", "b", "c"])[1] == 0.0


def test_the_equivalent_survives_levels_far_from_each_other():
    # the many at 0 km hardly count: 3000 km less ln 100 over kappa
    far = kolm_pollak([0.0, 3000.0], [99, 1], kappa=1.0, burden=True)
    assert far == pytest.approx(3000 - math.log(100))
    assert kolm_pollak([0.0, 3000.0], [99, 1], kappa=1.0) == pytest.approx(-math.log(0.99))
    # even one in a thousand million million
    alone = kolm_pollak([0.0, 3000.0], [1e15, 1], kappa=1.0, burden=True)
    assert alone == pytest.approx(3000 - math.log(1e15), rel=1e-12)
    assert kolm_pollak([2.0, 4.0], kappa=1e-12) == pytest.approx(3.0, abs=1e-9)
    assert kolm_pollak([2.0, 4.0], kappa=1e6) == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1e9, 1e200])
def test_figures_of_any_magnitude_are_measured(unit):
    values = np.array([0.5, 1.0, 0.75])
    for name in {*DIFFERENCES, *RATIOS} - {"range"}:
        expected = MEASURES[name](values, [1, 2, 3])
        assert MEASURES[name](unit * values, [1, 2, 3]) == pytest.approx(expected), name
    assert kolm_pollak_kappa(unit * values) == pytest.approx(kolm_pollak_kappa(values) / unit)


# What is named, and what is refused


def test_documents_name_every_measure_that_needs_no_parameter():
    assert sorted(MEASURES) == sorted({*DIFFERENCES, *RATIOS, "floor", "ceiling", "worst_mean"})
    assert MEASURES["range"] is value_range
    assert set(MEASURES) >= WELFARES


@pytest.mark.parametrize("measure", [*MEASURES.values(), *PARAMETRIC.values(), *CURVES.values()])
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


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (lambda: atkinson([0.5], aversion=0.0), "aversion must be above 0, not 0"),
        (lambda: atkinson([0.5], aversion=math.inf), "aversion must be above 0"),
        (lambda: worst_mean([0.5], quantile=0.0), "quantile must be above 0 and at most 1"),
        (lambda: worst_mean([0.5], quantile=1.5), "quantile must be above 0 and at most 1"),
        (lambda: quantile_share([0.5], quantile=-0.1), "quantile must be"),
        (lambda: poverty_gap([0.5], standard=-1.0), "standard must be finite and not negative"),
        (lambda: poverty_gap([0.5], standard=math.nan), "standard must be"),
        (lambda: kolm_pollak([0.5], kappa=-1.0), "kappa must be above 0, not -1"),
        (lambda: kolm_pollak([0.5], kappa=math.nan), "kappa must be"),
        (lambda: kolm_pollak_kappa([0.0, 0.0]), "all levels of the reference are zero"),
        (lambda: kolm_pollak_kappa([0.5], aversion=-1.0), "aversion must be"),
        (lambda: envy([0.5, 0.6], [(0, 2)]), "no position 2 among 2 values"),
        (lambda: envy([0.5, 0.6], [(-1, 0)]), "no position -1"),
        (lambda: envy([0.5, 0.6], [(0.0, 1.0)]), "pairs of positions"),
        (lambda: envy([0.5, 0.6], [0, 1]), "pairs of positions"),
        (lambda: envy([0.5, math.nan], [(0, 1)]), "missing or infinite"),
        (lambda: shortfall([0.5, 0.6], [0.5]), "2 values but 1 of the reference"),
        (lambda: shortfall([0.5], [math.nan]), "missing or infinite"),
        (lambda: lorenz_excess([0.5], reference=[]), "at least one value"),
        (lambda: lorenz_excess([-0.5], reference=[0.5]), "negative"),
        (lambda: theil_decomposition([0.5, 0.6], None, ["a"]), "2 values but 1 groups"),
        (lambda: theil_decomposition([0.5, -0.6], None, ["a", "b"]), "negative"),
    ],
)
def test_parameters_without_meaning_are_refused(measure, words):
    with pytest.raises(ValueError, match=words):
        measure()
