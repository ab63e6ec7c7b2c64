"""Malawi: every assumed number in one table each, the sources, and what is data and what is not."""

from __future__ import annotations

import pandas as pd

SEED, CENTRE = 2018, "malawi"
CITIES = {"Blantyre City": "Blantyre", "Lilongwe City": "Lilongwe", "Mzuzu City": "Mzimba"} | {
    "Zomba City": "Zomba"
}
# km2, as listed in "Districts of Malawi" (Wikipedia).
AREAS = {
    "Balaka": 2142, "Blantyre": 2025, "Chikwawa": 4878, "Chiradzulu": 761, "Chitipa": 4334,
    "Dedza": 3754, "Dowa": 3077, "Karonga": 3416, "Kasungu": 8017, "Likoma": 20, "Lilongwe": 6211,
    "Machinga": 3582, "Mangochi": 6729, "Mchinji": 3131, "Mulanje": 2005, "Mwanza": 756,
    "Mzimba": 10619, "Neno": 1561, "Nkhata Bay": 4182, "Nkhotakota": 4338, "Nsanje": 1945,
    "Ntcheu": 3251, "Ntchisi": 1709, "Phalombe": 1323, "Rumphi": 4560, "Salima": 2151,
    "Thyolo": 1666, "Zomba": 2405,
}  # fmt: skip
# Reach in km; users' cost in USD per unit and km; units a year per work unit (consulting staff,
# midwife, bed); share of the medicines; need per head, or 0 for births.
SERVICES = pd.DataFrame(
    [
        ("primary_care", "outpatient visits", "Primary care", 60, 0.04, 6250, 0.55, 1.29),
        ("maternal_care", "births attended", "Maternal care", 60, 0.56, 175, 0.15, 0.0),
        ("hospital_care", "bed-days", "Hospital care", 100, 0.03, 275.94, 0.30, 0.15),
    ],
    columns=[
        *("service", "unit", "name", "reach_km"),
        *("access_cost_per_km", "yield", "medicines", "per_head"),
    ],
).set_index("service", drop=False)
# Weight of a person in the need, from this age on; scaled so that the average need is per_head.
WEIGHTS = {
    "primary_care": {0: 2.0, 5: 0.6, 15: 0.9, 65: 1.5},
    "hospital_care": {0: 1.6, 5: 0.5, 15: 0.9, 65: 2.5},
}
CHILD_SURVIVAL = 0.95
# Level in the costing file, share of its operating cost, staff by cadre, work units.
CADRES = ["Clinical", "Nursing_and_Midwifery", "Pharmacy", "Laboratory", "DCSA"]
LINES = pd.DataFrame(
    [
        ("Health Post", "primary_care", "0", 0.00, 0, 0, 0, 0, 2, 1),
        ("Clinic", "primary_care", "1a", 0.50, 1, 1, 0, 0, 0, 1),
        ("Dispensary", "primary_care", "1a", 0.50, 1, 1, 0, 0, 1, 2),
        ("Mobile Clinic", "primary_care", "1a", 1.00, 1, 2, 0, 0, 2, 5.714),
        ("Health Centre", "primary_care", "1a", 0.75, 2, 2, 1, 1, 1, 4),
        ("Health Centre", "maternal_care", "1a", 0.25, 0, 4, 0, 0, 0, 4),
        ("Hospital", "primary_care", "1b", 0.20, 4, 4, 1, 1, 0, 8),
        ("Hospital", "maternal_care", "1b", 0.20, 2, 10, 0, 0, 0, 10),
        ("Hospital", "hospital_care", "1b", 0.60, 4, 18, 1, 2, 0, 65),
        ("District Hospital", "primary_care", "2", 0.20, 6, 6, 2, 2, 0, 12),
        ("District Hospital", "maternal_care", "2", 0.20, 6, 30, 0, 0, 0, 30),
        ("District Hospital", "hospital_care", "2", 0.60, 12, 45, 2, 4, 0, 170),
        ("Central Hospital", "primary_care", "3", 0.20, 8, 8, 2, 3, 0, 16),
        ("Central Hospital", "maternal_care", "3", 0.20, 12, 60, 0, 0, 0, 60),
        ("Central Hospital", "hospital_care", "3", 0.60, 60, 200, 10, 15, 0, 580),
    ],
    columns=["type", "service", "level", "operations", *CADRES, "work"],
)
# Public money's, users' and the provider's own share of the cost, quality, reliability.
OWNERS = pd.DataFrame(
    [
        ("gov", "government", "direct", 1.00, 0.00, 0.00, 0.70, 0.90, "{} District Health Office"),
        ("cham", "ngo", "contract", 0.90, 0.00, 0.10, 0.80, 0.92, "CHAM facilities in {}"),
        ("ngo", "ngo", "contract", 0.75, 0.00, 0.25, 0.80, 0.85, "Other NGO facilities in {}"),
        ("private", "private", "voucher", 0.80, 0.20, 0.00, 0.75, 0.85, "Private facilities in {}"),
    ],
    columns=["owner", "kind", "mode", "public", "users", "own", "quality", "reliability", "name"],
).set_index("owner")
SMALL = ("Health Post", "Clinic", "Dispensary")
OWNER_OF = {
    "Government": "gov",
    "Christian Health Association of Malawi (CHAM)": "cham",
    "Mission/Faith-based (other than CHAM)": "ngo",
    "Non-Government": "ngo",
    "Aquaid Lifeline": "ngo",
    "Private": "private",
}
VARIANTS = {"low": (0.75, 1.00), "central": (0.75, 1.25), "high": (1.00, 1.45)}
CONTRACT, SUPERVISION, MINIMUM = 0.05, 0.05, 0.10
STOPS_PER_MOBILE_CLINIC = 5
CARE_MEDICINES = ["Other Drugs, medical supplies, and commodities", "Non-EHP consumables"]
CARE_MEDICINES += ["Antimalarials", "Malaria RDTs", "TB Tests (including RDTs)", "TB Treatment"]
CARE_MEDICINES += ["Vaccines", "Undernutrition commodities", "Supply Chain"]
CARE_MEDICINES += ["Supply Chain - non-EHP consumables"]
CARE_RUNNING = ["Health Worker Salaries", "Facility utility bills"]
CARE_RUNNING += ["Vehicles - Fuel and Maintenance", "Medical Equipment - Maintenance"]
SOURCES = [
    {"title": title, "year": year, "licence": licence}
    for title, year, licence in (
        ("Malawi Master Health Facility Registry and GAIA clinic stops, as compiled in "
         "dcallega/gaia_planning", 2025, "none stated; public registry, facts only"),
        ("Thanzi La Onse model (UCL/TLOmodel): census 2018 by district, age and sex, urban share, "
         "operating cost by level, salaries, resource mapping, price index", 2026, "MIT"),
        ("Thanzi La Onse model: ResourceFile_Bed_Capacity (mean beds per level)", 2024, "MIT"),
        ("Districts of Malawi (areas), Wikipedia", 2024, "CC BY-SA 4.0; facts only"),
    )
]  # fmt: skip
ASSUMPTIONS = [
    # Data
    "Data: facilities, owner, type, coordinates and district are those the registry lists as "
    "functional and that lie inside a district (1,418); GAIA's 36 stops are eight mobile clinics.",
    "Data: population by district and age is the 2018 census, with Blantyre City, Lilongwe City, "
    "Mzuzu City and Zomba City merged into Blantyre, Lilongwe, Mzimba and Zomba.",
    "Data: running cost per facility level is in 2023 USD; salaries (2021) and spending "
    "(July 2018 to June 2019) are raised to 2023 with the US consumer prices of the same source.",
    "Data: urban share is one minus the rural share of the source, because Nkhotakota's published "
    "urban share repeats Ntchisi's and does not add up to one; cities count as wholly urban.",
    # Derived
    "Derived: a district's point is the mean of its public and not-for-profit facilities, weighted "
    "by consulting staff, as a stand-in for its people; travel is the great-circle distance to it.",
    "Derived: need for primary care = people x weight by age (2.0 below 5, 0.6 to 14, 0.9 to 64, "
    "1.5 above; assumed) scaled to 1.29 visits per head, the utilisation achieved in 2009 "
    "(Rasschaert et al. 2011, J Int AIDS Soc 14 Suppl 1:S3), not an aspirational norm.",
    "Derived: need for maternal care = births = children below 5 / 5 / 0.95, where 0.95 is an "
    "assumed survival to the middle of the age group; a birth includes its antenatal and postnatal "
    "contacts.",
    "Derived: need for hospital care = people x weight by age (1.6 below 5, 0.5 to 14, 0.9 to 64, "
    "2.5 above; assumed) scaled to 0.15 bed-days per head: 8,750 to 10,490 general beds (as the "
    "city rows of the bed file repeat their district's or not) x 365 x 0.756 over the population.",
    "Derived: medicines per unit = spending on medicines, vaccines, tests and their supply chain "
    "(without antiretrovirals, HIV tests, bednets, spraying and family planning) x the service's "
    "share (primary 0.55, maternal 0.15, hospital 0.30; assumed) over the need.",
    "Derived: fixed cost of an offer = staff x salary + the service's share of the level's running "
    "cost; nothing that services of one facility share is saved when they are engaged together.",
    "Derived: district budgets = spending on salaries, utilities, vehicles, equipment maintenance "
    "and medicines, less the full cost of the four central hospitals (the budget of the Ministry), "
    "by population; donors' money that passes through the health system counts as public.",
    "Derived: today's plan is government and CHAM serving their own district in proportion to "
    "capacity, up to its need; which 152 CHAM facilities hold a service level agreement (CHAM, "
    "2019-20) is not in the data, so all of them are taken to.",
    # Capacity and staff
    "Assumed: a consulting member of staff sees 25 patients on 250 days a year; a health centre "
    "has two clinicians and two nurses who consult, the staffing norm of the Essential Health "
    "Package (Mueller et al. 2011, PLoS ONE 6:e20741); a health post, private or small clinic one, "
    "a dispensary two, a hospital 8, a district hospital 12, a central hospital 16.",
    "Assumed: a midwife attends 175 births a year (World Health Report 2005); every health centre "
    "has a maternity ward with four midwives, the fewest that keep one on duty day and night; "
    "a hospital has 10, a district hospital 30, a central hospital 60.",
    "Assumed: general beds are the mean per level of the bed file (hospital 65, district hospital "
    "170, central hospital 580), filled to 0.756 (WHO-CHOICE, Stenberg et al. 2018, Cost Eff "
    "Resour Alloc 16:11); the staff of wards is assumed from these sizes.",
    "Assumed: a mobile clinic of five stops a week delivers 35,700 visits a year, from the 250,000 "
    "visits at 35 sites that GAIA reports, at the running cost of a health centre.",
    "Assumed: primary, maternal and inpatient care carry 75 and 25 % (health centre) or 20, 20 and "
    "60 % (hospitals) of a facility's running cost; a clinic or dispensary costs half a centre's.",
    "Assumed: private and NGO entries typed as hospital without the word in their name are "
    "clinics, and Mulanje District Hospital is a district hospital.",
    # Left out
    "Left out: 25 facilities of other or parastatal owners (mostly clinics of employers), those "
    "whose level of care is not known (such as pharmacies), two psychiatric hospitals, entries "
    "listed twice under one name, and offers beyond the reach of every district's point.",
    "Bundled: health posts, clinics and dispensaries of one owner group in one district are one "
    "offer at their mean place; links per need exceed 20 because offers are real facilities.",
    # Money and rules
    "Assumed: government is free to users and wholly public; CHAM carries 10 % and other NGOs 25 % "
    "of the cost from own funds, and users of private facilities pay 20 % besides the voucher.",
    "Assumed: a contract costs 5 % of the fixed cost a year and supervision 5 % of the average "
    "cost per unit, so that own funds give CHAM no advantage on average; overhead per contracted "
    "provider is the yearly mentorship and supervision cost of one clinician.",
    "Assumed: published comparisons of contracting out find savings from nothing to a quarter "
    "(low), while of 24 Malawian health centres CHAM's cost 45 % more per child seen than "
    "government's, with a wide interval (Johns et al. 2013, Cost Eff Resour Alloc 11:10; high); "
    "the central variant lies between, with equal mean cost.",
    "Assumed: contracts and vouchers start at 10 % of capacity; quality and reliability are "
    "0.70 and 0.90 for government, 0.80 and 0.92 for CHAM, 0.80 and 0.85 for other NGOs, 0.75 "
    "and 0.85 for private facilities.",
    "Assumed: a minibus costs 0.04 USD per km: a primary visit takes one person there and back, "
    "half of them on foot; a birth seven such trips, a bed-day 1 / 5.5 of a trip of two people.",
    "Assumed: reach is 60 km (primary, maternal) and 100 km (hospital) to the district's point, "
    "so that nearly every facility reaches its own district; unmet need is charged this travel. "
    "The lake is not a barrier: the few mainland offers within reach of Likoma are by boat.",
    "Assumed: unmet need has no price, because floors and targets say how much must be met; last "
    "resort costs twice the median government cost; a district served by another's facility pays "
    "its average cost, central hospitals are free.",
]
