"""One run of a suite: what is solved, how, and until when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["OURS", "Case"]

OURS = "pse"
"""Name of the runner that is this library."""


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes
    ----------
    group : str
        Group of the suite it belongs to.
    problem : str
        As :func:`pse_opt.bench.pose` understands it.
    model : str
        Name of a model document; blank: the one that poses a published problem.
    overrides : mapping
        What is set in it.
    runner : str
        ``pse``, or the name of a peer.
    strategy : str
        Of ours; peers have none.
    gap, time_limit : float
        Relative gap to stop at, seconds.
    threads, seed, repeat : int
        Threads of the solver, its seed, and which of several equal runs this is.
    until : str
        ``solved``, or ``handoff``: the run ends when the solver has the model and would begin.
    """

    group: str
    problem: str
    model: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    runner: str = OURS
    strategy: str = "auto"
    gap: float = 1e-6
    time_limit: float = 60.0
    threads: int = 1
    seed: int = 0
    repeat: int = 0
    until: str = "solved"

    @property
    def key(self) -> str:
        """What makes a run the same run, as a short text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def pairing(self) -> tuple[Any, ...]:
        """What makes runs of two results comparable."""
        chosen = json.dumps(dict(self.overrides), sort_keys=True)
        names = (self.group, self.problem, self.model, chosen, self.runner, self.strategy)
        return (*names, self.seed, self.repeat)

    def to_json(self) -> str:
        """Return the run as JSON, keys sorted."""
        values = {**asdict(self), "overrides": dict(self.overrides)}
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Case:
        """Read what :meth:`to_json` wrote."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        """Return the run in one line."""
        how = self.strategy if self.runner == OURS else self.runner
        parts = [self.problem, self.model, how]
        parts += [f"seed {self.seed}"] if self.seed else []
        parts += [f"run {self.repeat + 1}"] if self.repeat else []
        return " ".join(filter(None, parts))
