"""Chinese counties and districts: needs split between groups of their people."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pse_opt.regional.china_tables import (
    AGE_WEIGHT,
    HOURS_URBAN,
    TONNES_URBAN,
    weighted_people,
)

__all__ = ["GROUPS", "split", "split_baseline"]

# Names of the two groups, what the title says of them, and what is assumed.
GROUPS = {
    "residence": (
        ("urban", "rural"),
        "urban and rural people",
        "Assumed: urban and rural people of a unit have the same ages and today the same coverage; "
        "they differ in patrol hours and waste as stated, and the hours for area are rural.",
    ),
    "minority": (
        ("minority", "han"),
        "minorities and Han",
        "Assumed: people of ethnic minorities (data: their share of every unit) and Han of a unit "
        "have the same ages, residence and today the same coverage, and travel equally far; what "
        "puts a group behind is in which units its people live.",
    ),
    "age": (
        ("65-and-over", "under-65"),
        "people aged 65 and over and others",
        "Assumed: people aged 65 and over and others of a unit have today the same coverage; "
        "hospital care is split by the weights of their ages, education is wholly for others, "
        "elder care wholly for those aged 65 and over, patrol hours and waste go by people.",
    ),
}


def residence(units: pd.DataFrame, needs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return demand and heads of urban people, by the rates of each in patrol and waste."""
    share = units["urban"] / units["population"]
    urban = share * needs["demand"]
    urban = urban.mask(needs["service"] == "public_safety", HOURS_URBAN * units["urban"])
    urban = urban.mask(needs["service"] == "environment", TONNES_URBAN * units["urban"])
    return urban.round().mask(share == 1, needs["demand"]), share * needs["heads"]


def minority(units: pd.DataFrame, needs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return demand and heads of people of ethnic minorities."""
    share = units["minority_percent"] / 100
    return (share * needs["demand"]).round(), share * needs["heads"]


def age(units: pd.DataFrame, needs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return demand and heads of people aged 65 and over."""
    heads = units["people_65"] / units["population"]
    weighted = AGE_WEIGHT["people_65"] * units["people_65"] / weighted_people(units)
    demand = heads.mask(needs["service"] == "health", weighted)
    for service, whole in (("education", 0.0), ("elder_care", 1.0)):
        demand = demand.mask(needs["service"] == service, whole)
        heads = heads.mask(needs["service"] == service, whole)
    return (demand * needs["demand"]).round(), heads * needs["heads"]


Part = Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.Series, pd.Series]]
FIRST: dict[str, Part] = {"residence": residence, "minority": minority, "age": age}


def split(needs: pd.DataFrame, units: pd.DataFrame, groups: str) -> pd.DataFrame:
    """Split needs between two groups of each unit's people; what is left out has no demand.

    Parameters
    ----------
    needs : DataFrame
        Table of needs without groups.
    units : DataFrame
        As :func:`pse_opt.regional.china_units.read_units` returns them.
    groups : {"residence", "minority", "age"}
        One of ``GROUPS``.
    """
    home = units.loc[needs["region"]].reset_index(drop=True)
    demand, heads = FIRST[groups](home, needs)
    demand, heads = demand.clip(upper=needs["demand"]), heads.round()
    names = GROUPS[groups][0]
    first = needs.assign(group=names[0], demand=demand, heads=heads)
    rest = {"demand": needs["demand"] - demand, "heads": needs["heads"] - heads}
    both = pd.concat([first, needs.assign(group=names[1], **rest)]).sort_index(kind="stable")
    both = both[["region", "group", "service", "demand", "heads"]]
    return both[both["demand"] > 0].reset_index(drop=True)


def split_baseline(plan: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """Give both groups of a region the same share of today's plan."""
    groups = needs[["region", "service", "group"]]
    both = plan.merge(groups, on=["region", "service"], how="left")
    return both[["offer", "region", "service", "group", "share"]]
