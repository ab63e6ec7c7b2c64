"""The fixed parts of a model document: equalization entries, objective, when to stop."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pse_opt.entries import Equalization
from pse_opt.parts import Strict

__all__ = ["Equalization", "Objective", "SolveOptions"]


class Objective(Strict):
    """What is best: least cost, greatest welfare, or least inequality.

    Attributes
    ----------
    minimize : list of str
        Cost terms, added up.
    maximize : str
        ``coverage``: the mean over services of need-weighted coverage. Of the level of an
        equalization entry (``entry``): ``mean``, weighted by people; ``worst``, the least over all
        that are compared, and then, unless ``then`` decides, the mean; ``lexicographic``, the worst
        off first, then the next, and so on, and then the mean; ``kolm_pollak``, the equally
        distributed equivalent, of an entry with that measure.
    minimize_inequality : str
        Name of the equalization entry whose measure is to be least; of several services the
        greatest counts.
    then : list of str
        Cost terms that choose among the plans that are equally good.
    """

    minimize: list[str] | None = Field(None, description="cost terms, added up")
    maximize: Literal["coverage", "mean", "worst", "lexicographic", "kolm_pollak"] | None = Field(
        None, description="welfare"
    )
    minimize_inequality: str | None = Field(
        None, description="the equalization entry whose measure is to be least"
    )
    entry: str | None = Field(
        None, description="the equalization entry whose level is maximized; default the first"
    )
    then: list[str] = Field(
        [], description="cost terms that choose among plans that are equally good"
    )

    @model_validator(mode="after")
    def _one(self) -> Objective:
        goals = (self.minimize, self.maximize, self.minimize_inequality)
        if sum(g is not None for g in goals) != 1:
            raise ValueError(
                "give either minimize (cost terms), or maximize (a welfare), or minimize_inequality"
            )
        if self.minimize is not None and not self.minimize:
            raise ValueError("minimize names no cost term")
        for terms in (self.minimize or [], self.then):
            if len(set(terms)) < len(terms):
                raise ValueError("names a cost term twice")
        if self.then and self.minimize is not None:
            raise ValueError("then chooses among plans of another objective than cost")
        if self.entry is not None and self.maximize in (None, "coverage"):
            raise ValueError("entry goes with maximize mean, worst, lexicographic or kolm_pollak")
        return self

    @property
    def terms(self) -> list[str]:
        """The cost terms it names."""
        return [*(self.minimize or ()), *self.then]


class SolveOptions(Strict):
    """When to stop, and how."""

    gap: float = Field(1e-3, ge=0.0, le=1.0, description="relative gap to stop at")
    time_limit: float = Field(60.0, gt=0.0, description="seconds")
    threads: int = Field(0, ge=0, description="threads of the solver; 0: its own choice")
    seed: int = Field(0, ge=0, le=2147483647, description="random seed of the solver")
    strategy: Literal[
        "auto",
        "direct",
        "separate",
        "coupled",
        "neighbourhood",
        "priced",
        "radius",
        "covering",
        "benders",
        "areas",
        "single",
    ] = Field("auto", description="how to solve: by structure, or as named")
