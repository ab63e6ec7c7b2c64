"""What equalization costs in time and in money: every measure at a bound that binds.

Solves an instance without equalization, measures how unequal that plan is, asks for a stated share
of it by each measure in turn, and prints a table. Every problem is solved with several random
seeds, of which the one of median time is shown. ``--relaxation`` compares the linear relaxations,
for instances of national size.

    python benchmarks/equalization.py cn-guizhou --gap 0.01 --time-limit 120 --seeds 3
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import pse_opt as pse
from pse_opt.entries import KINDS
from pse_opt.solving import strategies
from pse_opt.solving.compiled import compile_model, paused_collector
from pse_opt.solving.outcome import Options
from pse_opt.verification import verify

TRAVEL = {"level": "travel", "between": "people", "measure": "kolm_pollak"}
LEAST = {"ratio": 1.0, "quantile_share": 1.0}
"""Measures whose value for perfect equality is not 0."""


@dataclass
class Line:
    """One row of the table."""

    name: str
    bound: float | None
    seconds: float
    status: str
    objective: float | None
    gap: float | None
    rounds: int
    cuts: int
    attained: float | None


def entries(measures: list[str], neighbour_km: float) -> dict[str, dict[str, Any]]:
    """Return an entry for every measure, without a bound."""
    found: dict[str, dict[str, Any]] = {}
    for measure in measures:
        if measure == "travel":
            found["kolm_pollak of travel"] = {"name": "regions", **TRAVEL}
            continue
        entry: dict[str, Any] = {"name": "regions", "measure": measure}
        if measure == "envy":
            entry["neighbour_km"] = neighbour_km
        found[measure] = entry
    return found


def bound_of(entry: dict[str, Any], value: float, mean: float, share: float) -> tuple[str, float]:
    """Return the side and the bound: a share of the inequality of the plan without one."""
    side = KINDS[entry["measure"]].benefit
    if entry.get("level") == "travel":
        return "maximum", value * (1.0 - (1.0 - share) / 10.0)
    if side == "minimum":
        return side, value + (1.0 - share) * max(mean - value, 0.0)
    if entry["measure"] == "ceiling":
        return side, value - (1.0 - share) * max(value - mean, 0.0)
    least = LEAST.get(entry["measure"], 0.0)
    return side, least + share * (value - least)


class Bench:
    """One instance, and how its models are solved."""

    def __init__(self, instance: pse.Instance, options: argparse.Namespace) -> None:
        self.instance, self.options = instance, options

    def solve(self, name: str, entry: dict[str, Any] | None) -> tuple[Line, pse.Result | None]:
        """Solve the core model with an entry and several seeds; return the run of median time."""
        count = 1 if self.options.relaxation else self.options.seeds
        runs = [self._solve(name, entry, self.options.seed + k) for k in range(count)]
        return sorted(runs, key=lambda run: run[0].seconds)[count // 2]

    def _solve(
        self, name: str, entry: dict[str, Any] | None, seed: int
    ) -> tuple[Line, pse.Result | None]:
        """Solve once; a relaxation holds no plan."""
        equalization = [] if entry is None else [entry]
        document = {"extends": "core", "name": name, "equalization": equalization}
        bound = None if entry is None else entry.get("maximum", entry.get("minimum"))
        if self.options.relaxation:
            return self._relaxed(name, document, bound), None
        result = pse.solve(
            self.instance,
            document,
            gap=self.options.gap,
            time_limit=self.options.time_limit,
            seed=seed,
        )
        if result.plan is not None and not result.verified:
            raise SystemExit(f"{name}: the plan does not pass the checker\n{result.verification}")
        attained = None
        if entry is not None and result.plan is not None:
            values = [v[entry["measure"]] for v in result.inequality["regions"].values()]
            attained = min(values) if "minimum" in entry else max(values)
        counts = result.counts
        line = Line(
            name,
            bound,
            result.seconds["solve"],
            result.status,
            result.objective,
            result.gap,
            counts.get("rounds", 0),
            counts.get("cuts", 0),
            attained,
        )
        return line, result

    def _relaxed(self, name: str, document: dict[str, Any], bound: float | None) -> Line:
        with paused_collector():
            model = pse.build_model(self.instance, document)
            compiled = compile_model(model)
        assert compiled is not None
        relaxed = replace(compiled, integer=np.zeros(len(compiled.columns), dtype=bool))
        began = time.perf_counter()
        options = Options(1e-6, self.options.time_limit, 0, self.options.seed)
        outcome, _ = strategies.run("auto", relaxed, options)
        return Line(
            name,
            bound,
            time.perf_counter() - began,
            outcome.status,
            outcome.objective,
            outcome.gap,
            outcome.rounds,
            outcome.cuts,
            None,
        )


def unequal(instance: pse.Instance, plan: pse.Plan, wanted: dict[str, dict[str, Any]]) -> Any:
    """Return (measure, mean level) of a plan by name, the worst and the mean over services."""
    found = {}
    for name, entry in wanted.items():
        document = {"extends": "core", "name": name, "equalization": [entry]}
        checked = verify(instance, plan, document)
        values = [v[entry["measure"]] for v in checked.inequality["regions"].values()]
        worst = min(values) if KINDS[entry["measure"]].benefit == "minimum" else max(values)
        if entry.get("level") == "travel":
            worst = max(values)
        served = checked.levels.groupby("service")[["served", "demand"]].sum()
        found[name] = (worst, float((served["served"] / served["demand"]).mean()))
    return found


def table(base: Line, lines: list[Line]) -> str:
    """Return the table as Markdown."""
    head = "| measure | bound | attained | status | gap | seconds | times | cost | rounds | rows |"
    rows = [head, "|---|" + "---:|" * 2 + "---|" + "---:|" * 6]
    for line in [base, *lines]:
        price = "-"
        if line.objective is not None and base.objective is not None and line is not base:
            price = f"{100 * (line.objective / base.objective - 1):+.2f} %"
        gap = "-" if line.gap is None else f"{100 * line.gap:.2f} %"
        cells = [
            line.name,
            "-" if line.bound is None else f"{line.bound:.4g}",
            "-" if line.attained is None else f"{line.attained:.4g}",
            line.status,
            gap,
            f"{line.seconds:.1f}",
            f"{line.seconds / base.seconds:.2f}",
            price,
            str(line.rounds),
            str(line.cuts),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> int:
    """Solve, and print the table."""
    known = [*KINDS, "travel"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("instance", help="name or folder")
    parser.add_argument("--measures", nargs="+", choices=known, default=known)
    parser.add_argument(
        "--share", type=float, default=0.5, help="of the inequality without a bound"
    )
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--time-limit", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1, help="runs of each, of which the median")
    parser.add_argument("--neighbour-km", type=float, default=60.0)
    parser.add_argument("--relaxation", action="store_true", help="linear relaxations only")
    parser.add_argument("--bounds", help="for --relaxation: measure=bound, separated by commas")
    options = parser.parse_args()
    instance = pse.load_instance(options.instance)
    bench = Bench(instance, options)
    wanted = entries(options.measures, options.neighbour_km)
    base, result = bench.solve("none", None)
    given = dict(pair.split("=") for pair in (options.bounds or "").split(",") if pair)
    lines = []
    found = {} if result is None or result.plan is None else unequal(instance, result.plan, wanted)
    for name, entry in wanted.items():
        if name in found:
            side, bound = bound_of(entry, *found[name], options.share)
        elif entry["measure"] in given:
            side, bound = KINDS[entry["measure"]].benefit, float(given[entry["measure"]])
        else:
            continue
        line, _ = bench.solve(name, {**entry, side: bound})
        lines.append(line)
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        f"{instance.name}, {len(instance.needs)} needs, {len(instance.links)} links\n\n"
    )
    sys.stdout.write(table(base, lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
