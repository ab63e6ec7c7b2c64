"""Malawi: health services of 28 districts, from the facility registry, census and costing files.

The pipeline reads raw tables (facilities, census by age, operating cost, salaries, spending) and
derives the tables of the instance ``mw-districts``. Every assumed number stands in a table of
:mod:`pse_opt.regional.malawi_assumptions`, and its ``ASSUMPTIONS`` say in one sentence each what is
data, what derived and what assumed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.links import great_circle, on_sphere
from pse_opt.regional.malawi_assumptions import (
    AREAS,
    ASSUMPTIONS,
    CADRES,
    CARE_MEDICINES,
    CARE_RUNNING,
    CENTRE,
    CHILD_SURVIVAL,
    CITIES,
    CONTRACT,
    LINES,
    MINIMUM,
    OWNER_OF,
    OWNERS,
    SEED,
    SERVICES,
    SMALL,
    SOURCES,
    STOPS_PER_MOBILE_CLINIC,
    SUPERVISION,
    VARIANTS,
    WEIGHTS,
)

__all__ = ["build", "read_facilities"]


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
