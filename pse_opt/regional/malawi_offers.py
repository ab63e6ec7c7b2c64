"""Malawi: what facilities could deliver to whom, and what it costs whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pse_opt.links import great_circle, on_sphere
from pse_opt.regional.malawi_assumptions import (
    CADRES,
    CARE_MEDICINES,
    CENTRE,
    CONTRACT,
    LINES,
    MINIMUM,
    OWNERS,
    SEED,
    SERVICES,
    SMALL,
    SUPERVISION,
    VARIANTS,
)
from pse_opt.regional.malawi_sources import inflation, slug

__all__ = ["cost_lines", "distances", "offers_of", "within_reach"]


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
