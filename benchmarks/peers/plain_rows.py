"""Any of our models as ordinary Pyomo rules: the same rows, written as a user of Pyomo writes them.

The rows are read from a file; building is what plain rules and an ordinary objective take, and
solving is one of Pyomo's interfaces with its hand-over.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from common import Clock, answer, told


def solve(interface: str, asked: dict[str, Any]) -> None:
    """Solve a problem under one of our models through an interface of Pyomo."""
    names = ("gap", "time_limit", "threads", "until")
    problem = SimpleNamespace(**{k: asked[k] for k in names}, seconds={"start": asked["start"]})
    from plain_pyomo import handed_over, load, run

    with Clock(problem, "start"):
        pe = load(interface)
    with Clock(problem, "read"):
        given = SimpleNamespace(**_read(asked, "rows.npz"))
    with Clock(problem, "build"):
        m = build(given, pe)
    if problem.until == "handoff":
        with Clock(problem, "handoff"):
            handed_over(m, interface, problem)
        return told(problem, {"status": "no_plan", "termination": "handed_over"})
    with Clock(problem, "solve"):
        status, bound, reason = run(m, interface, problem)
    if status == "no_plan":
        return answer(problem, status, bound=bound, remark=reason)
    value = np.array([v.value or 0.0 for v in m.x.values()] + [0.0])  # the last: no column
    links = _read(asked, "problem.npz")
    opened = np.flatnonzero(value[given.engaged] > 0.5).tolist()
    shares = value[given.delivery]
    serves = [
        (int(links["site"][k]), int(links["customer"][k]), float(shares[k]))
        for k in np.flatnonzero(shares > 1e-9)
    ]
    objective = float(pe.value(m.total))
    return answer(problem, status, objective=objective, bound=bound, opened=opened, serves=serves)


def _read(asked: dict[str, Any], name: str) -> dict[str, Any]:
    with np.load(Path(asked["folder"]) / name) as held:
        return {key: held[key] for key in held}


def build(given: Any, pe: Any) -> Any:
    """Return the model of plain rules."""
    m = pe.ConcreteModel()
    lower, upper, whole = given.lower, given.upper, given.whole
    m.x = pe.Var(
        range(len(lower)),
        domain=lambda _, k: pe.Binary if whole[k] else pe.Reals,
        bounds=lambda _, k: (_limit(lower[k]), _limit(upper[k])),
    )
    ends = [*given.first[1:], len(given.low)]
    for name, begin, end in zip(given.family, given.first, ends, strict=True):
        rows = range(int(begin), int(end))
        m.add_component(str(name), pe.Constraint(rows, rule=_Rule(given)))
    used = np.flatnonzero(given.cost)
    terms = zip(given.cost[used].tolist(), used.tolist(), strict=True)
    expression = pe.quicksum(c * m.x[k] for c, k in terms) + float(given.offset)
    m.total = pe.Objective(expr=expression, sense=pe.maximize if given.maximize else pe.minimize)
    return m


def _limit(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class _Rule:
    """The rule of a family: a row as a sum of coefficients times variables."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def __call__(self, m: Any, k: int) -> Any:
        given = self.given
        at = slice(given.start[k], given.start[k + 1])
        pairs = zip(given.value[at].tolist(), given.column[at].tolist(), strict=True)
        body = sum(c * m.x[j] for c, j in pairs)
        low, high = float(given.low[k]), float(given.high[k])
        if low == high:
            return body == low
        return body <= high if np.isfinite(high) else body >= low
