"""Memory follows the links: nothing of the size offers x needs is ever made."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.accounts import chosen_offers, deliveries_in_full, payments
from pse_opt.formulation.build import build_sheet
from pse_opt.formulation.nearest import build_nearest
from pse_opt.policy import read_policy
from pse_opt.regional.synthetic import build
from pse_opt.report.levels import by_region
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import separate
from pse_opt.solving.highs import Session
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.local_search.local import Local
from pse_opt.solving.location import benders, covering, interchange, radius
from pse_opt.solving.outcome import Options

Tables = dict[str, pd.DataFrame]

NEEDS = 2500
TABLES, MODELS = 500, 1100
"""Bytes that each need, offer and link may take: in tables, and with Pyomo's variables and rows."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return build(needs=NEEDS, links_per_need=3, seed=1)[1]


@pytest.fixture(scope="module")
def instance(tables: Tables) -> pse.Instance:
    return pse.Instance.from_tables(tables)


@pytest.fixture(scope="module")
def roomy(tables: Tables) -> pse.Instance:
    """With room for everybody at every offer."""
    offers = tables["offers"].assign(capacity=1e9, minimum_volume=0)
    return pse.Instance.from_tables({**tables, "offers": offers})


def peak(work: Callable[[], object]) -> float:
    """Bytes that some work takes at most beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def hand_over(instance: pse.Instance, model: str, **overrides: Any) -> tuple[Any, Compiled]:
    """Build a model and give it to the solver."""
    settings = {f"siting.{name}": value for name, value in overrides.items()}
    m, sheet = build_sheet(instance, read_policy(model, settings))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    Session(compiled, Options())
    return m, compiled


def served_by_the_first(instance: pse.Instance) -> pse.Plan:
    """A plan in which the first link of each need delivers it all."""
    links = instance.links.drop_duplicates("need")
    needs = instance.needs.iloc[links["need"].to_numpy()]
    lines = pd.DataFrame(
        {
            "offer": instance.offers["offer"].to_numpy()[links["offer"].to_numpy()],
            **{c: needs[c].to_numpy() for c in ("region", "group", "service")},
            "share": 1.0,
        }
    )
    return pse.Plan.from_deliveries(instance, lines)


def exchanged(instance: pse.Instance) -> None:
    """Pose engagements alone, add cuts to them, and exchange offers."""
    posed = build_nearest(instance, read_policy("ufl"))
    compiled = posed.compiled()
    assert compiled is not None
    problem = benders.problem_of(compiled)
    assert problem is not None
    values = np.full(len(compiled.columns), 0.3)
    assert compiled.cutters()[0].additions(values, 0, 0).rows
    count = len(problem.fixed)
    some, none = np.arange(count) % 3 == 0, np.zeros(count, dtype=bool)
    interchange.improved(problem, some, interchange.Limits(1, count, none, none), seconds=0.2)


def prepared(posed: tuple[Any, Compiled]) -> None:
    """What strategies look at and make before they search."""
    _, compiled = posed
    for part in separate.parts_of(compiled):
        neighbourhood.is_large(part.compiled)
    Local(compiled, Options(), np.zeros(len(compiled.columns)))
    radius.radius_of(compiled)
    covering.covering_of(compiled)


def told(instance: pse.Instance) -> pse.Verification:
    """Check a plan, and make what is told of it."""
    plan = served_by_the_first(instance)
    chosen_offers(instance, plan)
    deliveries_in_full(instance, plan)
    payments(instance, plan, read_policy("equalized"))
    found = pse.verify(instance, plan, "equalized")
    by_region(found.levels)
    return found


WORK: dict[str, tuple[int, Callable[[Tables, pse.Instance, pse.Instance], object]]] = {
    "reading": (TABLES, lambda tables, *_: pse.Instance.from_tables(tables).link_keys),
    "core, parts, neighbourhoods": (MODELS, lambda _, a, __: prepared(hand_over(a, "core"))),
    "equalized": (MODELS, lambda _, a, __: hand_over(a, "equalized")),
    "engagements and exchanges": (TABLES, lambda _, __, roomy: exchanged(roomy)),
    "covering": (MODELS, lambda _, __, roomy: prepared(hand_over(roomy, "lscp"))),
    "radius": (MODELS, lambda _, __, a: prepared(hand_over(a, "p-center", number=1250))),
    "checker and report": (TABLES, lambda _, a, __: told(a)),
}


def things(instance: pse.Instance) -> int:
    return len(instance.links) + len(instance.needs) + len(instance.offers)


@pytest.mark.parametrize("name", WORK)
def test_memory_follows_the_links(name, tables, instance, roomy):
    each, work = WORK[name]
    assert peak(lambda: work(tables, instance, roomy)) < each * things(instance)


@pytest.mark.parametrize("name", ["reading", "radius"])
def test_whatever_is_dense_would_be_noticed(name, tables, instance, roomy):
    """Not even a byte for each offer and need fits beside the least, and the most, there is."""
    each, work = WORK[name]

    def dense() -> object:
        table = np.zeros((len(instance.offers), len(instance.needs)), dtype=bool)
        return table, work(tables, instance, roomy)

    assert peak(dense) > each * things(instance)


TEN_MILLION = """
import resource
import time
from pse_opt.formulation.build import build_sheet
from pse_opt.instance import Instance
from pse_opt.policy import read_policy
from pse_opt.regional.synthetic import build
from pse_opt.solving.compiled import paused_collector
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options
began = time.perf_counter()
about, tables = build(needs=100_000, links_per_need=105, seed=1)
instance = Instance.from_tables(tables, about)
with paused_collector():
    m, sheet = build_sheet(instance, read_policy("core"))
compiled = sheet.compiled()
session = Session(compiled, Options())
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(len(instance.links), session.columns, session.rows, round(seconds), round(peak, 1))
"""


@pytest.mark.thorough
def test_ten_million_links_are_built_and_handed_over_in_6_gb_and_ten_minutes():
    done = subprocess.run(
        [sys.executable, "-c", TEN_MILLION], capture_output=True, text=True, check=True
    )
    sys.stdout.write(done.stdout)  # shown by ``pytest -s``
    links, columns, _, seconds, peak_gb = map(float, done.stdout.split())
    assert links >= 10_000_000
    assert columns > links
    assert seconds < 600
    assert peak_gb < 6
