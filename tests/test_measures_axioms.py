"""What any measure of inequality must do, for every distribution."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pse_opt import measures
from pse_opt.measures import (
    MEASURES,
    atkinson,
    gini,
    hoover,
    kolm_pollak,
    kolm_pollak_kappa,
    lorenz_excess,
    theil,
    theil_decomposition,
    worst_mean,
)

AVERSIONS = {f"atkinson {a:g}": partial(atkinson, aversion=a) for a in (0.3, 1.0, 2.5)}
STRICT = {
    **{n: MEASURES[n] for n in ("gini", "theil", "mean_log_deviation")},
    "coefficient_of_variation": measures.coefficient_of_variation,
    **AVERSIONS,
}
RELATIVE = {**STRICT, **{n: MEASURES[n] for n in ("hoover", "ratio", "band", "quantile_share")}}
ABSOLUTE = {
    **{n: MEASURES[n] for n in ("floor", "ceiling", "range", "worst_mean")},
    "bearing most": partial(worst_mean, burden=True),
}
EQUIVALENT = {
    "benefit": partial(kolm_pollak, kappa=2.0),
    "burden": partial(kolm_pollak, kappa=2.0, burden=True),
}
GAP = {"poverty_gap": partial(measures.poverty_gap, standard=0.5)}
ALL = {**RELATIVE, **ABSOLUTE, **EQUIVALENT, **GAP}

LEVEL = st.floats(0.01, 1.0)
PEOPLE = st.floats(0.1, 10.0)
CELLS = st.lists(st.tuples(LEVEL, PEOPLE), min_size=1, max_size=10)
PAIR = st.lists(st.tuples(LEVEL, PEOPLE), min_size=2, max_size=8)
SHARE = st.floats(0.05, 0.95)


def of_all(family: dict[str, partial], levels: np.ndarray, people: np.ndarray) -> dict[str, float]:
    return {name: measure(levels, people) for name, measure in family.items()}


def apart(cells: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    levels, people = np.array(cells).T
    return levels, people


def transfer(
    cells: list[tuple[float, float]], part: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels before and after giving to the least served from the best, without changing places."""
    levels, people = apart(cells)
    low, high = int(levels.argmin()), int(levels.argmax())
    assume(levels[high] - levels[low] > 0.05)
    equalizing = (levels[high] - levels[low]) / (1 / people[high] + 1 / people[low])
    after = levels.copy()
    after[low] += part * equalizing / people[low]
    after[high] -= part * equalizing / people[high]
    return levels, after, people


def about(family: dict[str, float]) -> object:
    # The deviation behind a measure that is a root loses half of the digits close to equality.
    return pytest.approx(family, rel=1e-9, abs=1e-7)


@given(CELLS, st.floats(1e-3, 1e3))
def test_the_unit_of_the_level_does_not_matter(cells, factor):
    levels, people = apart(cells)
    scaled = of_all(RELATIVE, factor * levels, people)
    assert scaled == about(of_all(RELATIVE, levels, people))


@given(CELLS, st.floats(1e-3, 1e3))
def test_absolute_measures_are_in_the_unit_of_the_level(cells, factor):
    levels, people = apart(cells)
    expected = {name: factor * v for name, v in of_all(ABSOLUTE, levels, people).items()}
    assert of_all(ABSOLUTE, factor * levels, people) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(CELLS, st.floats(1e-3, 1e6))
def test_weights_are_normalised(cells, factor):
    levels, people = apart(cells)
    assert of_all(ALL, levels, factor * people) == about(of_all(ALL, levels, people))


@given(CELLS, st.integers(0, 9), SHARE)
def test_splitting_a_cell_changes_nothing(cells, position, part):
    level, people = cells[position % len(cells)]
    split = [*cells, (level, part * people)]
    split[position % len(cells)] = (level, (1 - part) * people)
    assert of_all(ALL, *apart(split)) == about(of_all(ALL, *apart(cells)))


@given(CELLS)
def test_counting_everybody_twice_changes_nothing(cells):
    assert of_all(ALL, *apart([*cells, *cells])) == about(of_all(ALL, *apart(cells)))


@given(st.data(), CELLS)
def test_names_do_not_matter(data, cells):
    permuted = data.draw(st.permutations(cells))
    assert of_all(ALL, *apart(permuted)) == about(of_all(ALL, *apart(cells)))


@given(PAIR, st.floats(0.1, 1.0))
def test_giving_from_the_best_to_the_worst_served_lowers_inequality(cells, part):
    before, after, people = transfer(cells, part)
    lower, higher = of_all(STRICT, after, people), of_all(STRICT, before, people)
    assert [name for name in STRICT if not lower[name] < higher[name]] == []


@given(PAIR, st.floats(0.1, 1.0))
def test_giving_from_the_best_to_the_worst_served_never_raises_inequality(cells, part):
    before, after, people = transfer(cells, part)
    lower, higher = of_all(RELATIVE, after, people), of_all(RELATIVE, before, people)
    assert [name for name in RELATIVE if lower[name] > higher[name] * (1 + 1e-12)] == []


def test_hoover_does_not_see_a_transfer_on_one_side_of_the_mean():
    before, after = [0.2, 0.4, 1.2], [0.3, 0.3, 1.2]
    assert hoover(after) == pytest.approx(hoover(before))
    assert gini(after) < gini(before)


@given(PAIR, st.floats(0.1, 1.0))
def test_giving_from_the_best_to_the_worst_served_is_better_for_every_welfare(cells, part):
    before, after, people = transfer(cells, part)
    assert kolm_pollak(after, people, kappa=2.0) > kolm_pollak(before, people, kappa=2.0)
    burdens = [kolm_pollak(u, people, kappa=2.0, burden=True) for u in (after, before)]
    assert burdens[0] < burdens[1]
    assert worst_mean(after, people) >= worst_mean(before, people) - 1e-12
    for relative in (False, True):
        dominance = partial(lorenz_excess, reference_weights=people, relative=relative)
        assert dominance(after, people, reference=before) == pytest.approx(0.0, abs=1e-12)
        assert dominance(before, people, reference=after) > 1e-6


@given(CELLS)
def test_a_distribution_dominates_itself_and_all_that_is_below(cells):
    levels, people = apart(cells)
    assert lorenz_excess(levels, people, reference=levels, reference_weights=people) == 0.0
    below = partial(lorenz_excess, reference=0.9 * levels, reference_weights=people)
    assert below(levels, people) == pytest.approx(0.0, abs=1e-12)
    assert below(levels, people, relative=True) == pytest.approx(0.0, abs=1e-12)


@given(CELLS, st.floats(0.0, 100.0), st.floats(0.01, 10.0), st.booleans())
def test_the_same_more_for_all_is_that_much_more_of_the_equivalent(cells, more, kappa, burden):
    levels, people = apart(cells)
    equivalent = partial(kolm_pollak, kappa=kappa, burden=burden)
    expected = pytest.approx(equivalent(levels, people) + more, rel=1e-9)
    assert equivalent(levels + more, people) == expected


@given(CELLS, st.floats(1e-3, 50.0))
def test_the_equivalent_lies_between_the_worst_off_and_the_mean(cells, kappa):
    levels, people = apart(cells)
    mean, small = np.average(levels, weights=people), 1e-10
    benefit = kolm_pollak(levels, people, kappa=kappa)
    assert levels.min() - small <= benefit <= mean + small
    burden = kolm_pollak(levels, people, kappa=kappa, burden=True)
    assert mean - small <= burden <= levels.max() + small
    more_averse = kolm_pollak(levels, people, kappa=2 * kappa)
    assert more_averse <= benefit + small


@given(CELLS, st.floats(0.1, 10.0))
def test_kappa_makes_the_equivalent_follow_the_unit(cells, factor):
    levels, people = apart(cells)
    kappa, scaled = (kolm_pollak_kappa(f * levels, people) for f in (1.0, factor))
    expected = pytest.approx(factor * kolm_pollak(levels, people, kappa=kappa), rel=1e-9)
    assert kolm_pollak(factor * levels, people, kappa=scaled) == expected


@given(PAIR, st.data())
def test_theil_is_what_is_between_groups_and_within_them(cells, data):
    levels, people = apart(cells)
    groups = data.draw(st.lists(st.sampled_from("abc"), min_size=len(cells), max_size=len(cells)))
    between, within = theil_decomposition(levels, people, groups)
    assert between >= 0.0
    assert within >= 0.0
    assert between + within == pytest.approx(theil(levels, people), rel=1e-9, abs=1e-12)


@given(CELLS)
def test_the_measures_are_in_the_order_that_theory_says(cells):
    levels, people = apart(cells)
    found = {name: measure(levels, people) for name, measure in MEASURES.items()}
    small = 1e-12
    assert 0.0 <= found["hoover"] <= found["gini"] + small
    assert found["gini"] < 1.0
    # Hoover is the mean absolute deviation, CV the root of the mean square
    assert 2 * found["hoover"] <= found["coefficient_of_variation"] + small
    assert found["coefficient_of_variation"] <= found["band"] + small
    assert found["floor"] <= found["worst_mean"] <= np.average(levels, weights=people) + small
    assert 1.0 <= found["quantile_share"] <= found["ratio"] * (1 + small)
    assert 0.0 <= found["atkinson"] <= atkinson(levels, people, aversion=2.0) + small


@given(CELLS, st.floats(0.05, 0.95))
def test_the_worst_off_and_the_others_make_up_the_mean(cells, quantile):
    levels, people = apart(cells)
    worst = quantile * worst_mean(levels, people, quantile=quantile)
    others = (1 - quantile) * worst_mean(levels, people, quantile=1 - quantile, burden=True)
    assert worst + others == pytest.approx(np.average(levels, weights=people), rel=1e-9)


@given(CELLS, st.sampled_from([-1e-9, 1e-9]))
def test_aversion_to_inequality_has_no_jump_at_one(cells, step):
    levels, people = apart(cells)
    expected = pytest.approx(atkinson(levels, people, aversion=1.0), rel=1e-6, abs=1e-9)
    assert atkinson(levels, people, aversion=1.0 + step) == expected


@given(CELLS)
def test_envy_of_everybody_is_the_range(cells):
    levels, _ = apart(cells)
    pairs = np.argwhere(np.ones((len(cells), len(cells))))
    assert measures.envy(levels, pairs) == measures.value_range(levels)
