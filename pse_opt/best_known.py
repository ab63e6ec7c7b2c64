"""Best known plans and bounds, beside each instance: recorded, never taken on trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.checksums import checksum, checksums
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import write_text
from pse_opt.plan import Plan
from pse_opt.solving.outcome import PROVEN, relative_gap
from pse_opt.solving.result import Result

__all__ = ["plan_of", "read_best_known", "record"]


def read_best_known(folder: Path, model: str) -> dict[str, Any] | None:
    """Return the record of a model on an instance, or None."""
    path = folder / "best_known" / f"{model}.json"
    if not path.is_file():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def plan_of(document: Mapping[str, Any], instance: Instance) -> Plan:
    """Return the recorded plan.

    Raises
    ------
    InputError
        The plan names offers or needs the instance does not have.
    """
    engaged = pd.DataFrame(document["plan"]["engaged"], columns=["offer", "size"], dtype=object)
    columns = ["offer", "region", "group", "service", "share"]
    deliveries = pd.DataFrame(document["plan"]["deliveries"], columns=columns)
    helped = dict(document["plan"].get("volunteers", []))
    engaged["volunteer_units"] = [helped.get(offer, 0.0) for offer in engaged["offer"]]
    money = pd.DataFrame(
        document["plan"].get("transfers", []), columns=["giver", "receiver", "amount"]
    )
    return Plan.from_deliveries(instance, deliveries, engaged, money)


def record(result: Result, folder: Path, into: Path | None = None) -> Path:
    """Write a result into ``best_known/MODEL.json`` of its instance.

    The better objective and the better bound of the record and the result are kept, each with who
    proved it; a record of other tables is replaced.

    Parameters
    ----------
    result : Result
        With a verified plan of a model as it is shipped.
    folder : Path
        Folder of the instance's tables.
    into : Path, optional
        Folder that holds ``best_known``, where that is another one.

    Raises
    ------
    InputError
        The result has no verified plan, or its model was overridden: the record would not be one
        of the named model.
    """
    problem = _refused(result)
    if problem is not None:
        raise InputError([problem])
    assert result.plan is not None
    home, tables = into or folder, checksum(checksums(folder))
    maximize = result.policy.objective.maximize is not None
    found: dict[str, Any] = {
        "schema": 1,
        "instance": result.instance.name,
        "model": result.policy.name,
        "tables_sha256": tables,
        "objective": result.objective,
        "bound": result.bound,
        "found_by": _solver(result),
        "bound_by": _solver(result),
        "plan": _plan(result.plan),
    }
    former = read_best_known(home, result.policy.name)
    if former is not None and former.get("tables_sha256") == tables:
        _keep_better(found, former, maximize=maximize)
    found["gap"] = relative_gap(found["objective"], found["bound"])
    found["proven"] = found["gap"] is not None and found["gap"] <= PROVEN
    path = home / "best_known" / f"{result.policy.name}.json"
    write_text(path, json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def _refused(result: Result) -> Problem | None:
    if result.plan is None or not result.verified:
        return Problem("--record", "there is no verified plan to record", "solve it first")
    changed = [key for key in result.policy.overrides if not key.startswith("solve.")]
    if changed:
        message = f"the model was changed by {', '.join(changed)}"
        return Problem("--record", message, "record the model as it is shipped, without --set")
    return None


def _keep_better(found: dict[str, Any], former: Mapping[str, Any], *, maximize: bool) -> None:
    sign = -1.0 if maximize else 1.0
    if sign * former["objective"] < sign * found["objective"]:
        for key in ("objective", "found_by", "plan"):
            found[key] = former[key]
    known = [d for d in (found, former) if d["bound"] is not None]
    if known:
        best = max(known, key=lambda d: sign * d["bound"])
        found["bound"], found["bound_by"] = best["bound"], best["bound_by"]


def _solver(result: Result) -> dict[str, Any]:
    names = ("pse-opt", "highspy", "pyomo")
    return {
        "versions": {name: result.versions[name] for name in names if name in result.versions},
        "strategy": result.strategy,
        "gap": result.policy.options.gap,
        "seed": result.seed,
        "seconds": round(result.seconds["solve"], 1),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    """The plan as rows, shares with twelve digits: enough to verify, no more."""
    keys = ["offer", "region", "group", "service"]
    rows = plan.deliveries.sort_values(keys)
    shares = [float(f"{share:.12g}") for share in rows["share"]]
    names = rows[keys].astype(str).values.tolist()
    engaged = plan.engagements.sort_values(["offer", "size"]).astype(str).values.tolist()
    found: dict[str, Any] = {
        "engaged": engaged,
        "deliveries": [[*row, share] for row, share in zip(names, shares, strict=True)],
    }
    for name, frame in (("volunteers", plan.volunteers), ("transfers", plan.transfers)):
        if len(frame):
            found[name] = frame.values.tolist()
    return found
