"""Chinese counties and districts: what is assumed, of whom, at which level."""

from __future__ import annotations

import pandas as pd

from pse_opt.regional.china_groups import GROUPS
from pse_opt.regional.china_ngo import SEED, VARIANTS

__all__ = ["assumptions_of"]

ASSUMPTIONS = [
    "Money is in 10,000 CNY a year, prices of 2020.",
    "Data: people by age, residence and minority, and workers by industry (a sample of about 10 "
    "%), of all county-level units, from the 2020 census.",
    "Data: area, pupils, hospital beds, social-work institutions and their beds, fiscal revenue "
    "and expenditure of counties and county-level cities, 2020.",
    "Data: a unit's point is that of its administrative code, the seat of government; the datum "
    "is not stated.",
    "Data: areas of urban districts are published ones of different years, or, where none is "
    "listed, people over 1,500 per km2 (assumed).",
    "Assumed: hospital beds of urban districts are their health workers times beds per health "
    "worker in the province's counties.",
    "Assumed: pupils of urban districts are their school-age people times pupils per school-age "
    "person in the counties; school age is 6 to 14, and 60 % of those of 15 to 17.",
    "Assumed: social-work institutions and beds of urban districts are their people aged 65 and "
    "over times the counties' ratio.",
    "Assumed: fiscal revenue and expenditure of urban districts are their people times the median "
    "per head of the counties of the prefecture; they stand for district and city together.",
    "Derived: need for education is school-age people, one place each.",
    "Derived: need for hospital care is people x 0.177 admissions a head (Ningxia 2018) x 9 "
    "bed-days (assumed), with ages weighted 1.2 (0-4), 0.35 (5-14), 0.85 (15-64) and 3.0 (65 and "
    "over), scaled to that average (weights assumed).",
    "Assumed: need for elder care is 2.8 % of people aged 65-79 and 7 % of those of 80 and over.",
    "Assumed: need for public safety is 2.8 patrol hours a year for an urban person, 2.2 for a "
    "rural one, and 25 for a km2.",
    "Assumed: need for waste collection is 1.0 kg a day for an urban person, 0.6 for a rural one.",
    "Derived: government places are 92 % of pupils (8 % assumed private) x 1.08 in a wholly rural "
    "unit and 0.93 in a wholly urban one, where classes are oversized (assumed).",
    "Derived: government bed-days are 77.6 % of beds (private hospitals hold 28.6 % of hospital "
    "beds, and hospitals 78.4 % of beds, nationally in 2020) x 365 x 0.85 (assumed).",
    "Assumed: half of the beds of social-work institutions are government's, half NGOs'; 95 % can "
    "be occupied.",
    "Calibrated: government's capacity in public safety and environment is 90 % of the province's "
    "need, distributed by need x (workers per unit of need) ** 0.5; only the differences between "
    "units are data.",
    "Assumed: government can also run at 0.7 or 1.2 of today's capacity; fixed cost follows "
    "capacity ** 0.8, and added capacity costs an annuity of 10 % of its yearly cost.",
    "Derived: the standard cost of a pupil place is 14.8 % (education in national general public "
    "expenditure, 2020) of the counties' expenditure over their pupils.",
    "Assumed: standard costs of 1,000 CNY a bed-day, 30,000 a bed-year, 70 a patrol hour, 250 a "
    "tonne.",
    "Derived: a unit's cost is the standard times (expenditure per head over the province's) ** "
    "0.5, kept between 0.8 and 1.3; 35 % of it is fixed for government and 15 % for others "
    "(assumed).",
    "Users pay 28.4 % of hospital care (national health accounts 2019), and, assumed, 45 % of "
    "elder care, 15 % of waste collection, nothing for education and public safety.",
    "Assumed: number and capacity of non-government providers follow workers of the field x urban "
    "share x (revenue per head over the province's) ** 0.5; care associations follow institutions.",
    "Assumed: non-government capacity of the province is 8 % of pupil places, 22.4 % of beds "
    "(three fifths NGO), 15 % of the need for public safety, and 5 % (NGO) and 15 % (companies) "
    "of waste.",
    "Assumed: non-government providers stand 0.2 to 0.5 disc radii of the unit from its seat, in "
    "a drawn direction.",
    "Assumed: making a contract costs 2 % of its yearly value, supervision 4 % of unit cost, and "
    "registering and supervising a provider 100,000 CNY a year (NGO) or 50,000 (private).",
    "Assumed: NGOs bear up to 8 % of the cost from their own funds; quality (0.65-0.90, private "
    "0.60-0.85, government 0.75), reliability (0.80-0.95, private 0.85-0.97, government 0.97) and "
    "income apart from public money (10 % to 40 % of it) are drawn, uniform.",
    "Assumed: an engaged offer delivers at least 30 % of its capacity; another jurisdiction pays "
    "the full unit cost as price.",
    "Assumed: reach is 60 km for education, public safety and waste collection, 65 for hospital "
    "and 80 for elder care; each is more than the travel inside the largest unit (34 km).",
    "Assumed: a km of access costs 60 CNY a year for a pupil, 24 for a resident of a home "
    "(visits), 1.5 a bed-day or tonne and 0.5 a patrol hour.",
    "Assumed: last resort costs 1.6 times the mean unit cost at quality 0.6, a unit of need left "
    "unmet is charged 0.2 times; so neither replaces a floor or a target.",
    "Assumed: a jurisdiction can supervise one contract per 100 sampled workers of its public "
    "administration, and two at least.",
    "Public safety is a core function: every county government's offer is engaged.",
    "Assumed: a jurisdiction's budget is its expenditure x (14.8 % education + 7.8 % health + 6 % "
    "health insurance + 3 % other); prefectures and province hold 2 % and 4 % of their counties' "
    "for transfers.",
    "Today's plan: every unit is served by its own government, then by the institutions and "
    "non-government hospitals in it; no one crosses a boundary.",
]
# What is said of other provinces instead of the line that begins with the key.
ELSEWHERE = {
    "Data: a unit's point": "Data: a unit's point is that of its administrative code, the seat of "
    "government, or where the code is not listed that of the one place of its name in the "
    "province, or else the seat (or centre) of its prefecture; the datum is not stated.",
    "Data: areas of urban districts": "Derived: areas of units without one in the yearbook are "
    "their prefecture's polygon less its counties' areas, shared in proportion to urban people "
    "over 4,000 plus rural people over 200 per km2; where less than 3 % of the polygon is left, or "
    "its density is not between 10 and 10,000, they are that sum (assumed).",
    "Derived: need for hospital care": "Derived: need for hospital care is people weighted by age, "
    "1.2 (0-4), 0.35 (5-14), 0.85 (15-64) and 3.0 (65 and over), x 0.175 admissions x 9 bed-days, "
    "which gives Ningxia its 0.177 admissions a head in 2018 (weights and days assumed); the same "
    "rates by age hold everywhere.",
    "Assumed: need for public safety": "Assumed: need for public safety is 2.8 patrol hours a year "
    "for an urban person, 2.2 for a rural one, and 25 for a km2, of which at most 0.1 a person "
    "count, as land without people is not patrolled.",
    "Assumed: reach is": "Assumed: reach is 50 km for every service (60 to 80 in the instance of "
    "Ningxia alone, where seats are far apart); people of a unit live within a disc of at most 60 "
    "km radius around its point, so that travel inside a unit is at most 40 km.",
}
MORE = [
    "Data: development zones that the census lists without a code are units with one made of their "
    "prefecture's (Z1, Z2), and prefectures without counties are one unit each, so that all people "
    "are counted once.",
    "Assumed: where a province's capacity in a service, government's expanded, is below the need, "
    "or neither a unit's own capacity nor its share of all within reach is 0.85 of its need "
    "(two-step floating catchment area; Luo and Wang 2003, doi 10.1068/b29120), government can "
    "also build up to the unit's own need, on the terms of expansion.",
    f"Draws of a province come from seed {SEED} plus its code less 64.",
]
AGGREGATED = [
    "Derived: needs, offers, sizes, budgets and today's plan of a {0} are the sums of its "
    "counties', non-government offers by field and rank; unit costs are means by capacity, "
    "quality and reliability by volume.",
    "Derived: travel of a link is the mean over the need of its counties to the nearest of the "
    "offers summed, with the longest travel of the service where none is in reach; a link needs at "
    "least 1 % of the need in reach, and then may serve all of it, so sums are easier to serve "
    "than counties.",
    "Derived: a {0}'s point is the mean of its counties' points by people.",
]
NATION = "Assumed: the nation holds 5 % of the counties' budgets for transfers."
CHANGNING = (
    "Repaired: in the yearbook row of Changning (511524) pupils, beds and institutions stand one "
    "column to the right, with 27,492 as beds; they were moved back."
)
HOMES = (
    "Check: counties report more beds of social-work institutions than those of registered ones: "
    "in Fujian they alone have 92,709, where the whole province published 92,676 for 2020 (Fujian "
    "Statistical Yearbook 2021, table 19-4), so elder care's capacity may be too great by half."
)
# Totals of a province against published ones, by the first two digits of its code.
CHECKS = {
    "64": [
        "Check: with published areas of districts the units of Ningxia add up to 64,971 km2 "
        "(published for the region: 66,400).",
        "Check: with imputed beds Ningxia has 42,185 (published: 41,005 in 2018), with imputed "
        "pupils 1,036,882 (published for 2015: 867,000 in compulsory and 163,500 in all upper "
        "secondary schools).",
        "Check: with imputed beds of social-work institutions Ningxia has 27,752 (published for "
        "2016: 16,437); no later figure was found.",
    ],
    "all": [
        "Check: all 1,409,778,724 people of the provinces are counted; the nation's published "
        "1,411,778,724 include 2,000,000 in active service, who belong to none.",
        "Check: areas add up to 9,515,304 km2 (about 9.6 million published), hospital beds with "
        "imputed ones to 9,476,805 (9.101 million published), beds of social-work institutions to "
        "5,429,544.",
    ],
}


def assumptions_of(
    province: str, level: str, variant: str, groups: str, mended: pd.DataFrame
) -> list[str]:
    """Return every assumption in a sentence of its own.

    Parameters
    ----------
    province : str
        Two digits, or ``all``.
    level : {"county", "prefecture", "province"}
        What a region is.
    variant : {"central", "low", "high"}
        Cost level of non-government providers.
    groups : str
        Between which groups needs are split, blank for none.
    mended : DataFrame
        Figures taken as unknown: columns name, value, column.
    """
    lines = list(ASSUMPTIONS)
    if province != "64":
        lines = [elsewhere(line) for line in ASSUMPTIONS] + MORE
    if level != "county":
        lines += [line.format(level) for line in AGGREGATED]
    lines += [NATION] * (province == "all")
    lines += [GROUPS[groups][2]] if groups else []
    lines += [CHANGNING] * (province in ("51", "all"))
    if not mended.empty:
        cells = zip(mended["column"], mended["name"], mended["value"], strict=True)
        listed = ", ".join(f"{c.replace('_', ' ')} of {n} ({v:,.0f})" for c, n, v in cells)
        lines.append(
            "Repaired: imputed as for districts, because more than six robust standard deviations "
            f"from their province's median per head, are {listed}."
        )
    return [*lines, drawn(variant), HOMES, *CHECKS.get(province, [])]


def elsewhere(line: str) -> str:
    """Return what holds of other provinces than Ningxia."""
    for start, other in ELSEWHERE.items():
        if line.startswith(start):
            return other
    return line


def drawn(variant: str) -> str:
    """Return the assumption on the cost of non-government providers."""
    (low, high), (low_technical, high_technical) = VARIANTS[variant]
    return (
        "Assumed: what a non-government provider's service costs relative to government's, before "
        f"contract and supervision, is drawn once per provider, uniform between {low:.2f} and "
        f"{high:.2f}, in waste collection {low_technical:.2f} and {high_technical:.2f} (variant "
        f"{variant}, seed {SEED}); Petersen, Hjelmar and Vrangbaek (2018) find savings "
        "decreasing over time and greater in technical than in social services."
    )
