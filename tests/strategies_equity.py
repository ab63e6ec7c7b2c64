"""Random tiny instances and policies that are about equality, for every level and measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.strategies import COSTS, Case, Records, steps, tables

MOST_OFFERS = 4
SHARES = ("coverage", "satisfaction", "access")
BENEFITS = (*SHARES, "units_per_head", "quality_units_per_head")
MEASURES = (
    *("floor", "ceiling", "band", "range", "ratio", "hoover", "gini"),
    *("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation", "quantile_share"),
    *("worst_mean", "poverty_gap", "envy", "shortfall", "lorenz", "kolm_pollak"),
)
OF_BURDENS = ("ceiling", "worst_mean", "shortfall", "kolm_pollak")
RELATIVE = (
    *("band", "ratio", "hoover", "gini", "theil", "mean_log_deviation", "atkinson"),
    *("coefficient_of_variation", "quantile_share"),
)
WITH_TODAY = ("shortfall", "lorenz")
FLOOR_LIKE = ("floor", "worst_mean", "kolm_pollak")
FRACTIONS = st.sampled_from([0.2531, 0.4973, 0.6511, 0.7927, 0.9041, 1.3])
"""No round numbers, so that no bound can just be kept by a plan at a corner."""


@dataclass(frozen=True)
class Equity(Case):
    """An instance and a policy whose first entry is to be bounded.

    The bound is a fraction of what the measure is without it, so that it binds.
    """

    fraction: float = 1.0

    @property
    def entry(self) -> dict[str, Any]:
        """The entry that the case is about."""
        found: dict[str, Any] = self.document["equalization"][0]
        return found

    def bounded(self, bound: float) -> Equity:
        """The same with a bound."""
        other = self.changed()
        other.entry["minimum" if floor_like(self.entry) else "maximum"] = bound
        return other


def floor_like(entry: dict[str, Any]) -> bool:
    """Whether the bound of an entry is a minimum."""
    return entry["measure"] in FLOOR_LIKE and entry["level"] != "travel"


@st.composite
def equity_tables(draw: st.DrawFn, *, today: bool, prices: bool) -> dict[str, Records]:
    """A tiny instance with qualities, and a baseline where one is needed."""
    given = draw(tables("equality"))
    given["offers"] = given["offers"][:MOST_OFFERS]
    names = {o["offer"] for o in given["offers"]}
    for table in ("sizes", "links"):
        if table in given:
            given[table] = [row for row in given[table] if row["offer"] in names]
    for service in given["services"]:
        service["last_resort_quality"] = draw(st.sampled_from([0.2, 0.5]))
    for offer in given["offers"]:
        offer["quality"] = draw(st.sampled_from([0.4, 0.6, 0.8, 1]))
        offer["price"] = offer["price"] if prices else 0
        offer["required"] = None if offer["required"] == "yes" else offer["required"]
    lines = draw(baseline(given))
    if lines and (today or draw(st.booleans())):
        given["baseline"] = lines
    return {name: rows for name, rows in given.items() if rows}


@st.composite
def baseline(draw: st.DrawFn, given: dict[str, Records]) -> Records:
    """Today every offer serves its own region, one offer at most for each need."""
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for need in given["needs"]:
        for offer in given["offers"]:
            here = (offer["service"], offer["region"]) == (need["service"], need["region"])
            if here and offer["required"] != "forbidden":
                share = draw(st.sampled_from([0.2, 0.4, 0.7]))
                key = (need["region"], need["group"], need["service"])
                line = dict(zip(("region", "group", "service"), key, strict=True))
                lines[key] = {**line, "offer": offer["offer"], "share": share}
    return list(lines.values())


@st.composite
def entries(
    draw: st.DrawFn, given: dict[str, Records], measure: str, *, burden: bool | None = None
) -> dict[str, Any]:
    """An entry without a bound, of a benefit or of a burden, or of either."""
    if burden is None:
        burden = measure in OF_BURDENS and draw(st.integers(0, 2)) == 0
    level = "travel" if burden else draw(st.sampled_from(BENEFITS))
    grouped = any(n["group"] for n in given["needs"])
    governed = len({r["jurisdiction"] for r in given["regions"]} - {""}) > 1
    between = ["regions", "regions", *(["jurisdictions"] if governed else [])]
    between += ["groups", "groups-within-regions"] if grouped else []
    if measure == "kolm_pollak" and burden:
        between += ["people"] * 2
    if measure == "envy":
        between = ["regions"]
    entry: dict[str, Any] = {"name": "fair", "measure": measure, "level": level}
    entry["between"] = draw(st.sampled_from(between))
    if governed and not burden and measure != "envy" and draw(st.integers(0, 5)) == 0:
        entry |= {"level": "spending_per_head", "between": "jurisdictions"}
    if entry["level"] == "access":
        entry["full_access_km"] = draw(st.sampled_from([0, 5, 25, 100]))
    if len(given["services"]) > 1 and entry["between"] != "people" and draw(st.booleans()):
        entry["services"] = [s["service"] for s in given["services"]]
        if draw(st.booleans()):
            entry["index_weights"] = {"health": 3.0}
    return entry | draw(parameters(entry))


@st.composite
def parameters(draw: st.DrawFn, entry: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a measure, or none."""
    measure = entry["measure"]
    if measure == "envy":
        return {"neighbour_km": draw(st.sampled_from([15, 30, 60]))}
    if measure == "atkinson":
        return {"aversion": draw(st.sampled_from([0.5, 0.8, 1, 2]))}
    if measure in ("quantile_share", "worst_mean") and draw(st.booleans()):
        return {"quantile": draw(st.sampled_from([0.1, 0.35, 0.5]))}
    if measure == "poverty_gap" and entry["level"] not in SHARES:
        return {"standard": 5.0 if entry["level"] == "spending_per_head" else 0.5}
    if measure == "kolm_pollak" and draw(st.booleans()):
        if entry["level"] in (*SHARES, "travel") and draw(st.booleans()):
            return {"kappa": 0.08 if entry["level"] == "travel" else 4.0}
        return {"aversion": draw(st.sampled_from([0.5, 2]))}
    return {}


@st.composite
def equity_cases(
    draw: st.DrawFn, measure: str, *, prices: bool = False, burden: bool | None = None
) -> Equity:
    """A policy of least cost with an entry that is measured only."""
    given = draw(equity_tables(today=measure in WITH_TODAY, prices=prices))
    if measure in WITH_TODAY and "baseline" not in given:
        measure = "ceiling" if burden else "range"
    floor = draw(st.sampled_from([0, 0, 0, 0, 0.2]))
    target = draw(st.sampled_from([0.2, 0.35, 0.5]))
    document: dict[str, Any] = {
        "name": "random",
        "coverage": {"floor": floor, "target": target},
        "objective": {"minimize": list(COSTS)},
        "equalization": [draw(entries(given, measure, burden=burden))],
    }
    if draw(st.integers(0, 2)) == 0:
        document["last_resort"] = {"maximum_share": draw(st.sampled_from([0.2, 0.5]))}
    return Equity(given, document, draw(FRACTIONS))


@st.composite
def welfare_cases(draw: st.DrawFn, kind: str) -> Equity:
    """A policy of greatest welfare within a budget."""
    case = draw(equity_cases(kind if kind == "kolm_pollak" else "range", burden=False))
    case.document["total_budget"] = {"maximum": draw(steps(1000, 8000, 500))}
    case.document["coverage"] = {"floor": draw(st.sampled_from([0, 0, 0.1]))}
    case.document["objective"] = {"maximize": kind}
    if draw(st.integers(0, 2)) == 0:
        case.document["objective"]["then"] = list(COSTS)
    return case


@st.composite
def least_inequality_cases(draw: st.DrawFn, measure: str, *, burden: bool | None = None) -> Equity:
    """A policy of least inequality within a budget."""
    case = draw(equity_cases(measure, burden=burden))
    case.document["total_budget"] = {"maximum": draw(steps(2000, 12000, 500))}
    case.document["objective"] = {"minimize_inequality": "fair"}
    if draw(st.integers(0, 2)) == 0:
        case.document["objective"]["then"] = list(COSTS)
    return case
