"""How the gap of a national instance falls with time, beside ``--strategy direct``.

Build the instance first: ``python -m pse_opt build china --level county --all --out china``.

    python benchmarks/nation.py china --model core --gap 0.005 --time-limit 300 --out core.csv
    python benchmarks/nation.py china --model equalized --set equalization.regions.maximum=0.3

The strategies are run one after the other; the table has the gap that was proven after some seconds
of solving, reading and building not counted. With ``--out`` all moments are written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import pandas as pd

import pse_opt as pse
from pse_opt import arguments
from pse_opt.policy import read_policy

AT = (10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600)
"""Seconds in the table."""

Asked = tuple[str, str, dict[str, Any], float, float, int]


def series(strategy: str, asked: Asked) -> tuple[pd.DataFrame, str]:
    """Return moments of a solve, and in words what it ended with."""
    instance, model, overrides, gap, limit, threads = asked
    found = pse.solve(
        instance,
        model,
        overrides=overrides,
        gap=gap,
        time_limit=limit,
        threads=threads,
        strategy=strategy,
        reasons=False,
    )
    rows = [(m.seconds, m.objective, m.bound, m.gap) for m in found.history]
    table = pd.DataFrame(rows, columns=["seconds", "objective", "bound", "gap"])
    table.insert(0, "strategy", strategy)
    checked = "no plan" if found.plan is None else f"verified: {found.verified}"
    total = ", ".join(f"{k} {v:.1f} s" for k, v in found.seconds.items())
    said = f"{strategy} ({found.strategy}): {found.status}, {checked}; {total}"
    return table, said


def known_at(table: pd.DataFrame, seconds: float) -> str:
    """Return the gap known after so many seconds, in per cent."""
    known = table.loc[(table["seconds"] <= seconds) & table["gap"].notna(), "gap"]
    return f"{known.iloc[-1]:.2%}" if len(known) else ""


def main() -> int:
    """Print the table; return 0 where every plan was verified."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("instance")
    parser.add_argument("--model", default="core")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--time-limit", type=float, default=300.0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--strategies", nargs="+", default=["auto", "direct"])
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    try:
        overrides = arguments.overrides(a.set)
        read_policy(a.model, overrides)
    except pse.InputError as error:
        parser.error(str(error))
    asked = (a.instance, a.model, overrides, a.gap, a.time_limit, a.threads)
    found = [series(strategy, asked) for strategy in a.strategies]
    tables = [table for table, _ in found]
    lines = ["| seconds | " + " | ".join(a.strategies) + " |"]
    lines.append("|---" * (1 + len(tables)) + "|")
    for seconds in (s for s in AT if s <= a.time_limit):
        cells = [known_at(t, seconds) for t in tables]
        lines.append(f"| {seconds} | " + " | ".join(cells) + " |")
    last = [known_at(t, float("inf")) for t in tables]
    lines.append("| at the end | " + " | ".join(last) + " |")
    sys.stdout.write("\n".join([*lines, "", *(said for _, said in found)]) + "\n")
    if a.out is not None:
        pd.concat(tables).to_csv(a.out, index=False)
    return 0 if all("verified: False" not in said for _, said in found) else 1


if __name__ == "__main__":
    sys.exit(main())
