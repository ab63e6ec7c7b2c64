"""Random policies about provision mechanisms on random tiny instances.

A topic makes one mechanism decide; the instances are those of :mod:`tests.strategies`, with the
columns that the mechanism reads.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import Case, cost_cases, steps

__all__ = ["TOPICS", "mechanism_cases"]


@st.composite
def arrangements(draw: st.DrawFn, case: Case) -> None:
    """Kinds of providers, modes or both, for all services or one."""
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["kinds"] = draw(
            st.sampled_from([["government"], ["government", "ngo"], ["ngo", "private"]])
        )
    if not section or draw(st.booleans()):
        section["modes"] = draw(st.sampled_from([["direct"], ["direct", "contract"], ["grant"]]))
    if draw(st.integers(0, 3)) == 0:
        section["services"] = ["health"]
    case.document["arrangements"] = section


def fill(draw: st.DrawFn, rows: list[dict[str, Any]], column: str, values: list[Any]) -> None:
    """Give every row of a table one of these values in a column."""
    for row in rows:
        row[column] = draw(st.sampled_from(values))


def makers(case: Case, kind: str) -> None:
    """Let the first provider that is not government's be of a kind, so that the topic has one."""
    case.tables["providers"][1]["kind"] = kind


@st.composite
def qualification(draw: st.DrawFn, case: Case) -> None:
    """Thresholds of quality, record or both; some providers could reach them."""
    fill(draw, case.tables["providers"], "quality", [0.5, 0.7, 0.9, None])
    fill(draw, case.tables["providers"], "reliability", [0.8, 0.95, None])
    fill(draw, case.tables["providers"], "qualification_cost", [None, None, 0, 200, 800])
    fill(draw, case.tables["offers"], "quality", [None, None, 0.6, 0.95])
    section = {"minimum_quality": draw(st.sampled_from([0.65, 0.8]))}
    if draw(st.booleans()):
        section["minimum_reliability"] = 0.9
    if draw(st.booleans()):
        section["kinds"] = draw(st.sampled_from(["all", ["ngo"]]))
    case.document["qualification"] = section


@st.composite
def supervision(draw: st.DrawFn, case: Case) -> None:
    """Few contracts can be supervised."""
    fill(draw, _governments(case), "supervision_capacity", [0, 0, 1, 2, None])
    case.document["supervision"] = draw(st.sampled_from([{}, {"scale": 1.5}]))


@st.composite
def dependence(draw: st.DrawFn, case: Case) -> None:
    """NGOs with more or less income of their own."""
    makers(case, "ngo")
    fill(draw, case.tables["providers"], "independent_income", [0, 300, 2000, None, None])
    case.document["dependence"] = {"maximum": draw(st.sampled_from([0, 0.5, 0.7, 0.85]))}


@st.composite
def concentration(draw: st.DrawFn, case: Case) -> None:
    """A greatest share by one provider, a least number of providers, or both."""
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["minimum_providers"] = 2
    if not section or draw(st.booleans()):
        section["maximum_share"] = draw(st.sampled_from([0.3, 0.5, 0.75]))
        section["kinds"] = draw(st.sampled_from(["all", ["ngo"], ["ngo", "private"]]))
    if draw(st.integers(0, 2)) == 0:
        section["services"] = ["health"]
    case.document["concentration"] = section


@st.composite
def government_share(draw: st.DrawFn, case: Case) -> None:
    """Government's own part of core services, or of those named."""
    fill(draw, case.tables["services"], "core", ["yes", "yes", "no", None])
    section: dict[str, Any] = {"minimum": draw(st.sampled_from([0.3, 0.6, 1]))}
    if draw(st.booleans()):
        section["services"] = draw(st.sampled_from(["core", "all", ["health"]]))
    case.document["government_share"] = section


@st.composite
def ngo_share(draw: st.DrawFn, case: Case) -> None:
    """NGOs' part of every service, or of one."""
    makers(case, "ngo")
    section: dict[str, Any] = {"minimum": draw(st.sampled_from([0.2, 0.5, 1]))}
    if draw(st.integers(0, 2)) == 0:
        section["services"] = ["health"]
    case.document["ngo_share"] = section


@st.composite
def satisfaction(draw: st.DrawFn, case: Case) -> None:
    """A floor for needs, an average more widely, or both."""
    fill(draw, case.tables["providers"], "quality", [0.5, 0.7, 0.9])
    fill(draw, case.tables["offers"], "quality", [None, None, 0.6, 0.95])
    fill(draw, case.tables["services"], "last_resort_quality", [None, 0.4, 0.8])
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["floor"] = draw(st.sampled_from([0.55, 0.65, 0.8]))
    if not section or draw(st.booleans()):
        section["average"] = draw(st.sampled_from([0.6, 0.75, 0.85]))
        section["between"] = draw(st.sampled_from(["services", "regions", "groups"]))
    case.document["satisfaction"] = section


@st.composite
def takeover(draw: st.DrawFn, case: Case) -> None:
    """Government could stand in for an NGO, with some surge."""
    makers(case, "ngo")
    section: dict[str, Any] = {"share": draw(st.sampled_from([0.3, 0.6, 1]))}
    if draw(st.booleans()):
        section["surge"] = draw(st.sampled_from([1.2, 1.5]))
    if draw(st.integers(0, 3)) == 0:
        section["services"] = ["health"]
    case.document["takeover"] = section


@st.composite
def baseline(draw: st.DrawFn, case: Case) -> None:
    """Today: every need is served by one or two of its service's offers, or by none."""
    rows = []
    for need in case.tables["needs"]:
        offers = [o["offer"] for o in case.tables["offers"] if o["service"] == need["service"]]
        used = draw(st.lists(st.sampled_from(offers), max_size=2, unique=True))
        rows += [
            {
                "offer": offer,
                "region": need["region"],
                "service": need["service"],
                "group": need["group"],
                "share": draw(st.sampled_from([0.2, 0.4, 0.5])),
            }
            for offer in used
        ]
    if rows:
        case.tables["baseline"] = rows


@st.composite
def continuity(draw: st.DrawFn, case: Case) -> None:
    """Limits on change against today."""
    draw(baseline(case))
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["maximum_change"] = draw(st.sampled_from([0, 0.2, 0.5]))
    if draw(st.booleans()):
        section["maximum_new"] = draw(st.integers(0, 1))
    if not section or draw(st.booleans()):
        section["maximum_ended"] = draw(st.integers(0, 1))
    case.document["continuity"] = section


@st.composite
def switching(draw: st.DrawFn, case: Case) -> None:
    """Change costs."""
    draw(baseline(case))
    fill(draw, case.tables["offers"], "switching_cost", [0, 100, 700])
    case.document["objective"]["minimize"].append("switching")


@st.composite
def capacity_building(draw: st.DrawFn, case: Case) -> None:
    """Some sizes and offers need an investment, of which there is little."""
    for table in ("offers", "sizes"):
        rows = case.tables.get(table, [])
        fill(draw, rows, "investment", [None, 0, 1000, 6000])
        fill(draw, rows, "investment_years", [None, 1, 5])
    case.document["objective"]["minimize"].append("investment")
    maximum = draw(st.sampled_from([None, 0, 1000, 6000]))
    case.document["capacity_building"] = {"maximum": maximum} if maximum is not None else {}


@st.composite
def programmes(draw: st.DrawFn, case: Case) -> None:
    """Budgets of single services."""
    names = [s["service"] for s in case.tables["services"]]
    rows = [
        {"jurisdiction": j["jurisdiction"], "service": s, "budget": draw(steps(500, 4000, 500))}
        for j in _governments(case)
        for s in names
        if draw(st.booleans())
    ]
    if rows:
        case.tables["programmes"] = rows
    case.document["programmes"] = draw(st.sampled_from([{}, {"scale": 0.5}, {"scale": 1.5}]))


@st.composite
def grants(draw: st.DrawFn, case: Case) -> None:
    """Grants are matched by own funds, of which there is not more than independent income."""
    fill(draw, case.tables["offers"], "mode", ["grant", "grant", "contract"])
    fill(draw, case.tables["offers"], "own_funds", [0, 2, 8])
    fill(draw, case.tables["providers"], "independent_income", [0, 500, None])
    case.document["grants"] = draw(st.sampled_from([{}, {"maximum_share": 0.7}]))


@st.composite
def copayment(draw: st.DrawFn, case: Case) -> None:
    """Fees are capped."""
    fill(draw, case.tables["offers"], "user_fee", [0, 3, 6])
    fill(draw, case.tables["services"], "fee_cap", [0, 2, 4, None])
    case.document["copayment"] = draw(st.sampled_from([{}, {"scale": 0.5}]))


@st.composite
def volunteers(draw: st.DrawFn, case: Case) -> None:
    """Volunteers help offers, as far as their community has any."""
    fill(draw, case.tables["offers"], "volunteer_capacity", [0, 60, 200, 1000])
    fill(draw, case.tables["needs"], "volunteer_pool", [None, 0, 50, 150])
    case.document["volunteers"] = draw(st.sampled_from([{}, {"maximum_ratio": 0.25}]))
    case.document["coverage"]["target"] = draw(st.sampled_from([0.6, 0.9, 1]))


@st.composite
def transfers(draw: st.DrawFn, case: Case) -> None:
    """Budgets are small, and money may flow."""
    fill(draw, _governments(case), "budget", [0, 500, 1500, 6000, None])
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["pool"] = draw(st.sampled_from([0, 500, 3000]))
    if draw(st.booleans()):
        section["maximum_per_head"] = draw(st.sampled_from([1, 4]))
    if draw(st.booleans()):
        section["own_share"] = draw(st.sampled_from([0.2, 0.6]))
    section["horizontal"] = draw(st.booleans())
    section["cost_of_funds"] = draw(st.sampled_from([0, 0.25]))
    case.document["objective"]["minimize"].append("transfers")
    case.document["budgets"] = {}
    case.document["transfers"] = section


@st.composite
def vouchers(draw: st.DrawFn, case: Case) -> None:
    """Users choose, by travel alone or by quality as well."""
    fill(draw, case.tables["offers"], "mode", ["voucher", "voucher", "contract"])
    fill(draw, case.tables["offers"], "quality", [None, 0.4, 0.9])
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["quality_weight"] = draw(st.sampled_from([7, 53]))
    if draw(st.integers(0, 3)) == 0:
        section["modes"] = draw(st.sampled_from(["all", ["voucher", "contract"]]))
    case.document["vouchers"] = section
    case.document["coverage"]["target"] = draw(st.sampled_from([0.6, 0.9, 1]))


def _governments(case: Case) -> list[dict[str, Any]]:
    """The table of jurisdictions, made where the case has none."""
    homes = {r["jurisdiction"] for r in case.tables["regions"]} - {""}
    rows = case.tables.get("jurisdictions")
    if not rows:
        rows = [{"jurisdiction": name, "parent": "", "budget": None} for name in sorted(homes)]
        if rows:
            case.tables["jurisdictions"] = rows
    return rows


TOPICS = {
    "arrangements": arrangements,
    "qualification": qualification,
    "supervision": supervision,
    "dependence": dependence,
    "concentration": concentration,
    "government_share": government_share,
    "ngo_share": ngo_share,
    "satisfaction": satisfaction,
    "takeover": takeover,
    "continuity": continuity,
    "switching": switching,
    "capacity_building": capacity_building,
    "programmes": programmes,
    "grants": grants,
    "copayment": copayment,
    "volunteers": volunteers,
    "transfers": transfers,
    "vouchers": vouchers,
}
"""What decides, by the section of the model document."""


@st.composite
def mechanism_cases(draw: st.DrawFn, topic: str) -> Case:
    """An instance with a policy in which a mechanism decides."""
    case = draw(cost_cases()).changed()
    draw(TOPICS[topic](case))
    return case
