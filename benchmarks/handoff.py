"""Time of build and hand-off: this library beside Pyomo's own HiGHS interfaces.

``python benchmarks/handoff.py [--regions 4000] [--repeat 3]`` makes a seeded instance of one
service, builds the core model, and hands it to the solver in each of the ways, in one run. It
prints medians in seconds; nothing is solved (the time limit is zero).
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import statistics
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pe
from pyomo.contrib.solver.common.util import NoFeasibleSolutionError

import pse_opt as pse
from pse_opt.components import COMPONENTS
from pse_opt.solving import direct
from pse_opt.solving.compiled import compile_model, paused_collector
from pse_opt.solving.outcome import Options


def instance(regions: int, links: int, seed: int = 0) -> pse.Instance:
    """Return regions and half as many offers at random in a square, ``links`` per need or so."""
    random = np.random.default_rng(seed)
    side = 8.0
    offers = max(2, regions // 2)
    # reach such that a disc of it holds `links` offers on average
    reach = side * 111.2 * float(np.sqrt(links / (np.pi * offers)))
    name = [f"r{k}" for k in range(regions)]
    tables = {
        "regions": {
            "region": name,
            "population": random.integers(1_000, 50_000, regions),
            "longitude": random.uniform(0, side, regions),
            "latitude": random.uniform(-side / 2, side / 2, regions),
        },
        "services": {"service": ["care"], "unit": ["visits"], "reach_km": [reach]},
        "needs": {"region": name, "service": "care", "demand": random.integers(1e3, 5e4, regions)},
        "providers": {"provider": ["state"], "kind": ["government"]},
        "offers": {
            "offer": [f"o{k}" for k in range(offers)],
            "provider": "state",
            "service": "care",
            "mode": "direct",
            "region": random.choice(name, offers),
            "longitude": random.uniform(0, side, offers),
            "latitude": random.uniform(-side / 2, side / 2, offers),
            "capacity": random.integers(50_000, 200_000, offers),
            "fixed_cost": random.integers(10_000, 50_000, offers),
            "unit_cost": random.uniform(5, 15, offers),
        },
    }
    return pse.Instance.from_tables({k: pd.DataFrame(v) for k, v in tables.items()})


def ours(data: pse.Instance) -> tuple[float, float, float]:
    """Return seconds of build, of compiling, and of passing the model on."""
    began = time.perf_counter()
    with paused_collector():
        model = pse.build_model(data, "core")
    built = time.perf_counter()
    compiled = compile_model(model)
    assert compiled is not None
    compiling = time.perf_counter()
    direct.run(compiled, Options(time_limit=1e-9))
    return built - began, compiling - built, time.perf_counter() - compiling


def plain(data: pse.Instance, interface: str) -> tuple[float, float]:
    """Return seconds of build with ordinary rules, and of Pyomo's interface handing over."""
    began = time.perf_counter()
    model = plain_model(data)
    built = time.perf_counter()
    solver = pe.SolverFactory(interface)
    options = {"time_limit": 1e-9}
    # The time limit leaves no solution; by then the model has been handed over.
    with contextlib.suppress(NoFeasibleSolutionError):
        solver.solve(model, load_solutions=False, options=options)
    return built - began, time.perf_counter() - built


def plain_model(data: pse.Instance) -> pe.ConcreteModel:
    """Return the same rows as ordinary Pyomo rules over the same sparse sets."""
    source = pse.build_model(data, "core")
    rows = {
        name: [
            (index, row.lb, row.ub, list(row.body.linear_coefs), list(row.body.linear_vars))
            for index, row in source.component(name).items()
        ]
        for name in COMPONENTS
        if source.component(name) is not None
    }
    target = pe.ConcreteModel()
    twin = {}
    for variable in source.component_objects(pe.Var):
        domain = pe.Binary if variable.name == "engaged" else pe.Reals
        copy = pe.Var(list(variable.keys()), domain=domain, bounds=(0, 1))
        target.add_component(variable.name, copy)
        twin |= {id(variable[i]): copy[i] for i in variable}
    terms = [(c, v) for t in source.cost for c, v in linear_terms(source.cost[t].expr)]
    measured = time.perf_counter()
    for name, listed in rows.items():
        rule = functools.partial(plain_row, listed=listed, twin=twin)
        target.add_component(name, pe.Constraint(range(len(listed)), rule=rule))
    target.objective = pe.Objective(expr=pe.quicksum(c * twin[id(v)] for c, v in terms))
    plain_model.seconds = time.perf_counter() - measured  # type: ignore[attr-defined]
    return target


def plain_row(_: pe.ConcreteModel, k: int, listed: list[Any], twin: dict[int, Any]) -> Any:
    """Return a row as an ordinary Pyomo expression."""
    _, lower, upper, coefficients, variables = listed[k]
    body = sum(c * twin[id(v)] for c, v in zip(coefficients, variables, strict=True))
    if lower == upper:
        return body == lower
    return body <= upper if upper is not None else body >= lower


def linear_terms(expression: object) -> list[tuple[float, object]]:
    """Return the terms of one of our linear expressions."""
    return list(zip(expression.linear_coefs, expression.linear_vars, strict=True))  # type: ignore[attr-defined]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=int, default=4000)
    parser.add_argument("--links", type=int, default=15)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    data = instance(arguments.regions, arguments.links)
    counts = compile_model(pse.build_model(data, "core")).counts  # type: ignore[union-attr]
    lines = [f"{counts}"]
    times = [ours(data) for _ in range(arguments.repeat)]
    build, compiling, passing = (statistics.median(t[k] for t in times) for k in range(3))
    lines.append(f"pse_opt        build {build:.2f}  compile {compiling:.2f}  pass {passing:.2f}")
    for interface in ("appsi_highs", "highs"):
        seconds = []
        for _ in range(arguments.repeat):
            _, handing = plain(data, interface)
            seconds.append((plain_model.seconds, handing))  # type: ignore[attr-defined]
        build, handing = (statistics.median(t[k] for t in seconds) for k in range(2))
        lines.append(f"{interface:<14} build {build:.2f}  hand over {handing:.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
