"""What solves of a curved measure save by what close solves have found.

Solves a model within one bound after another, from loose to tight, in three ways: each by itself;
from the plan of the one before; and from its plan and the points where it took tangents (or pairs
of a Gini coefficient). Prints processor seconds, linear programs that added rows, rows, and whether
objectives and bounds of the three agree.

    python benchmarks/reuse.py zm-provinces --measure theil --values 0.006,0.005,0.004,0.003
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import pse_opt as pse

WAYS = ("by itself", "plan", "plan and points")


def solved(model: dict[str, Any], former: pse.Result | None, way: str, a: Any) -> tuple[Any, float]:
    """Return the result of one solve, with processor seconds."""
    known: dict[str, Any] = {}
    if former is not None and way != WAYS[0]:
        known["start"] = [former.plan]
    if former is not None and way == WAYS[2]:
        known["points"] = former.points
    began = time.process_time()
    options = {"gap": a.gap, "time_limit": a.time_limit, "threads": 1, "reasons": False}
    found = pse.solve(a.instance, model, **options, **known)
    assert found.plan is None or found.verified
    return found, time.process_time() - began


def main() -> int:
    """Print a table: each bound and way, then sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("instance")
    parser.add_argument("--measure", default="theil")
    parser.add_argument("--values", required=True)
    parser.add_argument("--option", action="append", default=[], help="such as method=lazy")
    parser.add_argument("--gap", type=float, default=5e-3)
    parser.add_argument("--time-limit", type=float, default=60.0)
    a = parser.parse_args()
    more = dict(option.split("=") for option in a.option)
    said: dict[str, Any] = {
        k: float(v) if v.replace(".", "").isdigit() else v for k, v in more.items()
    }
    lines = ["| bound | way | seconds | rounds | rows | objective | no plan is below | status |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    held: dict[float, list[Any]] = {}
    for way in WAYS:
        former, total = None, [0.0, 0, 0]
        for value in map(float, a.values.split(",")):
            entry = {"name": "regions", "measure": a.measure, "maximum": value, **said}
            model = {"extends": "core", "name": a.measure, "equalization": [entry]}
            found, seconds = solved(model, former, way, a)
            rounds, rows = found.counts.get("rounds", 0), found.counts.get("cuts", 0)
            both = (found.objective, found.bound)
            told = " | ".join("" if x is None else f"{x:,.0f}" for x in both)
            figures = f"{told} | {found.status}"
            lines.append(f"| {value:g} | {way} | {seconds:.1f} | {rounds} | {rows} | {figures} |")
            if former is not None:  # the first one has nothing to go by
                total = [x + y for x, y in zip(total, (seconds, rounds, rows), strict=True)]
            held.setdefault(value, []).append(found)
            former = found if found.plan is not None else former
        lines.append(
            f"| all but the first | {way} | {total[0]:.1f} | {total[1]} | {total[2]} | | | |"
        )
    agree = True
    for some in held.values():
        bounds = [f.bound for f in some if f.bound is not None]
        objectives = [f.objective for f in some if f.objective is not None]
        both = bool(bounds and objectives)
        agree &= not both or max(bounds) <= min(objectives) * (1 + 1e-9)
    sys.stdout.write("\n".join([*lines, f"all agree: {agree}\n"]))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
