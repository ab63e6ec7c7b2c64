"""Ctrl-C that stops a solve and keeps what it has found."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stop", "stop_on_interrupt", "unhurried"]


class Stop:
    """A flag that a signal handler raises and a solve looks at.

    Parameters
    ----------
    above : Stop, optional
        Another flag that counts as well.
    """

    def __init__(self, above: Stop | None = None) -> None:
        self.asked, self._above = False, above

    def __bool__(self) -> bool:
        return self.asked or bool(self._above)


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a request to stop; the second one interrupts as usual.

    Outside the main thread no handler can be set; the flag then stays down.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    if before is signal.SIG_IGN:  # workers ignore Ctrl-C; their parent decides
        yield stop
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def unhurried() -> Iterator[None]:
    """Ignore Ctrl-C: what a long solve has found is written first, which takes a moment."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
