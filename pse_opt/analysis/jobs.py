"""Many solves: one after the other, or in processes of their own."""

from __future__ import annotations

import importlib
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import MappingProxyType
from typing import Any, TypeVar

import pandas as pd

from pse_opt.about import About
from pse_opt.components import COMPONENTS
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.result import Result

__all__ = ["Interrupted", "Job", "Tell", "in_turn", "mortal"]

Answer = TypeVar("Answer")
Tell = Callable[[int, int, str], None]
"""Called with the number of jobs done, of all, and the name of the last one."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C came between or within jobs.

    Attributes
    ----------
    answers : list
        The answer of each job, in the order of the jobs; None where it has none.
    """

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        super().__init__()


@dataclass(frozen=True, eq=False)
class Job:
    """A solve as plain data, which crosses to other processes.

    Attributes
    ----------
    label : str
        What it is called while it runs.
    about : About
        Of the instance.
    tables : dict of str to DataFrame
        Of the instance.
    document : dict
        The merged model document, with gap and time limit.
    plugins : tuple of str
        Modules to import first: components of the user's own.
    """

    label: str
    about: About = field(repr=False)
    tables: dict[str, pd.DataFrame] = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    plugins: tuple[str, ...] = ()

    @classmethod
    def of(cls, label: str, instance: Instance, policy: Policy) -> Job:
        """Return the job of solving an instance under a policy."""
        own = {
            COMPONENTS[name].function.__module__
            for name in COMPONENTS
            if COMPONENTS[name].section in policy.sections
        }
        plugins = tuple(sorted(m for m in own if not m.startswith("pse_opt.")))
        document = dict(policy.document)
        return cls(label, instance.about, dict(instance.tables), document, plugins)

    def solve(
        self,
        changed: Mapping[str, pd.DataFrame] | None = None,
        *,
        start: Plan | None = None,
        reasons: bool = True,
    ) -> Result:
        """Solve it with one thread, with some tables replaced.

        Parameters
        ----------
        changed : mapping of str to DataFrame, optional
            Tables that take the place of the job's own.
        start, reasons
            As in :func:`pse_opt.solve`.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C stopped the solve: the jobs after it are not wanted either.
        """
        from pse_opt.solving.run import solve

        for module in self.plugins:
            importlib.import_module(module)
        tables = MappingProxyType({**self.tables, **(changed or {})})
        instance, policy = Instance(self.about, tables), read_policy(self.document)
        result = solve(instance, policy, threads=1, start=start, reasons=reasons)
        if result.termination == "interrupted":
            raise KeyboardInterrupt
        return result


def in_turn(
    function: Callable[[Job], Answer],
    jobs: Sequence[Job],
    *,
    executor: Executor | None = None,
    workers: int = 1,
    tell: Tell | None = None,
) -> list[Answer]:
    """Return the function of every job, in the order of the jobs.

    Parameters
    ----------
    function : callable
        A function of a module, so that other processes find it.
    jobs : sequence of Job
        What to do.
    executor : Executor, optional
        Any process-based executor: a process pool, MPI, or Dask's ``client.get_executor()``.
    workers : int
        Without an executor, processes of our own if more than one.
    tell : callable, optional
        Told of every job that is done.

    Raises
    ------
    Interrupted
        Ctrl-C; with the answers there are.
    """
    if executor is None and workers > 1 and len(jobs) > 1:
        # A fork after a solve with threads would hang.
        pool = ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn"), mortal)
        try:
            return in_turn(function, jobs, executor=pool, tell=tell)
        finally:
            pool.shutdown(cancel_futures=True)
    if executor is None:
        answers: list[Answer] = []
        try:
            for done, job in enumerate(jobs):
                if tell is not None:
                    tell(done, len(jobs), job.label)
                answers.append(function(job))
        except KeyboardInterrupt:
            raise Interrupted([*answers, *([None] * (len(jobs) - len(answers)))]) from None
        return answers
    futures = {executor.submit(function, job): job for job in jobs}
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            if tell is not None:
                tell(done, len(jobs), futures[future].label)
        return [future.result() for future in futures]
    except KeyboardInterrupt:
        for future in futures:
            future.cancel()
        answered = [f.result() if _answered(f) else None for f in futures]
        raise Interrupted(answered) from None


def _answered(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def mortal() -> None:
    """Let Ctrl-C end a worker between two solves; within a solve it keeps the incumbent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
