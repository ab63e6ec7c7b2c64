"""An entry of ``[[equalization]]``: which level, between whom, by which measure, how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import Field, model_validator

from pse_opt.parts import Strict

__all__ = ["BURDENS", "KINDS", "Equalization", "Kind"]

BURDENS = ("travel",)
"""Levels of which less is better."""
PEOPLE = "people"
Level = Literal[
    "coverage",
    "units_per_head",
    "quality_units_per_head",
    "satisfaction",
    "travel",
    "access",
    "spending_per_head",
]
Between = Literal["regions", "groups", "jurisdictions", "groups-within-regions", "people"]
MeasureName = Literal[
    "floor",
    "ceiling",
    "band",
    "range",
    "ratio",
    "hoover",
    "gini",
    "theil",
    "mean_log_deviation",
    "atkinson",
    "coefficient_of_variation",
    "quantile_share",
    "worst_mean",
    "poverty_gap",
    "envy",
    "shortfall",
    "lorenz",
    "kolm_pollak",
]


@dataclass(frozen=True)
class Kind:
    """What a measure is, as far as a document must know.

    Attributes
    ----------
    benefit, burden : str
        Which side a bound is on, ``minimum`` or ``maximum``; blank where the measure is refused.
    relative : bool
        Free of the unit of the level: a ratio to the mean, or of two levels.
    parameters : tuple of str
        Parameters of the entry that it takes.
    least, most : float
        Bounds outside of which every plan, or none, keeps the rule.
    priced : bool
        Linear enough to have a price for each unit.
    """

    benefit: str
    burden: str = ""
    relative: bool = False
    parameters: tuple[str, ...] = ()
    least: float = 0.0
    most: float = float("inf")
    priced: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "floor": Kind("minimum"),
        "ceiling": Kind("maximum", "maximum", priced=True),
        "band": Kind("maximum", relative=True),
        "range": Kind("maximum", priced=True),
        "ratio": Kind("maximum", relative=True, least=1.0),
        "hoover": Kind("maximum", relative=True, most=1.0),
        "gini": Kind("maximum", relative=True, parameters=("method", "points"), most=1.0),
        "theil": Kind("maximum", relative=True),
        "mean_log_deviation": Kind("maximum", relative=True),
        "atkinson": Kind("maximum", relative=True, parameters=("aversion",), most=1.0),
        "coefficient_of_variation": Kind("maximum", relative=True),
        "quantile_share": Kind("maximum", relative=True, parameters=("quantile",), least=1.0),
        "worst_mean": Kind("minimum", "maximum", parameters=("quantile",), priced=True),
        "poverty_gap": Kind("maximum", parameters=("standard",), priced=True),
        "envy": Kind("maximum", parameters=("neighbour_km",), priced=True),
        "shortfall": Kind("maximum", "maximum", priced=True),
        "lorenz": Kind("maximum", priced=True),
        "kolm_pollak": Kind("minimum", "maximum", parameters=("kappa", "aversion")),
    }
)
"""The measures. ``shortfall`` and ``lorenz`` compare with today's plan, the table baseline."""
OPTIONAL = ("quantile", "standard", "neighbour_km", "kappa", "aversion", "method", "points")


class Equalization(Strict):
    """A service level, between whom it is compared, a measure, and a bound or a price.

    An entry without a bound is measured and reported, and may be what the objective is about.
    Burdens (travel) are not equalized by relative measures or differences: they could be met by
    making near people travel further.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="names it in results and overrides")
    services: Literal["each"] | list[str] = Field(
        "each", description="one bound for each service, or one for an index over those listed"
    )
    index_weights: Mapping[str, float] = Field({}, description="weights of the index; default 1")
    level: Level = Field("coverage", description="what is made equal")
    between: Between = Field(
        "regions",
        description="between whom; a jurisdiction is the regions directly its own",
    )
    measure: MeasureName = Field("range", description="how inequality is measured")
    maximum: float | None = Field(None, ge=0.0, description="greatest value of the measure")
    minimum: float | None = Field(
        None, ge=0.0, description="least value; for floor, worst_mean and kolm_pollak of benefits"
    )
    price: float | None = Field(
        None,
        gt=0.0,
        allow_inf_nan=False,
        description="money for each unit of the measure, as the cost term inequality",
    )
    quantile: float | None = Field(
        None, gt=0.0, lt=1.0, description="share of people at either end; default 0.2"
    )
    standard: float | None = Field(
        None, gt=0.0, allow_inf_nan=False, description="level below which is poor; default 1"
    )
    neighbour_km: float | None = Field(
        None,
        gt=0.0,
        allow_inf_nan=False,
        description="regions within this distance envy each other",
    )
    full_access_km: float = Field(
        0.0,
        ge=0.0,
        allow_inf_nan=False,
        description="level access is 1 up to this travel, then falls in a line to 0 at travel_cap",
    )
    kappa: float | None = Field(
        None, gt=0.0, allow_inf_nan=False, description="aversion to inequality, 1/unit of the level"
    )
    aversion: float | None = Field(
        None,
        gt=0.0,
        allow_inf_nan=False,
        description="atkinson: default 0.5; kolm_pollak: times an estimated kappa, default 1",
    )
    method: Literal["auto", "pairs", "grid", "lazy"] | None = Field(
        None, description="gini: exact pairs, conservative grid, or pairs added while solving"
    )
    points: int | None = Field(
        None, ge=2, le=200, description="gini: points of the grid; default 8"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Equalization:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> list[str]:
        """What is wrong, the most telling first."""
        kind = KINDS[self.measure]
        side = self.side
        found: list[str] = []
        if not side:
            allowed = ", ".join(k for k, v in KINDS.items() if v.burden)
            found.append(
                f"measure {self.measure!r} on {self.level} can be met by making near people travel "
                f"further; use one of {allowed}"
            )
            return found
        other = "minimum" if side == "maximum" else "maximum"
        if getattr(self, other) is not None:
            found.append(f"measure {self.measure!r} on {self.level} takes {side} and no {other}")
        value = getattr(self, side)
        if value is not None and value < kind.least:
            found.append(
                f"{self.measure} is at least {kind.least:g}; give a {side} of that or more"
            )
        if self.measure == "atkinson" and value is not None and value >= 1.0:
            found.append("atkinson is below 1; give a smaller maximum")
        found += self._misplaced(kind)
        if self.price is not None and (side == "minimum" or not kind.priced):
            found.append(f"{self.measure} of {self.level} has no price; bound it by a {side}")
        return found + self._index_problems()

    def _misplaced(self, kind: Kind) -> list[str]:
        found = [
            f"measure {self.measure!r} takes no {name}"
            for name in OPTIONAL
            if getattr(self, name) is not None and name not in kind.parameters
        ]
        if self.measure == "envy" and self.neighbour_km is None:
            found.append(
                "envy needs neighbour_km, the distance within which regions are neighbours"
            )
        if self.measure == "envy" and self.between != "regions":
            found.append("envy compares neighbouring regions; leave between at regions")
        if self.full_access_km and self.level != "access":
            found.append("full_access_km belongs to level access")
        if self.level == "spending_per_head" and self.between != "jurisdictions":
            found.append("spending_per_head is compared between jurisdictions")
        if self.between == PEOPLE and (self.level, self.measure) != ("travel", "kolm_pollak"):
            found.append("between people only the kolm_pollak measure of travel is linear")
        if self.between == PEOPLE and self.services != "each":
            found.append("between people each service has its own bound; leave services at each")
        return found

    def _index_problems(self) -> list[str]:
        found = []
        if any(w <= 0 for w in self.index_weights.values()):
            found.append("index_weights must be positive")
        listed = [] if self.services == "each" else list(self.services)
        if self.services != "each" and (not listed or len(set(listed)) < len(listed)):
            found.append("services must name at least one service, and none twice")
        if set(self.index_weights) - set(listed):
            found.append("index_weights may only name services of the list services")
        return found

    @property
    def is_burden(self) -> bool:
        """Whether less of the level is better."""
        return self.level in BURDENS

    @property
    def side(self) -> str:
        """Which side the bound is on: ``minimum`` or ``maximum``; blank where it is refused."""
        kind = KINDS[self.measure]
        return kind.burden if self.is_burden else kind.benefit

    @property
    def bound(self) -> float | None:
        """The bound, whichever side it is on; None where the entry is only measured."""
        return self.minimum if self.side == "minimum" else self.maximum

    @property
    def parameters(self) -> Mapping[str, float]:
        """Numeric parameters of the measure, with their defaults; kappa only where given."""
        known: dict[str, float | None] = {
            "quantile": self.quantile or 0.2,
            "standard": self.standard or 1.0,
            "kappa": self.kappa,
            "aversion": self.aversion or (0.5 if self.measure == "atkinson" else 1.0),
        }
        wanted = KINDS[self.measure].parameters
        return {k: v for k, v in known.items() if k in wanted and v is not None}
