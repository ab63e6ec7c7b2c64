"""One run in a process of its own: ``python -m pse_opt.bench.worker < case.json > row.json``.

What the process needs until it can begin, imports included, is told apart from reading the problem,
building the model, handing it over, and solving.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pse_opt.bench.cases import Case
    from pse_opt.formats import Published

__all__ = ["main", "run"]


def run(text: str) -> dict[str, Any]:
    """Return the row of a run."""
    from pse_opt.bench import launcher
    from pse_opt.bench.cases import Case
    from pse_opt.bench.posing import pose
    from pse_opt.solving.run import solve

    began = float(os.environ.get(launcher.BEGAN, time.time()))
    seconds = {"start": max(0.0, time.time() - began)}
    case = Case.from_json(text)
    mark = time.perf_counter()
    posed = pose(case.problem, case.model, case.overrides)
    posed.instance.links  # noqa: B018 - part of reading
    seconds["read"] = time.perf_counter() - mark
    if case.until == "handoff":
        return _handed_over(case, posed, seconds)
    result = solve(
        posed.instance,
        posed.model,
        overrides=posed.overrides,
        gap=case.gap,
        time_limit=case.time_limit,
        threads=case.threads,
        seed=case.seed,
        strategy=case.strategy,
    )
    seconds["read"] += result.seconds["read"]
    seconds |= {k: result.seconds[k] for k in ("build", "handoff", "solve")}
    # Of the published values some are not objectives but follow from the plan.
    unit = posed.unit if posed.measure is None else None
    return {
        "model": posed.model,
        "status": result.status,
        "termination": result.termination,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "said": posed.said(result.objective, result.levels),
        "said_bound": None if result.bound is None or unit is None else result.bound * unit,
        "maximize": result.policy.objective.maximize is not None,
        "strategy_used": result.strategy,
        "verified": result.verified,
        "problems": "; ".join(map(str, result.verification.violations[:3]))
        if result.verification is not None
        else "",
        "seconds": seconds,
        "counts": dict(result.counts),
    }


def _handed_over(case: Case, posed: Published, seconds: dict[str, float]) -> dict[str, Any]:
    """Return the row of a run that ends when the solver has the model."""
    from pse_opt.formulation.nearest import pose
    from pse_opt.policy import read_policy
    from pse_opt.solving.compiled import paused_collector
    from pse_opt.solving.highs import Session
    from pse_opt.solving.outcome import Options

    given = {"gap": case.gap, "threads": case.threads, "seed": case.seed}
    settings = {f"solve.{k}": v for k, v in (given | {"strategy": case.strategy}).items()}
    mark = time.perf_counter()
    policy = read_policy(posed.model, {**posed.overrides, **settings})
    with paused_collector():
        model = pose(posed.instance, policy)
    seconds["build"] = time.perf_counter() - mark
    mark = time.perf_counter()
    compiled = model.compiled()
    if compiled is not None:
        Session(compiled, Options(case.gap, case.time_limit, case.threads, case.seed))
    seconds["handoff"] = time.perf_counter() - mark
    names = ("needs", "offers", "links")
    sizes = {name: len(getattr(posed.instance, name)) for name in names}
    return {
        "model": posed.model,
        "status": "no_plan",
        "termination": "handed_over",
        "seconds": seconds,
        "counts": sizes | ({} if compiled is None else compiled.counts),
    }


def main() -> int:
    """Read a run from stdin, and write its row to stdout."""
    row = run(sys.stdin.read())
    sys.stdout.write(json.dumps(row) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
