"""The fixed parts of a model document: equalization entries, objective, when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Equalization", "Objective", "SolveOptions"]

BURDENS = ("travel",)
RELATIVE = ("band", "ratio")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Equalization(_Strict):
    """One bound on the inequality of a service level.

    ``floor`` bounds the least level from below (``minimum``); ``ceiling`` the greatest from above;
    ``range`` greatest minus least; ``ratio`` greatest over least; ``band`` the greatest relative
    distance from the weighted mean.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="names it in results and overrides")
    services: Literal["each"] | list[str] = Field(
        "each", description="one bound for each service, or one for an index over those listed"
    )
    index_weights: Mapping[str, float] = Field({}, description="weights of the index; default 1")
    level: Literal["coverage", "travel"] = Field("coverage", description="what is made equal")
    between: Literal["regions", "groups", "jurisdictions", "groups-within-regions"] = Field(
        "regions",
        description="between whom; a jurisdiction is the regions directly its own",
    )
    measure: Literal["floor", "ceiling", "band", "range", "ratio"] = Field(
        "range", description="how inequality is measured"
    )
    maximum: float | None = Field(None, ge=0.0, description="greatest value of the measure")
    minimum: float | None = Field(None, ge=0.0, description="least value; for floor only")

    @model_validator(mode="after")
    def _consistent(self) -> Equalization:
        wanted, other = (
            ("minimum", "maximum") if self.measure == "floor" else ("maximum", "minimum")
        )
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"measure {self.measure!r} takes {wanted} and no {other}")
        if self.level in BURDENS and self.measure in (*RELATIVE, "floor", "range"):
            raise ValueError(
                f"measure {self.measure!r} on {self.level} can be met by making near people travel "
                "further; use ceiling"
            )
        if self.measure == "ratio" and (self.maximum or 0.0) < 1.0:
            raise ValueError("a ratio of greatest to least is at least 1; give a maximum >= 1")
        if any(w <= 0 for w in self.index_weights.values()):
            raise ValueError("index_weights must be positive")
        listed = [] if self.services == "each" else list(self.services)
        if self.services != "each" and (not listed or len(set(listed)) < len(listed)):
            raise ValueError("services must name at least one service, and none twice")
        if set(self.index_weights) - set(listed):
            raise ValueError("index_weights may only name services of the list services")
        return self

    @property
    def bound(self) -> float:
        """The bound, whichever side it is on."""
        value = self.minimum if self.measure == "floor" else self.maximum
        assert value is not None
        return value


class Objective(_Strict):
    """Either a list of cost terms to minimize, or a welfare to maximize."""

    minimize: list[str] | None = Field(None, description="cost terms, added up")
    maximize: Literal["coverage"] | None = Field(None, description="welfare")

    @model_validator(mode="after")
    def _one(self) -> Objective:
        if (self.minimize is None) == (self.maximize is None):
            raise ValueError("give either minimize (cost terms) or maximize (a welfare)")
        if self.minimize is not None and not self.minimize:
            raise ValueError("minimize names no cost term")
        if self.minimize is not None and len(set(self.minimize)) < len(self.minimize):
            raise ValueError("minimize names a cost term twice")
        return self


class SolveOptions(_Strict):
    """When to stop, and how."""

    gap: float = Field(1e-3, ge=0.0, le=1.0, description="relative gap to stop at")
    time_limit: float = Field(60.0, gt=0.0, description="seconds")
    threads: int = Field(0, ge=0, description="threads of the solver; 0: its own choice")
    seed: int = Field(0, ge=0, le=2147483647, description="random seed of the solver")
    strategy: Literal["auto", "direct", "separate"] = Field(
        "auto", description="how to solve: by structure, or as named"
    )
