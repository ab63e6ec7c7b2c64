"""Which sets of engaged offers the rules of mechanisms admit, for :mod:`tests.oracle`."""

from __future__ import annotations

from typing import Any

from tests.oracle_tables import Record, cell

Engaged = list[tuple[Record, Record]]


def named(chosen: Any, word: str) -> bool:
    """Whether a choice names a word, or all."""
    return chosen == "all" or word in chosen


def kind(case: Any, offer: Record) -> str:
    return case.providers[offer["provider"]]["kind"]


def reached(case: Any, offer: Record, need: Record) -> bool:
    """Whether an offer may serve a need."""
    same = offer["service"] == need["service"]
    return same and (offer["offer"], need["region"]) in case.travel


def allowed(case: Any, engaged: Engaged) -> bool:
    """Whether the rules on engagements admit this set."""
    rules = (_arrangements, _qualified, _supervised, _choice, _invested, _continued)
    return all(rule(case, engaged) for rule in rules)


def _arrangements(case: Any, engaged: Engaged) -> bool:
    section = case.document.get("arrangements")
    if section is None:
        return True
    return all(
        named(section.get("kinds", "all"), kind(case, offer))
        and named(section.get("modes", "all"), offer["mode"])
        for offer, _ in engaged
        if named(section.get("services", "all"), offer["service"])
    )


def _below(case: Any, offer: Record) -> bool:
    """Whether an offer is below a threshold."""
    section = case.document.get("qualification")
    if section is None or not named(section.get("kinds", ["ngo", "private"]), kind(case, offer)):
        return False
    maker = case.providers[offer["provider"]]
    quality = cell(offer, "quality", cell(maker, "quality"))
    for value, word in ((quality, "quality"), (cell(maker, "reliability"), "reliability")):
        least = section.get(f"minimum_{word}")
        if least is not None and value is not None and value < least:
            return True
    return False


def _qualified(case: Any, engaged: Engaged) -> bool:
    makers = [case.providers[o["provider"]] for o, _ in engaged if _below(case, o)]
    return all(cell(maker, "qualification_cost") is not None for maker in makers)


def qualifying(case: Any, engaged: Engaged) -> dict[str, float]:
    """What it costs to bring each provider up to the thresholds."""
    names = {o["provider"] for o, _ in engaged if _below(case, o)}
    return {p: cell(case.providers[p], "qualification_cost", 0.0) for p in names}


def _supervised(case: Any, engaged: Engaged) -> bool:
    section = case.document.get("supervision")
    if section is None:
        return True
    for line in case.tables.get("jurisdictions", ()):
        most = cell(line, "supervision_capacity")
        mine = [
            o
            for o, _ in engaged
            if kind(case, o) != "government" and case.arranger(o) == line["jurisdiction"]
        ]
        if most is not None and len(mine) > section.get("scale", 1.0) * most + 1e-9:
            return False
    return True


def _choice(case: Any, engaged: Engaged) -> bool:
    section = case.document.get("concentration", {})
    least = section.get("minimum_providers", 1)
    if least <= 1:
        return True
    for need in case.needs:
        near = {o["provider"] for o, _ in engaged if reached(case, o, need)}
        if named(section.get("services", "all"), need["service"]) and len(near) < least:
            return False
    return True


def _invested(case: Any, engaged: Engaged) -> bool:
    most = case.document.get("capacity_building", {}).get("maximum")
    return most is None or sum(cell(size, "investment", 0.0) for _, size in engaged) <= most


def yearly(size: Record) -> float:
    """The yearly part of an investment."""
    return cell(size, "investment", 0.0) / cell(size, "investment_years", 10.0)


def today(case: Any) -> dict[tuple[int, str], float]:
    """What share of each need each offer delivers today."""
    keys = {(n["region"], cell(n, "group", ""), n["service"]): k for k, n in enumerate(case.needs)}
    return {
        (keys[row["region"], cell(row, "group", ""), row["service"]], row["offer"]): row["share"]
        for row in case.tables.get("baseline", ())
        if row["offer"] != "last_resort"
        and (row["region"], cell(row, "group", ""), row["service"]) in keys
    }


def _continued(case: Any, engaged: Engaged) -> bool:
    section = case.document.get("continuity")
    if section is None or "baseline" not in case.tables:
        return True
    before, after = {offer for _, offer in today(case)}, {o["offer"] for o, _ in engaged}
    for word, changed in (("new", after - before), ("ended", before - after)):
        most = section.get(f"maximum_{word}")
        if most is not None and len(changed) > most:
            return False
    return True


def switching(case: Any, engaged: Engaged) -> float:
    """What it costs to engage offers anew and to end those of today."""
    if "baseline" not in case.tables:
        return 0.0
    costs = {o["offer"]: cell(o, "switching_cost", 0.0) for o in case.tables["offers"]}
    before, after = {offer for _, offer in today(case)}, {o["offer"] for o, _ in engaged}
    return sum(costs[offer] for offer in before ^ after)
