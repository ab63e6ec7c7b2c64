"""Malawi: the raw tables of spending, census and facilities, read and cleaned."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pse_opt.regional.malawi_assumptions import CITIES, LINES, OWNER_OF, STOPS_PER_MOBILE_CLINIC

__all__ = ["inflation", "read_census", "read_facilities", "read_spending", "slug"]


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
