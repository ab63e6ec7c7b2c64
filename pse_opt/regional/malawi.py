"""Malawi: health services of 28 districts, from the facility registry, census and costing files.

The pipeline reads raw tables (facilities, census by age, operating cost, salaries, spending) and
derives the tables of the instance ``mw-districts``. Every assumed number stands in a table below,
and ``ASSUMPTIONS`` says in one sentence each what is data, what derived and what assumed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.links import great_circle, on_sphere

__all__ = ["build", "read_facilities"]

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
    "Assumed: last resort costs twice and unmet need three times the median government cost; "
    "a district served by another's facility pays its average cost, central hospitals are free.",
]


def build(source: Path, variant: str = "central") -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build the instance ``mw-districts``.

    Parameters
    ----------
    source : Path
        Folder of the raw files.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 2023 USD, demand in the services' units per year.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(VARIANTS)}")
    spending, census, facilities = (
        read_spending(source),
        read_census(source),
        read_facilities(source),
    )
    needs = needs_of(census)
    lines = cost_lines(source, spending, needs)
    regions = regions_of(census, facilities, source)
    offers = within_reach(offers_of(facilities, lines, variant), regions)
    tables = {
        "regions": regions,
        "jurisdictions": jurisdictions_of(regions, offers, spending),
        "services": services_of(lines),
        "needs": needs,
        "providers": providers_of(offers, source),
        "offers": offers,
        "baseline": baseline_of(offers, needs, regions),
    }
    return about_of(variant), tables


def about_of(variant: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    low, high = VARIANTS[variant]
    drawn = (
        "Assumed: what a non-government offer costs relative to government's is drawn once per "
        f"offer, uniform between {low:.2f} and {high:.2f} (variant {variant}, seed {SEED})."
    )
    return {
        "schema": 1,
        "name": "mw-districts",
        "title": "Malawi: primary, maternal and hospital care in 28 districts",
        "description": "Government, CHAM, other NGOs and private facilities of the Master Health "
        "Facility Registry deliver three health services to the 28 districts of Malawi.",
        "currency": "USD",
        "year": 2018,
        "seed": SEED,
        "sources": SOURCES,
        "assumptions": [*ASSUMPTIONS, drawn],
    }


def slug(name: str) -> str:
    """Return the identifier of a district or type."""
    return name.lower().replace(" ", "-")


def inflation(source: Path, year: int) -> float:
    """Return the factor from US prices of ``year`` to those of 2023."""
    table = pd.read_csv(source / "TLO_ResourceFile_Exchange_Rates_and_Inflation.csv", dtype=str)
    return float(table.set_index("Year").iloc[:, 0][str(year)])


def read_spending(source: Path) -> pd.Series:
    """Return health spending, July 2018 to June 2019, by category, in 2023 USD per year."""
    table = pd.read_csv(source / "TLO_ResourceFile_Resource_Mapping.csv")
    amount = pd.to_numeric(table.iloc[:, 4], errors="coerce").fillna(0.0)
    return amount.groupby(table["Calibration_category"]).sum() * inflation(source, 2019)


def read_census(source: Path) -> pd.DataFrame:
    """Return people by district (rows, cities in their districts) and first age of a group."""
    table = pd.read_csv(source / "TLO_ResourceFile_PopulationSize_2018Census.csv")
    table["District"] = table["District"].replace(CITIES)
    table["age"] = table["Age_Grp"].str.extract(r"^(\d+)", expand=False).astype(int)
    return table.pivot_table(index="District", columns="age", values="Count", aggfunc="sum")


def read_facilities(source: Path) -> pd.DataFrame:
    """Return the functional facilities inside a district, and GAIA's mobile clinics.

    Columns code, type, owner, district, longitude, latitude, scale (size relative to its type) and
    excluded: why it becomes no offer, blank for those that do.
    """
    table = pd.read_csv(source / "MHFR_Facilities_with_districts.csv").sort_values("CODE")
    table = table[(table["STATUS"] == "Functional") & table["assigned_district"].notna()]
    name = table["NAME"].str.lower().str.strip()
    facilities = pd.DataFrame(
        {
            "code": table["CODE"].str.lower(),
            "type": table["TYPE"],
            "owner": table["OWNERSHIP"].map(OWNER_OF).fillna(""),
            "district": table["assigned_district"],
            "longitude": table["longitude"],
            "latitude": table["latitude"],
            "scale": 1.0,
            "excluded": "",
        }
    )
    hospital = facilities["type"] == "Hospital"
    # The registry types some doctors' rooms as hospitals, and Mulanje's as any hospital.
    rooms = hospital & facilities["owner"].isin(["ngo", "private"]) & ~name.str.contains("hospi")
    facilities.loc[rooms, "type"] = "Clinic"
    facilities.loc[hospital & name.str.contains("district hospital"), "type"] = "District Hospital"
    twice = facilities.assign(name=name).duplicated(["name", "type", "owner", "district"])
    facilities.loc[name.str.contains("mental"), "excluded"] = "psychiatric hospital"
    facilities.loc[twice, "excluded"] = "listed twice"
    facilities.loc[~facilities["type"].isin(LINES["type"]), "excluded"] = "level of care not known"
    facilities.loc[facilities["owner"] == "", "excluded"] = "owner other or parastatal"
    return pd.concat([facilities, read_mobile(source)], ignore_index=True)


def read_mobile(source: Path) -> pd.DataFrame:
    """Return GAIA's mobile clinics: one row per clinic, at the mean of its stops."""
    groups = pd.read_csv(source / "GAIA_Clinics_with_districts.csv").groupby("clinic_name")
    clinics = groups[["longitude", "latitude"]].mean()
    clinics["district"] = groups["assigned_district"].first()
    clinics["scale"] = groups.size() / STOPS_PER_MOBILE_CLINIC
    clinics["code"] = "gaia-" + clinics.index
    return clinics.assign(type="Mobile Clinic", owner="ngo", excluded="").reset_index(drop=True)


def regions_of(census: pd.DataFrame, facilities: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return the districts; their point is the mean of public facilities by consulting staff."""
    share = pd.read_csv(source / "TLO_urban_rural_by_district.csv").set_index("district")
    urban = 1.0 - share["prop_rural"]
    raw = pd.read_csv(source / "TLO_ResourceFile_PopulationSize_2018Census.csv")
    people = raw.groupby("District")["Count"].sum()
    dwellers = (
        (people * urban[people.index]).groupby(people.index.to_series().replace(CITIES)).sum()
    )
    staff = LINES[LINES["service"] == "primary_care"].set_index("type")["work"]
    local = facilities[(facilities["excluded"] == "") & (facilities["owner"] != "private")]
    local = local[local["type"] != "Mobile Clinic"]
    place = local[["longitude", "latitude"]].mul(local["type"].map(staff), axis=0)
    place = place.assign(staff=local["type"].map(staff)).groupby(local["district"]).sum()
    total = census.sum(axis=1).round()
    table = pd.DataFrame(
        {
            "region": [slug(d) for d in census.index],
            "population": total.astype(int),
            "name": census.index,
            "jurisdiction": [slug(d) for d in census.index],
            "longitude": (place["longitude"] / place["staff"]).round(5),
            "latitude": (place["latitude"] / place["staff"]).round(5),
            "area_km2": pd.Series(AREAS),
            "urban_share": (dwellers / total).round(4),
        },
        index=census.index,
    )
    return table.reset_index(drop=True)


def needs_of(census: pd.DataFrame) -> pd.DataFrame:
    """Return the demand of each district, units per year: people x weight by age x rate."""
    columns = {"maternal_care": census[0] / 5.0 / CHILD_SURVIVAL}
    for service, steps in WEIGHTS.items():
        weights = [steps[max(a for a in steps if a <= int(age))] for age in census.columns]
        weighted = census.mul(weights, axis=1).sum(axis=1)
        rate = SERVICES.loc[service, "per_head"] * census.to_numpy().sum() / weighted.sum()
        columns[service] = weighted * rate
    table = pd.DataFrame(columns)[list(SERVICES.index)].round().astype(int)
    table.index = pd.Index([slug(d) for d in table.index], name="region")
    return table.reset_index().melt("region", var_name="service", value_name="demand")


def cost_lines(source: Path, spending: pd.Series, needs: pd.DataFrame) -> pd.DataFrame:
    """Return what a government facility of each type delivers and costs, by service.

    Adds to ``LINES`` capacity (units per year), fixed (USD per year: staff and running cost) and
    medicines (USD per unit: spending on them over the need).
    """
    items = pd.read_csv(source / "TLO_ResourceFile_Costing_Facility_Operations.csv").iloc[:5]
    running = items.set_index("Facility_Level").astype(float).sum(axis=1)
    salaries = pd.read_csv(source / "TLO_ResourceFile_Costing_HR.csv")
    salaries = salaries[salaries["Parameter_name"] == "salary_usd"]
    pay = salaries.pivot_table(index="Facility_Level", columns="OfficerType", values="Value")
    pay["DCSA"] = pay["DCSA"].max()  # community staff are paid at level 0 wherever they work
    pay = pay[CADRES].fillna(0.0) * inflation(source, 2021)
    staff = (LINES[CADRES] * pay.loc[LINES["level"]].to_numpy()).sum(axis=1)
    units = needs.groupby("service")["demand"].sum()
    medicines = spending[CARE_MEDICINES].sum() * SERVICES["medicines"] / units
    return LINES.assign(
        capacity=LINES["work"] * LINES["service"].map(SERVICES["yield"]),
        fixed=staff + LINES["operations"] * LINES["level"].map(running),
        medicines=LINES["service"].map(medicines),
    )


def offers_of(facilities: pd.DataFrame, lines: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return one offer per facility and service; small facilities of one owner are bundled."""
    rows = facilities[facilities["excluded"] == ""].merge(lines, on="type")
    rows["region"] = rows["district"].map(slug)
    bundle = rows["owner"] + "-" + rows["region"] + "-small"
    rows["site"] = rows["code"].mask(rows["type"].isin(SMALL), bundle)
    rows["capacity"] *= rows["scale"]
    rows["fixed"] *= rows["scale"]
    sums = {"capacity": "sum", "fixed": "sum", "code": "size", "longitude": "mean"}
    sums |= {"latitude": "mean"} | dict.fromkeys(["medicines", "type", "owner", "region"], "first")
    offers = rows.groupby(["service", "site"], sort=True).agg(sums).reset_index()
    return priced(offers.rename(columns={"code": "facilities"}), variant)


def priced(offers: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the offers with the payers' parts of their cost and the cost of their contract."""
    low, high = VARIANTS[variant]
    draw = np.random.default_rng(SEED).uniform(size=len(offers))
    paid = offers["owner"] != "gov"
    central = offers["type"] == "Central Hospital"
    ratio = pd.Series(np.where(paid, low + (high - low) * draw, 1.0))
    owner = OWNERS.loc[offers["owner"]].reset_index(drop=True)
    average = ratio * (offers["fixed"] / offers["capacity"] + offers["medicines"])
    fixed = ratio * offers["fixed"] * owner["public"]
    provider = (offers["owner"] + "-" + offers["region"]).mask(central, "gov-" + CENTRE)
    return pd.DataFrame(
        {
            "offer": offers["site"] + "-" + offers["service"].str.split("_").str[0],
            "provider": provider.mask(offers["type"] == "Mobile Clinic", "gaia"),
            "service": offers["service"],
            "mode": owner["mode"],
            "region": offers["region"],
            "arranger": offers["region"].mask(central, CENTRE),
            "longitude": offers["longitude"].round(5),
            "latitude": offers["latitude"].round(5),
            "capacity": offers["capacity"].round().astype(int),
            "minimum_volume": (MINIMUM * offers["capacity"] * paid).round().astype(int),
            "fixed_cost": fixed.round().astype(int),
            "unit_cost": (ratio * offers["medicines"] * owner["public"]).round(2),
            "price": average.mask(central, 0.0).round(2),
            "user_fee": (owner["users"] * average).round(2),
            "own_funds": (owner["own"] * average).round(2),
            "contract_cost": (CONTRACT * fixed * paid).round().astype(int),
            "supervision_cost": (SUPERVISION * average * paid).round(2),
            "quality": owner["quality"],
            "facilities": offers["facilities"],
        }
    )


def distances(offers: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return great-circle distances in km: offers (rows) to regions (columns)."""
    here = on_sphere(offers["longitude"].to_numpy(), offers["latitude"].to_numpy())
    columns = {}
    for row in regions.itertuples():
        point = on_sphere(np.array([row.longitude]), np.array([row.latitude]))
        columns[str(row.region)] = great_circle(here, np.repeat(point, len(here), axis=0))
    return pd.DataFrame(columns, index=offers.index)


def within_reach(offers: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return the offers within reach of at least one district's point."""
    nearest = distances(offers, regions).min(axis=1)
    reach = offers["service"].map(SERVICES["reach_km"])
    return offers[nearest <= reach].reset_index(drop=True)


def services_of(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the services; last resort and penalty are multiples of government's average cost."""
    average = lines["fixed"] / lines["capacity"] + lines["medicines"]
    usual = average.groupby(lines["service"]).median()
    table = SERVICES[["service", "unit", "name", "reach_km", "access_cost_per_km"]].copy()
    table["travel_cap"] = table["reach_km"]
    table["core"] = "no"
    table["last_resort_cost"] = (2.0 * usual).round(2)
    table["last_resort_quality"] = 0.5
    table["last_resort_travel"] = table["reach_km"] / 2
    table["unmet_penalty"] = (3.0 * usual).round(2)
    return table.reset_index(drop=True)


def jurisdictions_of(
    regions: pd.DataFrame, offers: pd.DataFrame, spending: pd.Series
) -> pd.DataFrame:
    """Return the centre and the districts with their budgets, USD per year."""
    central = offers[offers["arranger"] == CENTRE]
    hospitals = float((central["fixed_cost"] + central["unit_cost"] * central["capacity"]).sum())
    pool = float(spending[CARE_MEDICINES + CARE_RUNNING].sum()) - hospitals
    share = regions["population"] / regions["population"].sum()
    centre = {"jurisdiction": CENTRE, "parent": "", "name": "Ministry of Health"}
    districts = pd.DataFrame(
        {
            "jurisdiction": regions["region"],
            "parent": CENTRE,
            "name": regions["name"],
            "budget": (pool * share).round(-3).astype(int),
        }
    )
    top = pd.DataFrame([{**centre, "budget": round(hospitals, -3)}]).astype({"budget": int})
    return pd.concat([top, districts], ignore_index=True)


def providers_of(offers: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return one provider per owner and district, the Ministry of Health and GAIA."""
    salaries = pd.read_csv(source / "TLO_ResourceFile_Costing_HR.csv")
    mentor = salaries["Parameter_name"] == "annual_mentorship_and_supervision_cost"
    chosen = mentor & (salaries["OfficerType"] == "Clinical") & (salaries["Facility_Level"] == "1a")
    officer = float(salaries.loc[chosen, "Value"].iloc[0]) * inflation(source, 2021)
    table = offers.drop_duplicates("provider").sort_values("provider")
    owner = table["provider"].str.split("-").str[0].replace({"gaia": "ngo"})
    rows = OWNERS.loc[list(owner)].reset_index(drop=True)
    named = dict(zip([slug(d) for d in AREAS], AREAS, strict=True))
    names = [str(n).format(named[r]) for n, r in zip(rows["name"], table["region"], strict=True)]
    providers = pd.DataFrame(
        {
            "provider": table["provider"].to_numpy(),
            "kind": rows["kind"],
            "name": names,
            "supervisor": table["arranger"].to_numpy(),
            "overhead_cost": np.where(rows["kind"] == "government", 0, round(officer)),
            "quality": rows["quality"],
            "reliability": rows["reliability"],
        }
    )
    ministry, gaia = providers["provider"] == "gov-" + CENTRE, providers["provider"] == "gaia"
    providers.loc[ministry, "name"] = "Ministry of Health (central hospitals)"
    providers.loc[gaia, ["name", "supervisor"]] = ["GAIA mobile clinics", CENTRE]
    return providers


def baseline_of(offers: pd.DataFrame, needs: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return today's plan: government and CHAM serve their own district, by capacity."""
    reach = offers["service"].map(SERVICES["reach_km"])
    away = distances(offers, regions)
    own = pd.Series([away.at[i, r] for i, r in offers["region"].items()], index=offers.index)
    today = offers[offers["provider"].str.match("gov-|cham-") & (own <= reach)]
    table = today[["offer", "region", "service", "capacity"]].merge(needs, on=["region", "service"])
    total = table.groupby(["region", "service"])["capacity"].transform("sum")
    share: pd.Series[float] = table["capacity"] / np.maximum(total, table["demand"])
    # Rounded down, so that no capacity and no need is exceeded.
    table["share"] = np.floor(share * 1e6) / 1e6
    return table[["offer", "region", "service", "share"]]
