"""Where the solves of an analysis run: here, in processes of our own, on an executor given."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from pse_opt.errors import InputError, Problem, SolverError

__all__ = ["Interrupted", "Tell", "Workers", "dask_executor", "in_turn"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Tell = Callable[[int, int, str], None]
"""Called with the number of tasks done, of all, and the name of the last one."""

TRIES = 3
"""Times that processes of our own are started anew where one of them was killed."""

logger = logging.getLogger(__name__)


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


@dataclass(eq=False)
class _Beside:
    """A task that runs beside others, and what becomes of its answer."""

    function: Callable[[Any], Any]
    task: Any
    keep: Callable[[Any, Any], None]
    future: Future[Any] | None = None


class Workers:
    """Solves tasks, wave after wave, in the same processes.

    A worker that is killed loses nothing but its own work: where the processes are ours, they are
    started anew and do what is left.

    Parameters
    ----------
    executor : Executor, optional
        Any process-based executor: a process pool, MPI, or Dask's ``client.get_executor()``.
    workers : int
        Without an executor, processes of our own if more than one.
    tell : callable, optional
        Told of every task.
    first : float
        Seconds of tasks that are done in this process before any is started: to start processes
        takes longer than many a task.
    """

    def __init__(
        self,
        executor: Executor | None = None,
        workers: int = 1,
        tell: Tell | None = None,
        *,
        first: float = 0.0,
    ) -> None:
        self.given, self.workers, self.tell = executor, workers, tell
        self.own: ProcessPoolExecutor | None = None
        self.done = self.expected = 0
        self.beside: list[_Beside] = []
        self.here = first if executor is None else 0.0

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self._dismiss()

    def run(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        keep: Callable[[Task, Answer], None] | None = None,
    ) -> list[Answer]:
        """Return the function of every task, in the order of the tasks.

        Parameters
        ----------
        function : callable
            A function of a module, so that other processes find it.
        tasks : sequence
            Plain data with a ``label``.
        keep : callable, optional
            Called with a task and its answer as soon as it is there.

        Raises
        ------
        Interrupted
            Ctrl-C; with the answers there are.
        SolverError
            Workers were lost again and again.
        """
        answers: dict[int, Answer] = {}

        def take(k: int, answer: Answer) -> None:
            answers[k] = answer
            if keep is not None:
                keep(tasks[k], answer)
            self.done += 1

        try:
            for k, task in enumerate(tasks):
                if self._is_elsewhere:
                    break
                self._told(task)
                began = time.perf_counter()
                take(k, function(task))
                self.here -= time.perf_counter() - began
            if len(answers) < len(tasks):
                self._elsewhere(function, tasks, answers, take)
        except KeyboardInterrupt:
            raise Interrupted([answers.get(k) for k in range(len(tasks))]) from None
        finally:
            self._gather()
        return [answers[k] for k in range(len(tasks))]

    def start(
        self,
        function: Callable[[Task], Answer],
        task: Task,
        keep: Callable[[Task, Answer], None],
    ) -> None:
        """Begin a task that nothing waits for, beside what runs from now on; see :meth:`finish`."""
        if self.given is None and self.workers <= 1:
            self.run(function, [task], keep)
            return
        self.beside.append(_Beside(function, task, keep))
        if self._is_elsewhere:
            with suppress(BrokenExecutor):  # the next tasks start processes anew
                self._begin(self._executor())

    def finish(self) -> None:
        """Wait for the tasks begun beside others; parameters and errors as for :meth:`run`."""
        while self.beside:
            one = self.beside[0]
            try:
                if one.future is not None:
                    one.future.result()
            except BrokenExecutor:
                one.future = None  # lost with its worker, or with another
            except KeyboardInterrupt:
                raise Interrupted([]) from None
            if one.future is None:
                self.beside.remove(one)
                self.run(one.function, [one.task], one.keep)
            self._gather()

    def _gather(self) -> None:
        """Take the answers that are there of tasks begun beside others."""
        for one in list(self.beside):
            if one.future is not None and _answered(one.future):
                self.beside.remove(one)
                one.keep(one.task, one.future.result())
                self.done += 1
                self._told(one.task)

    def _begin(self, executor: Executor) -> None:
        for one in self.beside:
            if one.future is None:
                one.future = executor.submit(one.function, one.task)

    @property
    def _is_elsewhere(self) -> bool:
        """Whether the next task is for other processes."""
        return self.given is not None or (self.workers > 1 and self.here <= 0.0)

    def _elsewhere(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        answers: dict[int, Answer],
        take: Callable[[int, Answer], None],
    ) -> None:
        """Let the executor solve what has no answer, until all have one."""
        for _ in range(TRIES):
            left = [k for k in range(len(tasks)) if k not in answers]
            futures: dict[Future[Answer], int] = {}
            try:
                executor = self._executor()
                self._begin(executor)
                futures.update((executor.submit(function, tasks[k]), k) for k in left)
                for future in as_completed(futures):
                    take(futures[future], future.result())
                    self._told(tasks[futures[future]])
                return
            except BrokenExecutor as error:
                if self.given is not None:
                    raise SolverError(f"a worker of the executor was lost: {error}") from None
                logger.warning("a worker was lost; %d tasks are solved again", len(left))
                self._dismiss()
            except KeyboardInterrupt:
                for future, k in futures.items():
                    future.cancel()
                    if k not in answers and _answered(future):
                        take(k, future.result())
                raise
        raise SolverError(f"workers were lost {TRIES} times; try fewer of them, or more memory")

    def _executor(self) -> Executor:
        if self.given is not None:
            return self.given
        if self.own is None:
            # A fork after a solve with threads would hang.
            self.own = ProcessPoolExecutor(self.workers, get_context("spawn"), mortal)
        return self.own

    def _dismiss(self) -> None:
        self._gather()
        for one in self.beside:
            one.future = None  # begun anew with the next processes
        if self.own is not None:
            self.own.shutdown(cancel_futures=True)
            self.own = None

    def _told(self, task: Any) -> None:
        if self.tell is not None:
            self.tell(self.done, max(self.expected, self.done), task.label)


def in_turn(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    workers: int = 1,
    tell: Tell | None = None,
) -> list[Answer]:
    """Return the function of every task, in the order of the tasks; nothing follows from answers.

    Parameters and errors are those of :class:`Workers` and its ``run``.
    """
    with Workers(executor, min(workers, len(tasks)), tell) as crew:
        crew.expected = len(tasks)
        return crew.run(function, tasks)


def mortal() -> None:
    """Let Ctrl-C end a worker between two solves; within a solve it keeps the incumbent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _answered(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


@contextmanager
def dask_executor(address: str | None) -> Iterator[Executor | None]:
    """Yield the executor of a Dask cluster, or None without an address.

    Raises
    ------
    InputError
        Dask is not installed, or no scheduler answers at the address.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ModuleNotFoundError:
        remedy = 'install it: pip install "pse-opt[dask]"; or use --workers'
        raise InputError([Problem("--dask", "Dask is not installed", remedy)]) from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        remedy = "give the address of a running dask scheduler, such as tcp://127.0.0.1:8786"
        message = f"no Dask scheduler answers: {error}"
        raise InputError([Problem("--dask", message, remedy, value=address)]) from None
    with client:
        yield client.get_executor()
