"""A result folder read again: the plan, checked anew, with what was proven when it was found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.interchange.kept import is_workbook, read_kept
from pse_opt.plan import Plan, read_plan
from pse_opt.policy import Policy, read_policy
from pse_opt.results import MODEL, said_by
from pse_opt.solving.outcome import Progress
from pse_opt.solving.result import HOLDS, Result
from pse_opt.verification import verify

__all__ = ["Stated", "judged", "policy_of", "read_result", "stated", "stored_model"]

GIVEN = "given"
"""The strategy of a plan that was not found here."""


@dataclass(frozen=True, eq=False)
class Stated:
    """A plan with what its result folder says of it, for the checker to hold against each other."""

    plan: Plan
    policy: Policy
    objective: float | None
    costs: Mapping[str, float]


def read_result(
    path: str | Path,
    instance: Instance,
    model: str | Path | Mapping[str, Any] | Policy | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Result:
    """Read a result folder, or a table of deliveries, and check the plan again.

    Parameters
    ----------
    path : str or Path
        A result folder or workbook, or a table of deliveries (CSV or workbook).
    instance : Instance
        The instance the plan is for.
    model : str, Path, mapping or Policy, optional
        The rules; by default those the folder carries. Under other rules than those it was found
        under, nothing is proven of a plan: its bound and gap are then None.
    overrides : mapping, optional
        Dotted keys to values, set on top of the model.

    Raises
    ------
    InputError
        There is no such plan, it carries no model and none is named, it is of another instance, or
        its tables are wrong.
    """
    path = Path(path)
    said = said_by(path)
    policy = policy_of(path, model, overrides)
    _refuse_another(path, said, instance)
    plan = read_plan(path, instance)
    if model is not None or overrides or said.get("status") not in HOLDS:
        return judged(instance, policy, plan)
    return _checked(_told(instance, policy, plan, said))


def policy_of(
    path: Path,
    model: str | Path | Mapping[str, Any] | Policy | None,
    overrides: Mapping[str, Any] | None = None,
) -> Policy:
    """Return the model named, else the one the result folder carries.

    Raises
    ------
    InputError
        Neither is there.
    """
    if model is not None:
        return read_policy(model, overrides)
    stored = stored_model(path)
    if stored is None:
        message = "the plan carries no model" if path.exists() else "there is no such plan"
        remedy = "name a model with --model" if path.exists() else "name a result folder or a table"
        raise InputError([Problem(str(path), message, remedy)])
    return read_policy(stored, overrides)


def stored_model(path: Path) -> dict[str, Any] | None:
    """Return the model document a result folder or workbook carries, or None.

    Raises
    ------
    InputError
        The document cannot be read.
    """
    document = path / MODEL
    if is_workbook(path):
        text = read_kept(path).documents.get(MODEL)
    else:
        text = document.read_text(encoding="utf-8-sig") if document.is_file() else None
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except ValueError as error:
        remedy = "correct it, or name a model with --model"
        raise InputError(
            [Problem(str(document), f"not a TOML document: {error}", remedy)]
        ) from None


def stated(folder: Path, plan: Plan, policy: Policy) -> Stated | None:
    """Return the plan with the figures its result folder states, or None where it states none."""
    said = said_by(folder)
    costs = said.get("costs")
    if not isinstance(costs, dict):
        return None
    figures = {str(k): float(v) for k, v in costs.items() if isinstance(v, int | float)}
    objective = said.get("objective")
    return Stated(
        plan, policy, float(objective) if isinstance(objective, int | float) else None, figures
    )


def _refuse_another(path: Path, said: Mapping[str, Any], instance: Instance) -> None:
    named = said.get("instance")
    if named is not None and named != instance.name:
        message = f"the plan is for {named}, not for {instance.name}"
        raise InputError([Problem(str(path), message, f"name the instance {named}")])


def judged(instance: Instance, policy: Policy, plan: Plan) -> Result:
    """Return a plan from elsewhere as a result: checked, and with nothing proven of it."""
    return _checked(_given(instance, policy, plan))


def _given(instance: Instance, policy: Policy, plan: Plan) -> Result:
    """A plan of which nothing is known but itself."""
    return Result(
        instance, policy, "feasible", GIVEN, None, None, None, plan, {}, GIVEN, {}, {}, None, {},
        policy.options.seed,
    )  # fmt: skip


def _told(instance: Instance, policy: Policy, plan: Plan, said: Mapping[str, Any]) -> Result:
    """A plan with what its folder says of how it was found."""
    return Result(
        instance,
        policy,
        str(said["status"]),
        str(said.get("termination", GIVEN)),
        _figure(said.get("objective")),
        _figure(said.get("bound")),
        _figure(said.get("gap")),
        plan,
        _figures(said.get("costs")),
        str(said.get("strategy", GIVEN)),
        _figures(said.get("seconds")),
        {k: int(v) for k, v in _figures(said.get("counts")).items()},
        _figure(said.get("peak_memory_mb")),
        {str(k): str(v) for k, v in _mapping(said.get("versions")).items()},
        policy.options.seed,
        notes=tuple(str(n) for n in said.get("notes", ())),
        history=tuple(_moments(said.get("history", ()))),
    )


def _checked(result: Result) -> Result:
    """The result with what the checker finds, which also gives a plan from elsewhere its costs."""
    stated = result if result.costs else result.plan
    found = verify(result.instance, stated, result.policy)
    if result.costs:
        return replace(result, verification=found)
    objective = found.objective if abs(found.objective) < float("inf") else None
    return replace(result, verification=found, costs=found.costs, objective=objective)


def _moments(said: Any) -> list[Progress]:
    """What a solve went through, as far as it is told."""
    lines = said if isinstance(said, list) else []
    return [
        Progress(float(m.get("seconds") or 0.0), *(_figure(m.get(k)) for k in MOMENT[1:]))
        for m in lines
        if isinstance(m, Mapping)
    ]


MOMENT = ("seconds", "objective", "bound", "gap")
"""Keys of a moment of a solve in ``result.json``."""


def _figure(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else None


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _figures(value: Any) -> dict[str, float]:
    return {str(k): x for k, v in _mapping(value).items() if (x := _figure(v)) is not None}
