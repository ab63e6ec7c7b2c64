"""Processes of our own for the pieces of one solve, or none of them.

A piece is a small model as plain data: nothing else has to cross. Processes are started anew, not
forked, for a fork after a solve with threads hangs. There is one crew at most: a process that is
itself a worker, of an analysis say, has no others.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.synchronize import Event
from types import ModuleType

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options

__all__ = ["Answered", "Crew", "Piece", "processes"]

Floats = npt.NDArray[np.float64]

TRIES = 3
"""Times that processes are started anew where one of them was killed."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Piece:
    """A model to be solved by itself.

    Attributes
    ----------
    compiled : Compiled
        The model; its columns and rows need no names.
    options : Options
        Gap, seconds, threads and seed.
    start : dict of int to float
        Values of integer columns to start from; empty for none.
    """

    compiled: Compiled
    options: Options
    start: dict[int, float]


@dataclass(frozen=True, eq=False)
class Answered:
    """What came of a piece: values, integers whole, or None; and whether time ran out."""

    values: Floats | None
    stopped: bool


def processes(threads: int) -> int:
    """Return in how many processes a solve may work: with 0 threads the machine's cores."""
    if parent_process() is not None:
        return 1
    if threads > 0:
        return threads
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


class Crew:
    """Solves pieces, several at a time; or each at once, here, where it has no processes.

    Parameters
    ----------
    size : int
        Processes; below 2 there are none.
    stop : Stop
        Ends all pieces that are being solved.
    """

    def __init__(self, size: int, stop: Stop) -> None:
        self.size, self.stop = size, stop
        self.flag: Event | None = None
        self.pool: ProcessPoolExecutor | None = None
        self.lost = 0
        self.waiting: dict[Future[Answered], object] = {}

    def __enter__(self) -> Crew:
        if self.size > 1:
            self._hire()
        return self

    def __exit__(self, *error: object) -> None:
        self._dismiss()

    def _hire(self) -> None:
        context = _Context()
        self.flag = context.Event()
        self.pool = ProcessPoolExecutor(self.size, context, _begin, (self.flag,))

    def _dismiss(self) -> None:
        if self.flag is not None:
            self.flag.set()
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)
        self.pool = self.flag = None

    def submit(self, key: object, piece: Piece) -> None:
        """Have a piece solved; ``ready`` returns what comes of it under its key."""
        future: Future[Answered] = Future()
        if self.pool is None:
            future.set_result(solve_piece(piece, self.stop))
        else:
            try:
                future = self.pool.submit(_work, piece)
            except BrokenExecutor as error:
                future.set_exception(error)
        self.waiting[future] = key

    def ready(self, seconds: float) -> list[tuple[object, Answered | None]]:
        """Return the pieces that were answered, waiting for one so long; None for those lost."""
        if self.stop and self.flag is not None:
            self.flag.set()
        done, _ = wait(self.waiting, seconds, FIRST_COMPLETED)
        found: list[tuple[object, Answered | None]] = []
        broken = False
        for future in done:
            key = self.waiting.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, BrokenExecutor):
                logger.warning("a piece failed: %s", error)
            broken |= isinstance(error, BrokenExecutor)
            found.append((key, None if error is not None else future.result()))
        if broken:
            found += self._recover()
        return found

    def _recover(self) -> list[tuple[object, Answered | None]]:
        """Start processes anew; after some times, go on without."""
        gone: list[tuple[object, Answered | None]] = [(k, None) for k in self.waiting.values()]
        self.waiting.clear()
        self._dismiss()
        self.lost += 1
        if self.lost < TRIES:
            logger.warning("a worker was lost; its piece is left out")
            self._hire()
        else:
            logger.warning("workers were lost %d times; going on without", TRIES)
            self.size = 1
        return gone


def solve_piece(piece: Piece, stop: Stop | None, *, whole: bool = False) -> Answered:
    """Solve a piece; ``whole``: one of knapsacks of whole numbers."""
    session = Session(piece.compiled, piece.options, stop=stop)
    if whole:
        session.no_smaller_models()
    if piece.start:
        session.start(piece.start)
    found = session.run()
    if found.values is None:
        return Answered(None, found.state == "stopped")
    at = piece.compiled.integer
    values = np.where(at, np.round(found.values), found.values)
    return Answered(values, found.state == "stopped")


class _Flagged(Stop):
    """A request to stop that comes from another process."""

    def __init__(self, flag: Event) -> None:
        super().__init__()
        self.flag = flag

    def __bool__(self) -> bool:
        return self.flag.is_set()


_stop = Stop()


def _begin(flag: Event) -> None:
    """Prepare a worker: Ctrl-C is its parent's business, who raises the flag."""
    global _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop = _Flagged(flag)


def _work(piece: Piece) -> Answered:
    return solve_piece(piece, _stop)


_hiding = threading.Lock()


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module: a new process would run the script that called us all over again."""
    with _hiding:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class _Worker(SpawnProcess):
    def start(self) -> None:
        with _no_main():
            super().start()


class _Context(SpawnContext):
    Process = _Worker
