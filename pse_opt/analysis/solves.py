"""Solves of an analysis, wave after wave, and the file that their answers stream to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pse_opt.analysis.tasks import Answer, Task, solve_task
from pse_opt.analysis.workers import Workers
from pse_opt.errors import InputError, Problem
from pse_opt.results import STREAM

__all__ = ["Heard", "Solves", "Store"]


class Store:
    """Answers on disk, one line each, written as they come and found again later.

    Parameters
    ----------
    folder : Path or None
        Where the file is; None: answers are remembered, and not written.
    instance, model : str
        Names, for whoever reads the file.
    stream : str
        Name of the file.

    Raises
    ------
    InputError
        The folder cannot be written.
    """

    def __init__(
        self, folder: Path | None, instance: str, model: str, stream: str = STREAM
    ) -> None:
        self.path = None if folder is None else folder / stream
        self.names = {"schema": 1, "instance": instance, "model": model}
        self.answers: dict[str, Answer] = {}
        self.resumed = 0
        if self.path is not None:
            self._read()

    def _read(self) -> None:
        """Read what is there; the last line may be half, where a run was killed."""
        assert self.path is not None
        if not self.path.is_file():
            return
        content = self.path.read_bytes()
        for line in content.splitlines():
            try:
                said = json.loads(line)
                self.answers[said["key"]] = Answer.from_dict(said["answer"])
            except (ValueError, KeyError, TypeError):
                continue
        if content and not content.endswith(b"\n"):
            self._append("\n")

    def keep(self, task: Task, answer: Answer) -> None:
        """Remember an answer, and write it."""
        self.answers[task.key] = answer
        if self.path is not None:
            said = {**self.names, "label": task.label, "key": task.key, "answer": answer.to_dict()}
            self._append(json.dumps(said, ensure_ascii=False) + "\n")

    def _append(self, text: str) -> None:
        assert self.path is not None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
        except OSError as error:
            message = f"cannot be written: {error.strerror}"
            remedy = "name another folder with --out"
            raise InputError([Problem(str(self.path), message, remedy)]) from None


Heard = Callable[[Task, Answer], None]
"""Called with a task and its answer as soon as it is there."""


class Solves:
    """Solves tasks, wave after wave; what was solved before is looked up.

    Parameters
    ----------
    workers : Workers
        Where solves run.
    store : Store
        Where answers are kept.
    heard : callable, optional
        Called with every task and its answer as it comes; not with those of former runs.

    Attributes
    ----------
    count, resumed : int
        Solves of this run, and answers of former runs that were used again.
    seconds : float
        Of the solves of this run, added up.
    former : set of str
        Keys of answers of former runs that were not used yet.
    """

    def __init__(self, workers: Workers, store: Store, heard: Heard | None = None) -> None:
        self.workers, self.store, self.heard = workers, store, heard
        self.count = self.resumed = 0
        self.seconds = 0.0
        self.former = set(store.answers)

    @property
    def answers(self) -> Mapping[str, Answer]:
        """Every answer so far, by the key of its task."""
        return self.store.answers

    def run(self, tasks: Sequence[Task]) -> list[Answer]:
        """Return the answers of tasks.

        Raises
        ------
        Interrupted
            Ctrl-C; what was solved is in ``answers``.
        """
        left: dict[str, Task] = {}
        for task in tasks:
            if task.key not in self.answers:
                left.setdefault(task.key, task)
        again = {t.key for t in tasks} & self.former
        self.resumed, self.former = self.resumed + len(again), self.former - again
        try:
            self.workers.run(solve_task, list(left.values()), self._take)
        finally:
            there = [self.answers[k] for k in left if k in self.answers]
            self.count += len(there)
            self.seconds += sum(a.seconds for a in there)
        return [self.answers[t.key] for t in tasks]

    def start(self, task: Task) -> None:
        """Begin a task beside others; its answer is there after :meth:`finish`."""
        if task.key in self.answers:
            self.run([task])
        else:
            self.workers.start(solve_task, task, self._take_beside)

    def finish(self) -> None:
        """Wait for what was begun.

        Raises
        ------
        Interrupted
            Ctrl-C.
        """
        self.workers.finish()

    def _take_beside(self, task: Task, answer: Answer) -> None:
        self.count += 1
        self.seconds += answer.seconds
        self._take(task, answer)

    def _take(self, task: Task, answer: Answer) -> None:
        self.store.keep(task, answer)
        if self.heard is not None:
            self.heard(task, answer)
