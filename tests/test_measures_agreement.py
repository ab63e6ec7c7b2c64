"""The measures against other people's code, and against slow formulas from the textbooks.

PySAL's ``inequality`` knows no weights: it is given every person by name, as many times as the
region has people. It has no mean log deviation by that name, no tails and no Kolm-Pollak; SciPy has
the coefficient of variation and a stable logarithm of a sum.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from inequality.atkinson import atkinson as pysal_atkinson
from inequality.gini import Gini
from inequality.schutz import Schutz
from inequality.theil import Theil, TheilD
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import variation

from pse_opt import measures

SEEDS = range(20)


def sample(seed: int, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Levels with ties and whole numbers of people."""
    generator = np.random.default_rng(seed)
    size = size or int(generator.integers(2, 30))
    levels = generator.gamma(2.0, 0.4, size).round(int(generator.integers(1, 6))) + 0.05
    return levels, generator.integers(1, 40, size)


def one_by_one(levels: np.ndarray, people: np.ndarray) -> np.ndarray:
    return np.repeat(levels, people)


@pytest.mark.parametrize("seed", SEEDS)
def test_pysal_agrees_on_every_person(seed):
    levels, people = sample(seed)
    persons = one_by_one(levels, people)
    assert measures.gini(levels, people) == pytest.approx(Gini(persons).g, rel=1e-10)
    assert measures.theil(levels, people) == pytest.approx(Theil(persons).T, rel=1e-10)
    distance = Schutz(pd.DataFrame({"level": persons}), "level").distance
    assert measures.hoover(levels, people) == pytest.approx(distance, rel=1e-10)
    for aversion in (0.2, 0.5, 1, 1.5, 4.0):
        index = measures.atkinson(levels, people, aversion=aversion)
        assert index == pytest.approx(pysal_atkinson(persons, aversion), rel=1e-9)
    # the geometric mean over the mean is the exponential of minus the mean log deviation
    expected = -math.log1p(-pysal_atkinson(persons, 1))
    assert measures.mean_log_deviation(levels, people) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_pysal_agrees_on_what_is_between_groups(seed):
    levels, people = sample(seed, size=12)
    groups = np.random.default_rng(seed).integers(0, 4, 12)
    expected = TheilD(one_by_one(levels, people), one_by_one(groups, people))
    between, within = measures.theil_decomposition(levels, people, groups)
    assert between == pytest.approx(float(expected.bg[0]), rel=1e-9, abs=1e-12)
    assert within == pytest.approx(float(expected.wg[0]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_scipy_agrees_on_variation_and_on_the_equivalent(seed):
    levels, people = sample(seed)
    found = measures.coefficient_of_variation(levels, people)
    assert found == pytest.approx(variation(one_by_one(levels, people)), rel=1e-10)
    for kappa in (1e-3, 0.7, 5.0, 300.0):
        benefit = -logsumexp(-kappa * levels, b=people / people.sum()) / kappa
        burden = logsumexp(kappa * levels, b=people / people.sum()) / kappa
        assert measures.kolm_pollak(levels, people, kappa=kappa) == pytest.approx(benefit)
        found = measures.kolm_pollak(levels, people, kappa=kappa, burden=True)
        assert found == pytest.approx(burden)


@pytest.mark.parametrize("seed", SEEDS)
def test_definitions_written_out_agree(seed):
    levels, people = sample(seed)
    p, u = (people / people.sum()).tolist(), levels.tolist()
    n = range(len(u))
    mu = sum(p[i] * u[i] for i in n)
    expected = {
        "gini": sum(p[i] * p[j] * abs(u[i] - u[j]) for i in n for j in n) / (2 * mu),
        "hoover": sum(p[i] * abs(u[i] - mu) for i in n) / (2 * mu),
        "theil": sum(p[i] * (u[i] / mu) * math.log(u[i] / mu) for i in n),
        "mean_log_deviation": sum(p[i] * math.log(mu / u[i]) for i in n),
        "atkinson": 1 - sum(p[i] * math.sqrt(u[i]) for i in n) ** 2 / mu,
        "coefficient_of_variation": math.sqrt(sum(p[i] * (u[i] - mu) ** 2 for i in n)) / mu,
        "band": max(abs(u[i] - mu) for i in n) / mu,
    }
    found = {name: measures.MEASURES[name](levels, people) for name in expected}
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-14)
    gap = sum(p[i] * max(0.6 - u[i], 0.0) for i in n)
    assert measures.poverty_gap(levels, people, standard=0.6) == pytest.approx(gap)
    kappa = 0.3 * sum(people[i] * u[i] for i in n) / sum(people[i] * u[i] ** 2 for i in n)
    assert measures.kolm_pollak_kappa(levels, people, aversion=0.3) == pytest.approx(kappa)
    pairs = [(i, j) for i in n for j in n if (i + j) % 3 == 1]
    greatest = max((u[j] - u[i] for i, j in pairs), default=0.0)
    assert measures.envy(levels, pairs) == pytest.approx(max(greatest, 0.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tails_are_the_mean_of_the_first_and_last_persons(seed):
    levels, people = sample(seed)
    persons = np.sort(one_by_one(levels, people))
    for count in {1, len(persons) // 3 + 1, len(persons) - 1}:
        quantile = count / len(persons)
        worst, best = persons[:count].mean(), persons[-count:].mean()
        found = measures.worst_mean(levels, people, quantile=quantile)
        assert found == pytest.approx(worst)
        found = measures.worst_mean(levels, people, quantile=quantile, burden=True)
        assert found == pytest.approx(best)
        found = measures.quantile_share(levels, people, quantile=quantile)
        assert found == pytest.approx(best / worst)


@pytest.mark.parametrize("quantile", [0.03, 0.2, 0.55, 0.9])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_tails_are_the_optimum_over_all_thresholds(seed, quantile):
    levels, people = sample(seed)
    p = people / people.sum()
    worst = max(t - p @ np.maximum(t - levels, 0) / quantile for t in levels)
    best = min(t + p @ np.maximum(levels - t, 0) / quantile for t in levels)
    assert measures.worst_mean(levels, people, quantile=quantile) == pytest.approx(worst)
    found = measures.quantile_share(levels, people, quantile=quantile)
    assert found == pytest.approx(best / worst)


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_mean_is_the_integral_of_the_quantile_function(seed):
    levels, people = sample(seed, size=6)
    order = np.argsort(levels)
    borders = np.cumsum(people[order]) / people.sum()

    def level_at(share: float) -> float:
        return float(levels[order][np.searchsorted(borders, share)])

    integral = quad(level_at, 0.0, 0.4, points=borders[borders < 0.4], limit=200)[0]
    assert measures.worst_mean(levels, people, quantile=0.4) == pytest.approx(integral / 0.4)


@pytest.mark.parametrize("seed", SEEDS)
def test_gini_and_hoover_are_read_off_the_lorenz_curve(seed):
    levels, people = sample(seed)
    shares, level = measures.lorenz(levels, people)
    assert measures.gini(levels, people) == pytest.approx(1 - 2 * np.trapezoid(level, shares))
    assert measures.hoover(levels, people) == pytest.approx(np.max(shares - level))
    same, amount = measures.generalized_lorenz(levels, people)
    assert same == pytest.approx(shares)
    assert amount == pytest.approx(level * np.average(levels, weights=people))


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_dominance_is_that_of_the_curves(seed, relative):
    (levels, people), (other, others) = sample(seed, size=5), sample(seed + 1000, size=4)
    if seed % 2:  # half of the pairs are such that one dominates
        other, others = levels * np.where(levels < np.median(levels), 0.9, 1.0), people
    curve = measures.lorenz if relative else measures.generalized_lorenz
    (x, y), (other_x, other_y) = curve(levels, people), curve(other, others)
    at = np.union1d(x, other_x)
    below = np.max(np.interp(at, other_x, other_y) - np.interp(at, x, y))
    excess = measures.lorenz_excess(
        levels, people, reference=other, reference_weights=others, relative=relative
    )
    assert (excess > 1e-12) == (below > 1e-12)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_excess_is_the_greatest_over_every_standard(seed, relative):
    (levels, people), (other, others) = sample(seed, size=5), sample(seed + 1000, size=4)
    scale, other_scale = np.average(levels, weights=people), np.average(other, weights=others)
    u, b = (levels / scale, other / other_scale) if relative else (levels, other)

    def lacking(standard: float) -> float:
        mine = np.average(np.maximum(standard - u, 0), weights=people)
        return mine - np.average(np.maximum(standard - b, 0), weights=others)

    standards = [*np.linspace(0.0, 1.1 * max(u.max(), b.max()), 2000), *u, *b]
    excess = measures.lorenz_excess(
        levels, people, reference=other, reference_weights=others, relative=relative
    )
    assert excess == pytest.approx(max(0.0, *map(lacking, standards)), abs=1e-12)
