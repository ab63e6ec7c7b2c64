"""Kenya: assumed numbers, the sources, and what is data and what is not."""

from __future__ import annotations

from pse_opt.regional.africa_assumptions import Setting

CENTRE = "kenya"
# Need per head and year; weight of a person from this age on, scaled so that the average is it.
PER_HEAD = {"primary_care": 1.4, "hospital_care": 0.18}
WEIGHTS = {
    "primary_care": {0: 2.0, 5: 0.6, 15: 0.9, 65: 1.5},
    "hospital_care": {0: 1.6, 5: 0.5, 15: 0.9, 65: 2.5},
}
CHILD_SURVIVAL, LISTED_BIRTHS = 0.95, 0.85
SPENDING_PER_HEAD = 2427.0
SETTINGS = {
    "counties": Setting(
        CENTRE,
        {"small": 80, "centre": 24},
        {"primary_care": 40.0, "maternal_care": 40.0, "hospital_care": 60.0},
    ),
    "subcounties": Setting(
        CENTRE,
        {"small": 40, "centre": 6},
        {"primary_care": 20.0, "maternal_care": 20.0, "hospital_care": 30.0},
        {"primary_care": 1.75, "maternal_care": 2.25, "hospital_care": 3.5},
    ),
}
# Counties of the facility list under another name.
ALIASES = {
    "Homabay": "Homa Bay", "Nairobi": "Nairobi City", "Transzoia": "Trans Nzoia",
    "Taveta": "Taita Taveta",
}  # fmt: skip
# Sub-counties that the census's table of ages spells in another way.
SPELLINGS = {
    "bungoma-kimilili": "bungoma-kimilili-bungoma", "kwale-lunga-lunga": "kwale-lungalunga",
    "kwale-samburu": "kwale-samburu-kwale", "mandera-kotulo": "mandera-kutulo",
    "nyandarua-nyandarua-centra": "nyandarua-nyandarua-central",
    "nyeri-mukurweini": "nyeri-mukurwe-ini",
}  # fmt: skip
SOURCES = (
    ("Kenya Population and Housing Census 2019, volumes I and III (KNBS), as packaged in "
     "Shelmith-Kariuki/rKenyaCensus", 2020, "MIT"),
    ("Muwonge, Williamson, Owuor and Kinuthia, Making Devolution Work for Service Delivery in "
     "Kenya, World Bank (county health spending per head, figure 2.10)", 2022,
     "CC BY 3.0 IGO; facts only"),
)  # fmt: skip
ASSUMPTIONS = {
    "all": [
        "Data: facilities, owner, type, coordinates and county are those of the list of public "
        "health facilities (6,146); it has no private clinics and does not tell which are "
        "functional; spellings of counties are made one.",
        "Data: population and ages are the 2019 census; ages leave out 1,524 persons who are "
        "neither male nor female, who count in the population.",
        "Derived: need for primary care = people x weight by age (2.0 below 5, 0.6 to 14, 0.9 to "
        f"64, 1.5 above; assumed) scaled to {PER_HEAD['primary_care']} visits per head, a "
        "stand-in for utilisation achieved in public and not-for-profit facilities, which the "
        "data do not have; the rate is the same everywhere.",
        "Derived: need for maternal care = births = children below 5 / 5 / 0.95 (assumed survival "
        f"to the middle of the age group), of which {LISTED_BIRTHS:.2f} are looked for in "
        "facilities of the list and the rest in private ones (assumed).",
        "Derived: need for hospital care = people x weight by age (1.6 below 5, 0.5 to 14, 0.9 to "
        f"64, 2.5 above; assumed) scaled to {PER_HEAD['hospital_care']} bed-days per head, about "
        "70 % of what the hospitals of the list can deliver.",
        "Derived: each county's budget is its people x KSh 2,427, what counties spent on health "
        "per head in 2017/18 (Muwonge et al. 2022); actual budgets differ and pay for more than "
        "these services. The ministry's budget pays for the national hospitals.",
        "Assumed: county governments arrange and pay for all facilities in their county "
        "(devolution of 2013), facilities of former local authorities included; the ministry "
        "arranges the two national referral hospitals.",
    ],
    "counties": [
        "Data: land area of counties is the census's.",
        "Bundled: clinics and dispensaries of one owner group in one county are offers of at most "
        "80 neighbours at their mean place, health centres of at most 24; hospitals stand alone; "
        "links per need exceed 20 in dense counties because hospitals are real ones.",
        "Assumed: reach is 40 km (primary, maternal) and 60 km (hospital) to the point of another "
        "county; every facility reaches its own county.",
    ],
    "subcounties": [
        "Left out: twelve forests and parks that the census counts apart (5,360 people).",
        "Derived: facilities are in the sub-county of their county whose place is nearest; a "
        "sub-county's place is the facility of the highest level that bears its name, or for 189 "
        "of 333 the name of a town or location in it, chosen by hand; boundaries are "
        "not in the data, so facilities near them may be attributed to the neighbour.",
        "Bundled: clinics and dispensaries of one owner group in one sub-county are offers of at "
        "most 40 neighbours at their mean place, health centres of at most 6; hospitals stand "
        "alone; links per need exceed 20 in dense sub-counties.",
        "Assumed: reach to the point of another sub-county is 20 km (primary, maternal) and 30 km "
        "(hospital), or where sub-counties are large 1.75, 2.25 and 3.5 times the radius of a "
        "disc of the county's mean sub-county, because people there travel further; every "
        "facility reaches its own sub-county.",
    ],
}
