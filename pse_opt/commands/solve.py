"""``python -m pse_opt solve`` and ``verify``: a plan found, or any plan checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pse_opt import arguments as arg
from pse_opt import resources, terminal
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    from pse_opt.solving.result import Result

__all__ = ["solve", "verify"]


@arg.grouped
def solve(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "core",
    settings: arg.Settings = None,
    gap: arg.Gap = None,
    time_limit: arg.TimeLimit = None,
    threads: arg.Threads = None,
    seed: arg.Seed = None,
    strategy: arg.Strategy = None,
    target: arg.Target = None,
    force: arg.Force = False,
    keep_record: arg.Record = False,
    screen: arg.Screen,
) -> None:
    """Find the best plan, check it, and write the result folder.

    Stops at the gap, at the time limit, or on Ctrl-C; the best plan found is kept and written.
    """
    from pse_opt.policy import read_policy
    from pse_opt.results import default_folder, refuse_foreign
    from pse_opt.solving.run import solve as run

    arg.load_plugins(screen.plugin)
    policy = read_policy(model, arg.overrides(settings))
    folder = target or default_folder(instance, policy.name)
    refuse_foreign(folder, force=force)
    with terminal.live_progress(terminal.err, enabled=screen.loud) as progress:
        result = run(
            instance,
            policy,
            gap=gap,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            strategy=strategy,
            progress=progress,
        )
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        code = _finish(result, folder, screen, force=force)
        if keep_record:
            _record(result, instance, screen)
        raise typer.Exit(code)


def _record(result: Result, instance: str, screen: arg.Screen) -> None:
    """Keep a result among the best known of its instance."""
    from pse_opt.best_known import record

    if "@" in Path(instance).name:
        message, remedy = "variants have no records", "record the instance itself"
        raise InputError([Problem("--record", message, remedy, value=instance)])
    path = record(result, resources.resolve(instance, "instances", "instance.toml"))
    if screen.loud:
        terminal.out.print(f"recorded {path}")


def _finish(result: Result, folder: Path, screen: arg.Screen, *, force: bool) -> int:
    """Write and show a result; return the exit code."""
    from pse_opt.analysis.summary import summarize
    from pse_opt.results import is_result, write_result
    from pse_opt.screens import solve_screen

    written, summary = f"nothing; {folder} still holds an earlier result", None
    if result.plan is not None:
        written = str(write_result(folder, result, force=force))
        summary = summarize(result)
    elif not is_result(folder):
        written = "nothing"
    screen.warn(result.warnings)
    screen.answer(solve_screen(result, summary, written), result.to_dict())
    if screen.quiet:
        _complain(result)
    if result.termination == "interrupted":
        return 130
    if result.plan is None:
        return {"infeasible": 3, "no_plan": 4}.get(result.status, 1)
    return 0 if result.verified else 5


def _complain(result: Result) -> None:
    """Say on stderr why there is no plan, or why it is none."""
    if result.plan is None:
        terminal.err.print("\n".join(result.reasons) or result.status.replace("_", " "))
    elif result.verification is not None and not result.verification.ok:
        terminal.err.print(str(result.verification))


@arg.grouped
def verify(
    instance: arg.InstanceName,
    plan: arg.PlanPath,
    *,
    model: arg.PlanModel = None,
    settings: arg.Settings = None,
    screen: arg.Screen,
) -> None:
    """Check any plan with the independent checker: ours, or one from a spreadsheet."""
    from pse_opt.io import load_instance
    from pse_opt.plan import read_plan
    from pse_opt.screens import plan_screen
    from pse_opt.stored import policy_of, stated
    from pse_opt.verification import verify as check_plan

    arg.load_plugins(screen.plugin)
    policy = policy_of(plan, model, arg.overrides(settings))
    data = load_instance(instance)
    found = read_plan(plan, data)
    said = stated(plan, found, policy) if model is None and not settings else None
    verification = check_plan(data, said or found, policy)
    document = {**verification.to_dict(), "inferred": list(found.inferred)}
    screen.answer(plan_screen(data, policy, found, verification), document)
    if screen.quiet and not verification.ok:
        terminal.err.print(str(verification))
    raise typer.Exit(0 if verification.ok else 5)
