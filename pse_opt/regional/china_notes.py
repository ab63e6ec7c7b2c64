"""Chinese counties and districts: where figures come from, and what is assumed."""

from __future__ import annotations

from typing import Any

__all__ = ["ASSUMPTIONS", "CHECKS", "SOURCES"]

SOURCES: list[dict[str, Any]] = [
    {
        "title": "China population census 2020 by county, tables prepared by L. Dong et al. "
        "(github.com/leiii/census)",
        "year": 2020,
        "licence": "MIT",
    },
    {
        "title": "China county statistical yearbook figures of 2020, joined by county code",
        "year": 2020,
        "licence": "none stated; figures only",
    },
    {
        "title": "Coordinates of administrative divisions: cpca 0.5.5, adcodes.csv",
        "year": "",
        "licence": "MIT",
    },
    {
        "title": "Areas of urban districts: Wikipedia (Xingqing, Xixia, Yinchuan, Shizuishan, "
        "Litong, Hongsibu); Yuanzhou: xzqh.org after Ningxia Statistical Yearbook 2020; Shapotou: "
        "xing528.com/lilun/1135206.html",
        "year": 2020,
        "licence": "figures only; Wikipedia CC BY-SA",
    },
    {
        "title": "Ningxia health figures of 2018 (41,005 beds; 1,208,000 admissions), China "
        "Health Statistical Yearbook 2019 as quoted at huaon.com/story/481723",
        "year": 2018,
        "licence": "figures only",
    },
    {
        "title": "Ningxia statistical communique 2017: 6,817,900 residents",
        "year": 2017,
        "licence": "figures only",
    },
    {
        "title": "Statistical communique on health 2020 (National Health Commission): 9.101 "
        "million beds, of them 7.131 million in hospitals, 28.6 % of these private",
        "year": 2020,
        "licence": "figures only",
    },
    {
        "title": "Statistical communique on health 2019 (National Health Commission): people pay "
        "28.4 % of total health expenditure",
        "year": 2019,
        "licence": "figures only",
    },
    {
        "title": "Ministry of Finance, 28 January 2021: general public expenditure 2020 of "
        "24,558.8 billion CNY, education 3,633.7, health 1,920.1",
        "year": 2020,
        "licence": "figures only",
    },
    {
        "title": "Petersen, Hjelmar and Vrangbaek, Is contracting out of public services still "
        "the great panacea? Social Policy and Administration 52 (2018) 130-157, doi "
        "10.1111/spol.12297",
        "year": 2018,
        "licence": "citation",
    },
    {
        "title": "Ningxia: pupils of 2015 (yinchuan.baogaosu.com, 4 August 2015) and "
        "social-service beds of 2016 (statistical communique 2016)",
        "year": 2016,
        "licence": "figures only",
    },
]
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
# Totals of a province against published ones, by the first two digits of its code.
CHECKS = {
    "64": [
        "Check: with published areas of districts the units of Ningxia add up to 64,971 km2 "
        "(published for the region: 66,400).",
        "Check: with imputed beds Ningxia has 42,185 (published: 41,005 in 2018), with imputed "
        "pupils 1,036,882 (published for 2015: 867,000 in compulsory and 163,500 in all upper "
        "secondary schools).",
        "Check: with imputed beds of social-work institutions Ningxia has 27,752 (published for "
        "2016: 16,437), so those of districts may be too many.",
    ],
}
