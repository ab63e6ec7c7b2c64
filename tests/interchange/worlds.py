"""Instances with awkward names, and what being the same means."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import strategies as st

from pse_opt.instance import Instance
from tests.conftest import small_tables
from tests.strategies import cases, instance_of

TRAPS = (
    "01001", "1001", "NA", "1e5", "1E5", "TRUE", "yes", "null", "=1+1", "+4", "-4", "@x", "'x",
    "#N/A", "#REF!", "2024-03-01", "MAR1", "1/2", "12:30", "90%", "1,5", "_x000D_", "a\r\nb",
    "a\nb", "\x07bell", 'said "no"', "贵阳市", "a;b|c\td", "<script>", "99999999999999999999",
)  # fmt: skip
"""Identifiers that programs like to take for something else."""


def shapes(*names: str) -> bytes:
    """Return squares of that many regions as the content of ``geometry.geojson``."""
    corners = ((0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2), (0, 0))
    found = [
        {
            "type": "Feature",
            "properties": {"region": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[29.9 + x, -10.1 - 0.2 * k + y] for x, y in corners]],
            },
        }
        for k, name in enumerate(names)
    ]
    return json.dumps({"type": "FeatureCollection", "features": found}).encode()


def same(one: Instance, other: Instance) -> None:
    """Assert that two instances are the same, to the last digit and row number."""
    assert one.about == other.about
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_dtype=False, obj=name)
    assert one.geometry == other.geometry


def shapes_of(instance: Instance) -> dict[str, list]:
    """Return the areas of an instance by region."""
    features = json.loads(instance.geometry)["features"]
    return {f["properties"]["region"]: f["geometry"]["coordinates"] for f in features}


def awkward(first: str = "01001", second: str = "NA", **about) -> Instance:
    """Two regions of such names, with an attribute, a flag and a text of every kind."""
    tables = small_tables(
        regions={
            "region": [first, second],
            "name": [first, 'said "no",\nleft'],
            "name_local": ["西藏", ""],
            "population": [0.1 + 0.2, 123456789.000001],
            "height_m": [None, 12.5],
        },
        services={"core": ["yes"]},
        needs={"region": [first, second]},
        offers={"region": [first, second], "required": ["", "yes"]},
    )
    said = {
        "name": "awkward",
        "title": "A title; with 'quotes'",
        "description": "  two\n\nlines\n",
        "year": 2024,
        "units": {"demand": "visits per year"},
        "sources": [
            {"title": "=A1", "year": "2020", "licence": "CC BY"},
            {"title": "b", "year": 7},
        ],
        "assumptions": ["first", "NA"],
        "seed": 3,
    }
    return Instance.from_tables(tables, said | about, geometry=shapes(first, second))


IDENTIFIERS = st.one_of(st.sampled_from(TRAPS), st.text(min_size=1, max_size=6)).map(str.strip)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """A sound tiny instance whose regions have any names."""
    given = draw(cases()).tables
    count = len(given["regions"])
    unique = st.lists(IDENTIFIERS.filter(bool), min_size=count, max_size=count, unique=True)
    names = dict(zip((r["region"] for r in given["regions"]), draw(unique), strict=True))
    for table in given.values():
        for row in table:
            if row.get("region") in names:
                row["region"] = names[row["region"]]
    return instance_of(given)
