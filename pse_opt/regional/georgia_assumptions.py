"""Georgia: every assumed number, the sources, and what is data and what is not."""

from __future__ import annotations

from typing import Any

import pandas as pd

SEED, STATE = 1990, "georgia"
COUNTIES = "usa_georgia159/GData_utm.csv"
SHAPES = "usa_counties/contiguous_usa_by_county_since_2001.geojson"
# Reach in km; users' (or carers') cost in USD per unit and km; government's average cost in USD per
# unit in a wholly urban county of median need.
SERVICES = pd.DataFrame(
    [
        ("primary_care", "visits", "Primary care for the poor", 45, 0.32, 60.0),
        ("elder_care", "hours of home care", "Home care for the old", 45, 0.16, 10.0),
    ],
    columns=["service", "unit", "name", "reach_km", "access_cost_per_km", "cost"],
).set_index("service", drop=False)
VISITS, HOURS, HELPED = 2.7, 260.0, 0.08
# Groups: the share that divides a county, names of its two parts, and how many times as often the
# first is poor and aged 65 and over.
GROUPS = {
    "residence": ("rural", ("rural", "urban"), 1.0, 1.0),
    "race": ("black", ("black", "other"), 3.5, 0.75),
}
# Cost of others relative to government before contract and supervision.
VARIANTS = {"low": (0.75, 1.00), "central": (0.80, 1.10), "high": (0.95, 1.25)}
# Government: capacity over the state's need, and how much of it follows people rather than need.
PUBLIC_CAPACITY, PER_HEAD = 0.75, 0.5
DIFFICULTY, SCALE, CLIP = 0.20, -0.10, (0.80, 1.25)
# Others: service, kind, mean number in a county of average attraction, capacity over the
# state's need, shares of the cost that are fixed, users' and own, title.
FIELDS = pd.DataFrame(
    [
        ("clinic", "primary_care", "ngo", 0.45, 0.30, 0.25, 0.00, 0.10, "{} health center"),
        ("care", "elder_care", "ngo", 0.45, 0.25, 0.20, 0.00, 0.08, "{} senior services"),
        ("practice", "primary_care", "private", 0.35, 0.20, 0.15, 0.10, 0.00, "{} practice"),
        ("agency", "elder_care", "private", 0.35, 0.20, 0.10, 0.15, 0.00, "{} care agency"),
    ],
    columns=[
        *("field", "service", "kind", "number"),
        *("capacity", "fixed", "users", "own", "title"),
    ],
).set_index("field", drop=False)
MODES = {"government": "direct", "ngo": "contract", "private": "voucher"}
MOST = 6
SMALLEST = {"primary_care": 2100, "elder_care": 6000}
PUBLIC_FIXED, MINIMUM, CONTRACT, SUPERVISION = 0.35, 0.10, 0.03, 0.05
OVERHEAD = {"government": 0, "ngo": 10_000, "private": 5_000}
QUALITY = {"government": 0.75, "ngo": 0.80, "private": 0.75}
RELIABILITY = {"government": 0.95, "ngo": 0.88, "private": 0.90}
TODAY_RURAL = 0.75
BUDGET, STATE_BUDGET = 1.00, 0.10
SOURCES = [
    {"title": title, "year": year, "licence": licence}
    for title, year, licence in (
        ("1990 census of Georgia by county (GData_utm.csv, the data set of geographically weighted "
         "regression), as shipped with libpysal 4.14.1", 1990,
         "BSD-3-Clause; US census, public domain"),
        ("US Census Bureau: counties of the contiguous United States, names, land area and shapes, "
         "as shipped with cartogram-cpp", 2021, "public domain"),
        ("National Ambulatory Medical Care Survey: 1991 Summary, Advance Data 230", 1993,
         "public domain; figure only"),
        ("Harpine, McNeil and Lamas: The need for personal assistance with everyday activities, "
         "Current Population Reports P-70, No. 19", 1990, "public domain; figure only"),
        ("Bel, Fageda and Warner: Is private production of public services cheaper than public "
         "production? J Policy Analysis and Management 29 (3), 553-577", 2010, "citation"),
    )
]  # fmt: skip
ASSUMPTIONS = [
    # Data
    "Data: people of the 159 counties and the shares that are rural, poor, aged 65 and over, "
    "Black, foreign-born or hold a bachelor's degree are those of the 1990 census.",
    "Data: a county's point is the longitude and latitude of the census file; its metres are UTM "
    "zone 16 and agree with them within 18 km. Names and land areas are those of 2021.",
    # Derived
    "Derived: a county's people are divided by its rural (or Black) share, rounded to persons, so "
    "that heads of the groups add up to its population; counties wholly rural have one group.",
    "Derived: need for primary care at public expense = poor people x 2.7 visits a year, the rate "
    "of all people in 1991 (National Ambulatory Medical Care Survey).",
    "Derived: need for home care = people aged 65 and over x 8 % (assumed) x 260 hours a year "
    "(assumed, five a week) x (1 + poverty): people of low income need help about twice as often "
    "(Harpine et al. 1990).",
    "Derived: government's average cost in a county = 60 USD a visit, 10 USD an hour (assumed, "
    "prices of 1990) x (1 + 0.20 x rural share) x (need / median need) ** -0.10, the last factor "
    "between 0.80 and 1.25: fewer people further apart cost more (assumed).",
    "Derived: a county's budget follows its people above the poverty line; all together have the "
    "cost of meeting the whole need at government's average cost, the state 10 % more for "
    "transfers (assumed).",
    # Assumed: groups
    "Assumed: all offers stand at the county's point and serve all groups; the rural and urban "
    "people of a county travel equally far, at least two thirds of the radius of a disc of its "
    "area, which is an estimate. What puts rural people behind is where they live: counties with "
    "less supply per need, dearer delivery and longer ways.",
    "Assumed: today no offer crosses a boundary; rural people have at most 0.75 of the coverage of "
    "their county's urban people, whose share follows the capacity in the county.",
    # Assumed: offers
    "Assumed: every county has one government offer for each service (health department, agency on "
    "ageing); together they can meet 75 % of the state's need, half of it distributed by people "
    "and half by need, as grants per head do: poor counties have less per need.",
    "Assumed: no list of other providers is used. Their number in a county (at most six of a "
    "field) and their capacity follow the root of its attraction, with seeded draws: poor people "
    "for health centres, old people x (graduates) ** 0.5 for senior services, urban people x "
    "graduates for practices, old urban people x graduates for care agencies.",
    "Assumed: health centres can meet 30 % of the state's need for primary care and practices 20 "
    "%; senior services 25 % of that for home care and agencies 20 %; the smallest are 2,100 "
    "visits (half a physician at 4,200 a year, the productivity standard of such centres) and "
    "6,000 hours (three carers).",
    "Assumed: fixed cost is 35 % of the cost at full capacity for government, 25 % for health "
    "centres, 20 % for senior services, 15 % for practices, 10 % for agencies.",
    "Assumed: non-profits bear 10 % (health centres) or 8 % of their cost from own funds; users "
    "pay 10 % of visits to practices and 15 % of agencies' hours; government is free.",
    "Assumed: a contract costs 3 % of its yearly value, supervision 5 % of the unit cost, "
    "registration 10,000 USD a year for a non-profit and 5,000 for a private provider; an offer "
    "other than government's starts at 10 % of its capacity.",
    "Assumed: quality and reliability are 0.75 and 0.95 for government, 0.80 and 0.88 for "
    "non-profits, 0.75 and 0.90 for private providers.",
    "Assumed: a km costs 0.16 USD (the tax allowance of 26 cents a mile in 1990): a visit is a "
    "way there and back, an hour of home care half such a way of the carer.",
    "Assumed: reach is 45 km between points; unmet need is charged this travel and has no other "
    "price, because floors and targets say how much must be met.",
    "Assumed: last resort costs 1.6 times the mean government cost at quality 0.60; a county "
    "served by another's offer pays its average cost.",
]

BETWEEN = {
    "residence": "Assumed: poverty and age of a county are the same in its rural and urban part.",
    "race": "Assumed: in every county Black people are poor 3.5 times as often as others and 0.75 "
    "times as often aged 65 and over; no published ratio of the counties was found.",
}


def about_of(variant: str, groups: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    low, high = VARIANTS[variant]
    drawn = (
        "Assumed: published comparisons find no systematic saving by contracting out (Bel et al. "
        "2010); what an offer other than government's costs relative to it is drawn once per "
        f"offer, uniform between {low:.2f} and {high:.2f} (variant {variant}, seed {SEED})."
    )
    parts = " and ".join(p.capitalize() if groups == "race" else p for p in GROUPS[groups][1])
    return {
        "schema": 1,
        "name": "us-georgia" + ("" if groups == "residence" else f"-{groups}"),
        "title": f"Georgia (US): primary and elder care of {parts} people in 159 counties",
        "description": "County health departments and agencies on ageing, non-profit health "
        "centres and senior services, and private practices and care agencies deliver primary care "
        f"and home care to the {parts} people of every county: an instance for equity between "
        "groups.",
        "currency": "USD",
        "year": 1990,
        "seed": SEED,
        "sources": SOURCES,
        "assumptions": [*ASSUMPTIONS, BETWEEN[groups], drawn],
    }
