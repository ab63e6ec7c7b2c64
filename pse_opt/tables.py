"""The tables of an instance: one definition that reads, validates and documents each of them.

Every table is a :class:`Table` of :class:`Column` objects. Reading (:mod:`pse_opt.reading`), the
data dictionary and the templates of new instances all come from these definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["KINDS", "LAST_RESORT", "MODES", "SIZED", "TABLES", "TRANSFER", "Column", "Table"]

KINDS = ("government", "ngo", "private")
MODES = (
    "direct",
    "contract",
    "grant",
    "voucher",
    "franchise",
    "intergovernmental",
    "volunteer",
)
LAST_RESORT = "last_resort"
"""Reserved offer identifier: provision by government outside the offers."""
TRANSFER = "transfer"
"""The mode of payments between jurisdictions for no service."""

Kind = Literal["identifier", "text", "number", "choice", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, description : str
        Its header, and what it means in the planner's language.
    kind : {"identifier", "text", "number", "choice", "flag"}
        What a cell holds; a flag is ``yes``, ``no`` or blank.
    unit : str
        Unit of a number.
    required : bool
        The column must be there and no cell may be blank.
    default : Any
        What a blank cell means; None: nothing is known, or what the description says.
    minimum, maximum : float or None
        Range of a number, ends included.
    choices : tuple of str
        Allowed words of a choice.
    references : str
        ``table.column`` (or just ``table`` for its first column) that must know the value.
    """

    name: str
    description: str
    kind: Kind = "number"
    unit: str = ""
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    references: str = ""

    @property
    def expects(self) -> str:
        """What a cell must be, as a phrase for remedies and the data dictionary."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "flag":
            return "yes, no or blank"
        if self.kind != "number":
            return "text"
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"a number from {low:g} to {high:g}"
        if low is not None:
            return f"a number of at least {low:g}"
        return "a number"


@dataclass(frozen=True)
class Table:
    """A table: its columns, its key, and whether further numeric columns are kept as attributes."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    attributes: bool = True
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns by name."""
        object.__setattr__(self, "by_name", {c.name: c for c in self.columns})


def _identifier(
    name: str, description: str, *, required: bool = True, references: str = ""
) -> Column:
    return Column(name, description, "identifier", required=required, references=references)


def _text(name: str, description: str) -> Column:
    return Column(name, description, "text")


def _amount(name: str, unit: str, description: str, **options: Any) -> Column:
    return Column(name, description, "number", unit, **{"minimum": 0.0, **options})


def _share(name: str, description: str, **options: Any) -> Column:
    return Column(name, description, "number", "share", minimum=0.0, maximum=1.0, **options)


_LONGITUDE = Column(
    "longitude", "longitude (WGS84)", "number", "degrees", minimum=-180.0, maximum=180.0
)
_LATITUDE = Column("latitude", "latitude (WGS84)", "number", "degrees", minimum=-90.0, maximum=90.0)
_SIZED = (
    _amount("capacity", "units/year", "greatest volume it can deliver", required=True),
    _amount("minimum_volume", "units/year", "least volume once engaged", default=0.0),
    _amount("fixed_cost", "money/year", "public cost of engaging it at all", required=True),
    _amount(
        "unit_cost", "money/unit", "part of the unit cost paid from public money", required=True
    ),
    _amount("investment", "money", "public money spent once to be able to deliver", default=0.0),
    _amount(
        "investment_years",
        "years",
        "years over which the investment is spread evenly",
        default=10.0,
        minimum=1.0,
    ),
)
SIZED = tuple(c.name for c in _SIZED)
"""Columns of the table offers that the table sizes replaces."""

_REGIONS = Table(
    "regions",
    "Where people live: the unit of demand and of equalization.",
    (
        _identifier("region", "identifier"),
        _amount("population", "people", "inhabitants", required=True),
        _text("name", "name to show"),
        _text("name_local", "name in the local language"),
        _identifier(
            "jurisdiction",
            "who arranges and pays for the region",
            required=False,
            references="jurisdictions",
        ),
        _LONGITUDE,
        _LATITUDE,
        _amount("area_km2", "km2", "area"),
    ),
    ("region",),
    required=True,
)
_JURISDICTIONS = Table(
    "jurisdictions",
    "Governments that arrange and pay; they may nest.",
    (
        _identifier("jurisdiction", "identifier"),
        _identifier(
            "parent", "the jurisdiction above it", required=False, references="jurisdictions"
        ),
        _text("name", "name to show"),
        _amount(
            "budget", "money/year", "public money it may spend on the services; blank: no limit"
        ),
        _amount(
            "supervision_capacity",
            "contracts",
            "engaged offers of NGOs and private providers that it can supervise as their "
            "arranger; blank: no limit",
        ),
    ),
    ("jurisdiction",),
)
_SERVICES = Table(
    "services",
    "Services, each with a natural unit per year.",
    (
        _identifier("service", "identifier"),
        Column("unit", "natural unit per year", "text", required=True),
        _text("name", "name to show"),
        _amount(
            "reach_km", "km", "greatest travel at which an offer may serve a need", required=True
        ),
        _amount("access_cost_per_km", "money/(unit km)", "users' cost of travel", default=0.0),
        _amount("travel_cap", "km", "travel charged to unmet need; blank: reach_km"),
        Column(
            "core",
            "core function, of which government keeps a share",
            "flag",
            default=False,
        ),
        _amount(
            "last_resort_cost", "money/unit", "cost of provision by government outside the offers"
        ),
        _share("last_resort_quality", "quality of last-resort provision"),
        _amount("last_resort_travel", "km", "travel to last-resort provision; blank: travel_cap"),
        _amount("last_resort_cap", "units/year", "greatest last-resort volume; blank: no limit"),
        _amount("unmet_penalty", "money/unit", "price of a unit of need left unmet", default=0.0),
        _amount(
            "fee_cap",
            "money/unit",
            "greatest fee that users of a need pay on average; blank: no limit",
        ),
    ),
    ("service",),
    required=True,
)
_NEEDS = Table(
    "needs",
    "Demand of each region (or group in a region) for each service.",
    (
        _identifier("region", "region", references="regions"),
        _identifier("service", "service", references="services"),
        _amount("demand", "units/year", "population x incidence x standard", required=True),
        _identifier("group", "part of the region's population", required=False),
        _amount("heads", "people", "people concerned; blank: the region's population"),
        _amount(
            "volunteer_pool",
            "units/year",
            "volume that volunteers of the region (or group) can deliver; blank: no limit",
        ),
    ),
    ("region", "group", "service"),
    required=True,
)
_STANDARDS = Table(
    "standards",
    "Floors and targets of coverage that differ from the model document's.",
    (
        _identifier("service", "service", references="services"),
        _identifier("jurisdiction", "only there", required=False, references="jurisdictions"),
        _identifier("region", "only there", required=False, references="regions"),
        _identifier("group", "only for this group", required=False, references="needs.group"),
        _share("floor", "least coverage of every need it matches"),
        _share("target", "least need-weighted average coverage of the needs it matches"),
    ),
    ("service", "jurisdiction", "region", "group"),
)
_PROGRAMMES = Table(
    "programmes",
    "Budgets of service programmes: what a jurisdiction may spend on one service.",
    (
        _identifier("jurisdiction", "who spends", references="jurisdictions"),
        _identifier("service", "on which service", references="services"),
        _amount("budget", "money/year", "public money it may spend on the service", required=True),
    ),
    ("jurisdiction", "service"),
)
_PROVIDERS = Table(
    "providers",
    "Who can produce services.",
    (
        _identifier("provider", "identifier"),
        Column("kind", "government, ngo or private", "choice", required=True, choices=KINDS),
        _text("name", "name to show"),
        _identifier(
            "supervisor",
            "jurisdiction that registers and supervises it; blank: no budget is charged",
            required=False,
            references="jurisdictions",
        ),
        _amount(
            "overhead_cost",
            "money/year",
            "registration and supervision of the provider once engaged",
            default=0.0,
        ),
        _share("quality", "quality or satisfaction expected"),
        _text("accredited_for", "services it may deliver, separated by ';'; blank: all"),
        _amount(
            "independent_income",
            "money/year",
            "income not from public money or fees, out of which it pays own funds; blank: unknown",
        ),
        _share("reliability", "record: probability of delivering as agreed"),
        _amount(
            "qualification_cost",
            "money/year",
            "public cost of bringing it up to the thresholds of a policy where it is below them; "
            "blank: it cannot qualify",
        ),
    ),
    ("provider",),
    required=True,
)
_OFFERS = Table(
    "offers",
    "What can be engaged: a provider's service in a mode from a site.",
    (
        _identifier("offer", "identifier"),
        _identifier("provider", "who produces", references="providers"),
        _identifier("service", "which service", references="services"),
        Column("mode", "the arrangement", "choice", required=True, choices=MODES),
        _identifier("region", "where its site is", references="regions"),
        _identifier(
            "arranger",
            "jurisdiction that engages and pays; blank: that of its region",
            required=False,
            references="jurisdictions",
        ),
        _LONGITUDE,
        _LATITUDE,
        *_SIZED,
        _amount(
            "price", "money/unit", "paid by a jurisdiction outside the arranger's", default=0.0
        ),
        _amount("user_fee", "money/unit", "part of the unit cost paid by users", default=0.0),
        _amount(
            "own_funds", "money/unit", "part of the unit cost paid by the provider", default=0.0
        ),
        _amount(
            "contract_cost", "money/year", "cost of making and keeping the contract", default=0.0
        ),
        _amount("supervision_cost", "money/unit", "cost of supervising delivery", default=0.0),
        _share("quality", "quality expected; blank: the provider's"),
        _amount(
            "switching_cost",
            "money/year",
            "cost of engaging it anew, or of ending it, against the baseline",
            default=0.0,
        ),
        _amount(
            "volunteer_capacity",
            "units/year",
            "volume volunteers can add to paid capacity, where a policy has volunteers",
            default=0.0,
        ),
        _identifier(
            "exclusive_group", "at most one offer of a group may be engaged", required=False
        ),
        Column(
            "required",
            "yes: must be engaged; forbidden: may not",
            "choice",
            choices=("yes", "forbidden"),
        ),
    ),
    ("offer",),
    required=True,
)
_SIZES = Table(
    "sizes",
    "Several capacities an offer can be engaged at; they replace the offer's own columns.",
    (
        _identifier("offer", "offer", references="offers"),
        _identifier("size", "identifier within the offer"),
        *_SIZED,
    ),
    ("offer", "size"),
    attributes=False,
)
_LINKS = Table(
    "links",
    "The whole list of admissible links; without it links are the pairs within reach.",
    (
        _identifier("offer", "offer", references="offers"),
        _identifier("region", "region it may serve", references="regions"),
        _amount("travel", "km", "travel of a user", required=True),
        _amount("access_cost", "money/unit", "blank: travel x the service's access_cost_per_km"),
    ),
    ("offer", "region"),
    attributes=False,
)
_BASELINE = Table(
    "baseline",
    "Today's plan: what share (or how many units) of each need each offer delivers.",
    (
        _identifier("offer", "offer, or last_resort", references="offers"),
        _identifier("region", "region served", references="regions"),
        _identifier("service", "service delivered", references="services"),
        _identifier("group", "group served", required=False, references="needs.group"),
        _share("share", "share of the need"),
        _amount("units", "units/year", "instead of share"),
        _identifier("size", "size engaged; blank: the cheapest that fits", required=False),
    ),
    ("offer", "region", "service", "group"),
)

TABLES: Mapping[str, Table] = {
    t.name: t
    for t in (
        _REGIONS,
        _JURISDICTIONS,
        _SERVICES,
        _NEEDS,
        _STANDARDS,
        _PROGRAMMES,
        _PROVIDERS,
        _OFFERS,
        _SIZES,
        _LINKS,
        _BASELINE,
    )
}
"""All tables by name, in reading order."""
