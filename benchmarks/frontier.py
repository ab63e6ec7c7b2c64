"""What a frontier saves over solving each of its bounds by itself.

Finds a frontier, then solves every bound of it again, cold, one thread each, in as many processes,
to the same gap with the same time limit; compares seconds, how many bounds are within the gap, and
the objectives within the gaps that both prove. A cold solve that ends at the time limit would have
taken longer to be as good, so that the ratio says the least that is saved.

    python benchmarks/frontier.py cn-guizhou --model equalized-gini --points 12 --workers 2
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pse_opt as pse

PROVEN = ("optimal", "within_gap")
Cold = tuple[str, float | None, float | None, float]
Asked = tuple[str, str, dict[str, Any], float, float]


def cold(asked: Asked) -> Cold:
    """Return status, objective, bound and seconds of one solve from nothing."""
    instance, model, overrides, gap, limit = asked
    began = time.perf_counter()
    found = pse.solve(
        instance, model, overrides=overrides, gap=gap, time_limit=limit, threads=1, reasons=False
    )
    assert found.plan is None or found.verified
    return found.status, found.objective, found.bound, time.perf_counter() - began


def main() -> int:
    """Print a table: each bound, both answers, and the seconds of both ways."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("instance")
    parser.add_argument("--model", default="equalized")
    parser.add_argument("--vary", default="equalization.regions.maximum")
    parser.add_argument("--points", type=int, default=12)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--time-limit", type=float, default=120.0)
    parser.add_argument("--workers", type=int, default=2)
    a = parser.parse_args()
    began = time.perf_counter()
    front = pse.frontier(
        a.instance,
        a.model,
        vary=a.vary,
        points=a.points,
        gap=a.gap,
        time_limit=a.time_limit,
        workers=a.workers,
    )
    ours = time.perf_counter() - began
    points = [p for p in front.points if p.allowed is not None]
    asked = [(a.instance, a.model, {a.vary: p.allowed}, a.gap, a.time_limit) for p in points]
    began = time.perf_counter()
    with ProcessPoolExecutor(a.workers, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(cold, asked))
    theirs = time.perf_counter() - began
    lines = ["| bound | frontier | proven | cold | proven | agree |", "|---|---|---|---|---|---|"]
    agree = True
    for point, (_, objective, bound, _) in zip(points, found, strict=True):
        held = [x for x in (objective, point.objective) if x is not None]
        proven = [x for x in (bound, point.bound) if x is not None]
        fits = not held or not proven or max(proven) <= min(held) * (1 + 1e-6)
        agree &= fits
        both = (point.allowed, point.objective, point.bound, objective, bound)
        cells = [f"{x:,.7g}" if x is not None else "" for x in both]
        lines.append("| " + " | ".join([*cells, str(fits)]) + " |")
    kept = sum(p.status in PROVEN for p in points), sum(f[0] in PROVEN for f in found)
    lines.append(f"\nfrontier: {front.solves} solves, {kept[0]} within the gap, {ours:.1f} s")
    lines.append(f"cold: {len(asked)} solves, {kept[1]} within the gap, {theirs:.1f} s")
    lines.append(f"ratio {theirs / ours:.2f}")
    sys.stdout.write("\n".join([*lines, f"all agree: {agree}\n"]))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
