"""The tables of an instance: one definition that reads, validates and documents each of them.

Every table is a :class:`Table` of :class:`Column` objects. Reading (:mod:`pse_opt.reading`), the
data dictionary and the templates of new instances all come from these definitions.
"""

from __future__ import annotations

from collections.abc import Mapping

from pse_opt.columns import Column, Table, amount, identifier, share, text

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

_LONGITUDE = Column(
    "longitude", "longitude (WGS84)", "number", "degrees", minimum=-180.0, maximum=180.0
)
_LATITUDE = Column("latitude", "latitude (WGS84)", "number", "degrees", minimum=-90.0, maximum=90.0)
_SIZED = (
    amount("capacity", "units/year", "greatest volume it can deliver", required=True),
    amount("minimum_volume", "units/year", "least volume once engaged", default=0.0),
    amount("fixed_cost", "money/year", "public cost of engaging it at all", required=True),
    amount(
        "unit_cost", "money/unit", "part of the unit cost paid from public money", required=True
    ),
    amount("investment", "money", "public money spent once to be able to deliver", default=0.0),
    amount(
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
        identifier("region", "identifier"),
        amount("population", "people", "inhabitants", required=True),
        text("name", "name to show"),
        text("name_local", "name in the local language"),
        identifier(
            "jurisdiction",
            "who arranges and pays for the region",
            required=False,
            references="jurisdictions",
        ),
        _LONGITUDE,
        _LATITUDE,
        amount("area_km2", "km2", "area"),
    ),
    ("region",),
    required=True,
)
_JURISDICTIONS = Table(
    "jurisdictions",
    "Governments that arrange and pay; they may nest.",
    (
        identifier("jurisdiction", "identifier"),
        identifier(
            "parent", "the jurisdiction above it", required=False, references="jurisdictions"
        ),
        text("name", "name to show"),
        amount(
            "budget", "money/year", "public money it may spend on the services; blank: no limit"
        ),
        amount(
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
        identifier("service", "identifier"),
        Column("unit", "natural unit per year", "text", required=True),
        text("name", "name to show"),
        amount(
            "reach_km", "km", "greatest travel at which an offer may serve a need", required=True
        ),
        amount("access_cost_per_km", "money/(unit km)", "users' cost of travel", default=0.0),
        amount("travel_cap", "km", "travel charged to unmet need; blank: reach_km"),
        Column(
            "core",
            "core function, of which government keeps a share",
            "flag",
            default=False,
        ),
        amount(
            "last_resort_cost", "money/unit", "cost of provision by government outside the offers"
        ),
        share("last_resort_quality", "quality of last-resort provision"),
        amount("last_resort_travel", "km", "travel to last-resort provision; blank: travel_cap"),
        amount("last_resort_cap", "units/year", "greatest last-resort volume; blank: no limit"),
        amount("unmet_penalty", "money/unit", "price of a unit of need left unmet", default=0.0),
        amount(
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
        identifier("region", "region", references="regions"),
        identifier("service", "service", references="services"),
        amount("demand", "units/year", "population x incidence x standard", required=True),
        identifier("group", "part of the region's population", required=False),
        amount("heads", "people", "people concerned; blank: the region's population"),
        amount(
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
        identifier("service", "service", references="services"),
        identifier("jurisdiction", "only there", required=False, references="jurisdictions"),
        identifier("region", "only there", required=False, references="regions"),
        identifier("group", "only for this group", required=False, references="needs.group"),
        share("floor", "least coverage of every need it matches"),
        share("target", "least need-weighted average coverage of the needs it matches"),
    ),
    ("service", "jurisdiction", "region", "group"),
)
_PROGRAMMES = Table(
    "programmes",
    "Budgets of service programmes: what a jurisdiction may spend on one service.",
    (
        identifier("jurisdiction", "who spends", references="jurisdictions"),
        identifier("service", "on which service", references="services"),
        amount("budget", "money/year", "public money it may spend on the service", required=True),
    ),
    ("jurisdiction", "service"),
)
_PROVIDERS = Table(
    "providers",
    "Who can produce services.",
    (
        identifier("provider", "identifier"),
        Column("kind", "government, ngo or private", "choice", required=True, choices=KINDS),
        text("name", "name to show"),
        identifier(
            "supervisor",
            "jurisdiction that registers and supervises it; blank: no budget is charged",
            required=False,
            references="jurisdictions",
        ),
        amount(
            "overhead_cost",
            "money/year",
            "registration and supervision of the provider once engaged",
            default=0.0,
        ),
        share("quality", "quality or satisfaction expected"),
        text("accredited_for", "services it may deliver, separated by ';'; blank: all"),
        amount(
            "independent_income",
            "money/year",
            "income not from public money or fees, out of which it pays own funds; blank: unknown",
        ),
        share("reliability", "record: probability of delivering as agreed"),
        amount(
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
        identifier("offer", "identifier"),
        identifier("provider", "who produces", references="providers"),
        identifier("service", "which service", references="services"),
        Column("mode", "the arrangement", "choice", required=True, choices=MODES),
        identifier("region", "where its site is", references="regions"),
        identifier(
            "arranger",
            "jurisdiction that engages and pays; blank: that of its region",
            required=False,
            references="jurisdictions",
        ),
        _LONGITUDE,
        _LATITUDE,
        *_SIZED,
        amount("price", "money/unit", "paid by a jurisdiction outside the arranger's", default=0.0),
        amount("user_fee", "money/unit", "part of the unit cost paid by users", default=0.0),
        amount(
            "own_funds", "money/unit", "part of the unit cost paid by the provider", default=0.0
        ),
        amount(
            "contract_cost", "money/year", "cost of making and keeping the contract", default=0.0
        ),
        amount("supervision_cost", "money/unit", "cost of supervising delivery", default=0.0),
        share("quality", "quality expected; blank: the provider's"),
        amount(
            "switching_cost",
            "money/year",
            "cost of engaging it anew, or of ending it, against the baseline",
            default=0.0,
        ),
        amount(
            "volunteer_capacity",
            "units/year",
            "volume volunteers can add to paid capacity, where a policy has volunteers",
            default=0.0,
        ),
        identifier(
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
        identifier("offer", "offer", references="offers"),
        identifier("size", "identifier within the offer"),
        *_SIZED,
    ),
    ("offer", "size"),
    attributes=False,
)
_LINKS = Table(
    "links",
    "The whole list of admissible links; without it links are the pairs within reach.",
    (
        identifier("offer", "offer", references="offers"),
        identifier("region", "region it may serve", references="regions"),
        amount("travel", "km", "travel of a user", required=True),
        amount("access_cost", "money/unit", "blank: travel x the service's access_cost_per_km"),
    ),
    ("offer", "region"),
    attributes=False,
)
_BASELINE = Table(
    "baseline",
    "Today's plan: what share (or how many units) of each need each offer delivers.",
    (
        identifier("offer", "offer, or last_resort", references="offers"),
        identifier("region", "region served", references="regions"),
        identifier("service", "service delivered", references="services"),
        identifier("group", "group served", required=False, references="needs.group"),
        share("share", "share of the need"),
        amount("units", "units/year", "instead of share"),
        identifier("size", "size engaged; blank: the cheapest that fits", required=False),
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
