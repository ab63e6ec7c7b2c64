"""What rows say together: proven, reproduced, means, ratios between two results, growth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pse_opt.bench.cases import OURS

__all__ = [
    "SAME",
    "compared",
    "exponents",
    "flags",
    "groups",
    "reproduced",
    "seconds_of",
    "shifted_mean",
    "solved",
    "way",
]

SAME = 1e-6
"""Relative distance within which two values are the same."""
SHIFT = 1.0
"""Seconds added before the geometric mean is taken, so that runs of no time do not rule it."""
Row = Mapping[str, Any]

DRAWN = ("synthetic", "euclidean")
"""Problems that are drawn at any size."""


def shifted_mean(seconds: Iterable[float], shift: float = SHIFT) -> float:
    """Return the shifted geometric mean.

    Examples
    --------
    >>> round(shifted_mean([0.0, 3.0]), 6), shifted_mean([])
    (1.0, nan)
    """
    values = np.asarray(list(seconds), dtype=float)
    if not values.size:
        return math.nan
    return float(np.exp(np.log(values + shift).mean()) - shift)


def seconds_of(row: Row) -> float:
    """Return seconds of building, handing over and solving; of a run that failed its limit."""
    parts = row.get("seconds") or {}
    told = [parts.get(k) for k in ("build", "handoff", "solve")]
    if row["status"] in ("failed", "ended") or all(t is None for t in told):
        return float(row["time_limit"])
    return float(sum(t for t in told if t is not None))


def solved(row: Row) -> bool:
    """Whether the run proved what it was asked to prove, with a plan that was checked."""
    proven = row["status"] in ("optimal", "within_gap", "infeasible")
    return proven and row.get("verified") is not False and not _overstated(row)


def _overstated(row: Row) -> bool:
    """Whether a run is called optimal with a gap beyond what was asked for."""
    gap = row.get("gap")
    return row["status"] == "optimal" and gap is not None and gap > max(SAME, row["gap_asked"])


def reproduced(row: Row) -> bool:
    """Whether a published value was reproduced and proven."""
    distance = row.get("gap_to_published")
    return row["status"] == "optimal" and distance is not None and abs(distance) <= SAME


def way(row: Row) -> str:
    """Return how a run was made: the strategy of ours, or the peer."""
    return str(row["strategy"]) if row["runner"] == OURS else str(row["runner"])


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return rows by group, in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["group"], []).append(row)
    return found


def _question(row: Row) -> tuple[Any, ...]:
    return row["problem"], row.get("model"), str(sorted(row["overrides"].items()))


def flags(rows: Sequence[Row]) -> list[list[str]]:
    """Return, for each row, what is wrong with its answer when all rows are held together.

    A plan that breaks a rule; a claim of optimality that a better verified plan refutes; a
    published optimum that a verified plan beats; a run that failed.
    """
    best: dict[tuple[Any, ...], float] = {}
    for row in rows:
        if row.get("verified") and row.get("said") is not None:
            value = -row["said"] if row.get("maximize") else row["said"]
            key = _question(row)
            best[key] = min(best.get(key, math.inf), value)
    return [_wrong(row, best.get(_question(row))) for row in rows]


def _wrong(row: Row, best: float | None) -> list[str]:
    found = []
    if row["status"] in ("failed", "ended"):
        found.append(row.get("problems") or row["status"])
    if row.get("verified") is False:
        found.append(f"its plan breaks rules: {row.get('problems', '')}".rstrip(": "))
    said = row.get("said")
    if said is not None and best is not None and row["status"] == "optimal":
        value = -said if row.get("maximize") else said
        if value - best > SAME * max(1.0, abs(best)):
            found.append("called optimal, but a better plan was verified")
    if _overstated(row):
        found.append(f"called optimal at a gap of {row['gap']:.2%}")
    distance = row.get("gap_to_published")
    beaten = distance is not None and distance < -SAME and row.get("verified")
    if beaten and row.get("published_status") == "optimal":
        found.append("better than the published optimum: the value or the reading is wrong")
    return found


def compared(old: Sequence[Row], new: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, by group and way, how new rows compare with old ones of the same runs.

    ``speedup`` is the ratio of shifted geometric means, old over new: above 1 is faster.
    """
    before = {_pairing(row): row for row in old}
    pairs = [(before[_pairing(row)], row) for row in new if _pairing(row) in before]
    by: dict[tuple[str, str], list[tuple[Row, Row]]] = {}
    for pair in pairs:
        by.setdefault((pair[1]["group"], way(pair[1])), []).append(pair)
    return [
        {
            "group": group,
            "way": how,
            "runs": len(both),
            "seconds_old": shifted_mean(seconds_of(a) for a, _ in both),
            "seconds_new": shifted_mean(seconds_of(b) for _, b in both),
            "speedup": _ratio(both),
            "solved_old": sum(solved(a) for a, _ in both),
            "solved_new": sum(solved(b) for _, b in both),
            "gap_old": _mean_gap([a for a, _ in both]),
            "gap_new": _mean_gap([b for _, b in both]),
            "worse": [b["problem"] for a, b in both if _worse(a, b)],
        }
        for (group, how), both in by.items()
    ]


def _pairing(row: Row) -> tuple[Any, ...]:
    names = ("group", "problem", "runner", "strategy", "seed", "repeat")
    return (*(row[k] for k in names), *_question(row)[1:])


def _ratio(pairs: Sequence[tuple[Row, Row]]) -> float:
    old = shifted_mean(seconds_of(a) for a, _ in pairs) + SHIFT
    return old / (shifted_mean(seconds_of(b) for _, b in pairs) + SHIFT)


def _mean_gap(rows: Sequence[Row]) -> float:
    """Mean proven gap; without a plan or a bound it counts as 1."""
    return float(np.mean([1.0 if r.get("gap") is None else min(1.0, r["gap"]) for r in rows]))


def _worse(old: Row, new: Row) -> bool:
    """Whether a run lost its proof, its verification, or its published value."""
    return (
        (solved(old) and not solved(new))
        or (bool(old.get("verified")) and not new.get("verified"))
        or (reproduced(old) and not reproduced(new))
    )


def exponents(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return how time and memory grow with the number of needs, by group, model and way.

    The exponents are slopes of least squares between logarithms; at least three sizes are needed.
    Only drawn problems count, alike in all but their size: others differ in more than that.
    """
    by: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        drawn = _drawn(str(row["problem"]))
        ended = row["status"] in ("failed", "ended")
        if drawn and not ended and (row.get("counts") or {}).get("needs"):
            key = row["group"], str(row.get("model")), way(row), drawn
            by.setdefault(key, []).append(row)
    found = []
    for (group, model, how, _), mine in by.items():
        needs = [row["counts"]["needs"] for row in mine]
        if len(set(needs)) >= 3:
            seconds = [max(seconds_of(row), 1e-3) for row in mine]
            memory = [row.get("peak_mb") or math.nan for row in mine]
            found.append(
                {
                    "group": group,
                    "model": model,
                    "way": how,
                    "sizes": len(set(needs)),
                    "time": _slope(needs, seconds),
                    "build": _slope(needs, [_building(row) for row in mine]),
                    "memory": _slope(needs, memory),
                }
            )
    return found


def _building(row: Row) -> float:
    """Seconds of building and handing over, which no time limit cuts off."""
    seconds = row.get("seconds") or {}
    known = [seconds[part] for part in ("build", "handoff") if seconds.get(part) is not None]
    return max(sum(known), 1e-3) if known else math.nan


def _drawn(problem: str) -> str:
    """Return what a drawn problem is but for its size and seed; blank for any other."""
    kind, _, given = problem.partition("/")
    if kind not in DRAWN:
        return ""
    rest = [] if kind == "euclidean" else given.split(",")
    return ",".join([kind, *(x for x in rest if not x.startswith(("needs=", "seed=")))])


def _slope(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    if not np.isfinite(values).all():
        return None
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
