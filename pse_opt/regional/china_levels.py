"""Chinese prefectures and provinces: the tables of counties and districts, added up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse_opt.regional.china_areas import prefecture_of
from pse_opt.regional.china_ngo import TITLES
from pse_opt.regional.china_sources import NAMES
from pse_opt.regional.china_units import significant

__all__ = ["LEVELS", "aggregated"]

# What regions are called, in the title and in the description.
LEVELS = {
    "county": ("counties and districts", "county-level units"),
    "prefecture": ("prefectures", "prefecture-level units"),
    "province": ("provinces", "provinces"),
}
LEAST_WITHIN_REACH = 0.01  # share of a region's need that must be within reach of an offer
SUMS = ["capacity", "minimum_volume", "fixed_cost", "contract_cost"]
MEANS = ["unit_cost", "price", "user_fee", "own_funds", "supervision_cost"]

Tables = dict[str, pd.DataFrame]


def aggregated(tables: Tables, level: str, prefectures: pd.Series) -> Tables:
    """Add county tables up to prefectures or provinces.

    Parameters
    ----------
    tables : dict of DataFrame
        Tables of counties and districts, with links.
    level : {"prefecture", "province"}
        What a region becomes.
    prefectures : Series
        Local names by administrative code.

    Returns
    -------
    dict of DataFrame
        Offers are the sums of their region's counties', by service and by field and rank of the
        provider; a link is there where at least one in a hundred units of a region's need is within
        reach of one of the counties' offers.
    """
    codes = pd.Index(tables["regions"]["region"])
    top = prefecture_of(codes) if level == "prefecture" else codes.str[:2] + "0000"
    above = pd.Series(top, index=codes)
    names = pd.Series({c: NAMES.get(c, str(prefectures.get(c, ""))) for c in dict.fromkeys(above)})
    renamed = renamed_offers(tables["offers"], above)
    needs = added_needs(tables["needs"], above)
    result = {
        "regions": added_regions(tables["regions"], above, names, prefectures),
        "jurisdictions": added_jurisdictions(tables["jurisdictions"], above, names),
        "services": tables["services"],
        "needs": needs,
        "providers": added_providers(tables["providers"], renamed, names),
        "offers": added_offers(renamed),
        "sizes": added_sizes(tables["sizes"], renamed),
        "links": added_links(tables["links"], renamed, tables["needs"], above),
    }
    return result | {"baseline": added_baseline(tables, renamed, result, above)}


def renamed_offers(offers: pd.DataFrame, above: pd.Series) -> pd.DataFrame:
    """Return offers with the new identifier of the offer (``into``), its provider and region."""
    region = offers["region"].map(above)
    tail = offers["offer"].str.rsplit("-", n=1).str[1]
    parts = offers["provider"].str.split("-", n=2)
    end = ("-" + parts.str[2]).fillna("")
    return offers.assign(
        into=region + "-" + offers["service"] + "-" + tail,
        region=region,
        arranger=region,
        new_provider=parts.str[0] + "-" + region + end,
    )


def mean_by(values: pd.DataFrame, weight: pd.Series, by: pd.Series) -> pd.DataFrame:
    """Return weighted means by group, without the rows that have no value."""
    weights = values.notna().mul(weight, axis=0)
    sums = values.fillna(0.0).mul(weight, axis=0).groupby(by).sum()
    return sums / weights.groupby(by).sum()


def added_regions(
    regions: pd.DataFrame, above: pd.Series, names: pd.Series, prefectures: pd.Series
) -> pd.DataFrame:
    """Add people and area; all else is a mean by people."""
    by = regions["region"].map(above)
    sums = regions[["population", "area_km2"]].groupby(by).sum()
    columns = ["longitude", "latitude", "urban_share", "minority_share", "share_65", "district"]
    means = mean_by(regions[columns], regions["population"], by)
    table = pd.DataFrame({"population": sums["population"], "name": names.reindex(sums.index)})
    table["name_local"] = prefectures.reindex(sums.index).fillna("")
    table[["longitude", "latitude"]] = means[["longitude", "latitude"]].round(5)
    table["area_km2"] = sums["area_km2"].round(1)
    table[columns[2:]] = means[columns[2:]].round(4)
    table["jurisdiction"] = table.index
    return table.rename_axis("region").reset_index()


def added_jurisdictions(table: pd.DataFrame, above: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Add budgets and supervision; a prefecture adds its own money to its counties'."""
    table = table.set_index("jurisdiction")
    codes = table.index
    provinces = codes.str[:2] + "0000"
    here = provinces if above.isin(provinces).all() else codes
    into = above.reindex(codes).fillna(pd.Series(here, index=codes))
    sums = table[["budget", "supervision_capacity"]].groupby(into).sum(min_count=1)
    upper = pd.Series(sums.index.str[:2] + "0000", index=sums.index)
    parent = upper.mask(sums.index.str.endswith("0000"), table["parent"].reindex(sums.index))
    lines = pd.DataFrame({"parent": parent, "name": names.reindex(sums.index)})
    lines["name"] = lines["name"].fillna(table["name"])
    lines["budget"] = significant(sums["budget"])
    lines["supervision_capacity"] = sums["supervision_capacity"]
    return lines.rename_axis("jurisdiction").reset_index()


def added_needs(needs: pd.DataFrame, above: pd.Series) -> pd.DataFrame:
    """Add demand and heads."""
    keys = [c for c in ("region", "group", "service") if c in needs]
    table = needs.assign(region=needs["region"].map(above))
    return table.groupby(keys, sort=False)[["demand", "heads"]].sum().reset_index()


def added_offers(offers: pd.DataFrame) -> pd.DataFrame:
    """Add capacities and fixed costs; unit costs are means by capacity, places those of others."""
    by = offers["into"]
    first = offers.groupby("into")[["service", "mode", "region", "arranger", "required"]].first()
    first.insert(0, "provider", offers.groupby("into")["new_provider"].first())
    places = mean_by(offers[["longitude", "latitude"]], offers["capacity"], by).round(5)
    sums = offers[SUMS].groupby(by).sum(min_count=1)
    means = mean_by(offers[MEANS], offers["capacity"], by)
    for column in ("fixed_cost", "contract_cost"):
        sums[column] = significant(sums[column].fillna(0.0))
    table = first.join(places).join(sums).join(means.fillna(0.0).apply(significant))
    order = [c for c in offers.columns if c in table]
    return table[order].rename_axis("offer").reset_index()


def added_sizes(sizes: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Add sizes of the same name; where a county cannot build, its expanded size counts."""
    names = ["reduced", "today", "expanded", "built"]
    whole = {str(size): part.set_index("offer") for size, part in sizes.groupby("size")}
    today = whole["today"]
    into = offers.set_index("offer")["into"].reindex(today.index)
    numbers = ["capacity", "minimum_volume", "fixed_cost", "unit_cost"]
    parts: list[pd.DataFrame] = []
    for size in [name for name in names if name in whole]:
        part = whole[size][numbers].reindex(today.index)
        some = part["capacity"].notna().groupby(into).any()
        part = part.fillna(whole["expanded"][numbers])
        sums = part[numbers[:3]].groupby(into).sum()
        sums["fixed_cost"] = significant(sums["fixed_cost"])
        means = mean_by(part[["unit_cost"]], today["capacity"], into).apply(significant)
        parts.append(sums.join(means)[some].assign(size=size))
    table = pd.concat(parts).rename_axis("offer").reset_index()
    table = table.sort_values("offer", kind="stable", ignore_index=True)
    return table[["offer", "size", *numbers]]


def added_providers(
    providers: pd.DataFrame, offers: pd.DataFrame, names: pd.Series
) -> pd.DataFrame:
    """Join the providers of a region of the same field and rank; quality is a mean by volume."""
    heads = offers.drop_duplicates("provider").set_index("provider")
    by = providers["provider"].map(heads["new_provider"])
    value = (offers["capacity"] * offers["price"]).groupby(offers["provider"]).sum()
    weight = providers["provider"].map(value)
    table = providers.groupby(by, sort=False)[["kind", "supervisor", "accredited_for"]].first()
    region = heads.groupby("new_provider")["region"].first().reindex(table.index)
    parts = pd.Series(table.index, index=table.index).str.split("-")
    title = parts.str[2].map(TITLES) + " " + parts.str[3]
    means = mean_by(providers[["quality", "reliability"]], weight, by).round(3)
    sums = providers.groupby(by)[["overhead_cost", "independent_income"]].sum(min_count=1)
    table["name"] = region.map(names) + " " + title.fillna("government")
    table["supervisor"] = region.where(table["supervisor"] != "", "")
    table = table.join(means).join(sums)
    table["independent_income"] = significant(table["independent_income"].fillna(0.0), 4).where(
        table["independent_income"].notna()
    )
    return table[list(providers.columns[1:])].rename_axis("provider").reset_index()


def added_links(
    links: pd.DataFrame, offers: pd.DataFrame, needs: pd.DataFrame, above: pd.Series
) -> pd.DataFrame:
    """Return links between sums: travel is the mean over the need, to the nearest offer summed.

    Needs out of reach of all of them are charged the longest travel found in the service.
    """
    offer = offers.set_index("offer")
    table = pd.DataFrame(
        {
            "offer": links["offer"].map(offer["into"]),
            "service": links["offer"].map(offer["service"]),
            "county": links["region"],
            "travel": links["travel"],
        }
    )
    near = table.groupby(["offer", "service", "county"], as_index=False)["travel"].min()
    demand = needs.groupby(["region", "service"])["demand"].sum().reset_index()
    demand = demand.assign(county=demand["region"], region=demand["region"].map(above))
    demand["whole"] = demand.groupby(["region", "service"])["demand"].transform("sum")
    near = near.merge(demand, on=["county", "service"])
    near["travelled"] = near["travel"] * near["demand"]
    found = near.groupby(["offer", "service", "region", "whole"], as_index=False)[
        ["demand", "travelled"]
    ].sum()
    farthest = found["service"].map(table.groupby("service")["travel"].max())
    away = found["whole"] - found["demand"]
    found["travel"] = ((found["travelled"] + farthest * away) / found["whole"]).round(2)
    home = found["offer"].map(offers.groupby("into")["region"].first())
    enough = found["demand"] >= LEAST_WITHIN_REACH * found["whole"]
    kept = (enough | (home == found["region"])).to_numpy()
    result: pd.DataFrame = found.loc[kept, ["offer", "region", "travel"]]
    return result.reset_index(drop=True)


def added_baseline(
    tables: Tables, offers: pd.DataFrame, result: Tables, above: pd.Series
) -> pd.DataFrame:
    """Add today's deliveries; shares are rounded down, so that no capacity is exceeded.

    Left out are sums below the least volume of the summed offer.
    """
    plan = tables["baseline"]
    keys = [c for c in ("region", "group", "service") if c in plan]
    units = plan.merge(tables["needs"], on=keys)
    units["units"] = units["share"] * units["demand"]
    units["offer"] = units["offer"].map(offers.set_index("offer")["into"])
    units["region"] = units["region"].map(above)
    sums = units.groupby(["offer", *keys], as_index=False)["units"].sum()
    sums = sums.merge(result["needs"], on=keys)
    sums["share"] = np.floor(1e6 * sums["units"] / sums["demand"]) / 1e6
    volume = (sums["share"] * sums["demand"]).groupby(sums["offer"]).transform("sum")
    least = sums["offer"].map(result["offers"].set_index("offer")["minimum_volume"])
    kept = ((volume >= least) & (sums["share"] > 0)).to_numpy()
    delivered: pd.DataFrame = sums.loc[kept, list(plan.columns)]
    return delivered.sort_values(["offer", *keys], ignore_index=True)
