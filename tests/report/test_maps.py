"""Maps show every region and who provides what, and say what the shades mean."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.image import imread

import pse_opt as pse
from pse_opt import resources
from tests.conftest import small_tables


def texts(figure) -> str:
    """Every text of a figure."""
    return "\n".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))


def points(figure, collection=PathCollection) -> list[int]:
    """How many marks each scatter has."""
    axes = figure.axes[0]
    return [len(c.get_offsets()) for c in axes.collections if isinstance(c, collection)]


def test_a_map_shows_all_regions_and_the_offers_of_each_kind():
    instance = pse.load_instance("cn-ningxia")
    figure = pse.plot_map(instance)
    kinds = instance.offers["kind"].value_counts()
    assert points(figure) == [22, kinds["government"], kinds["ngo"], kinds["private"]]
    legend = texts(figure)
    assert f"government ({kinds['government']})" in legend
    assert f"NGO ({kinds['ngo']})" in legend
    assert "people per km2" in legend
    assert " km" in legend


def test_no_offer_lies_outside_the_frame_and_the_scale_has_room():
    instance = pse.load_instance("gh-regions")
    axes = pse.plot_map(instance).axes[0]
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    offers = instance.offers
    assert offers["longitude"].between(west, east).all()
    assert offers["latitude"].between(south, north).all()
    assert max(axes.lines[0].get_ydata()) < offers["latitude"].min()


def test_regions_are_shaded_by_the_coverage_of_a_plan():
    result = pse.solve("tiny-two-districts", "core", gap=0)
    figure = pse.plot_map(result.instance, result.levels, plan=result.plan)
    shaded = figure.axes[0].collections[0]
    assert sorted(shaded.get_array()) == pytest.approx([72.0, 99.0])
    assert "coverage of need, % (mean over services)" in texts(figure)
    assert points(figure)[1:] == [1, 1]


def test_regions_with_shapes_are_drawn_as_shapes():
    ring = [[29, -11], [31, -11], [31, -9], [29, -9], [29, -11]]
    shapes = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"region": region},
                "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
            }
            for region in ("north", "south", "elsewhere")
        ],
    }
    geometry = json.dumps(shapes).encode()
    instance = pse.Instance.from_tables(small_tables(), geometry=geometry)
    figure = pse.plot_map(instance)
    drawn = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    assert len(drawn) == 1
    assert len(drawn[0].get_paths()) == 2


def test_without_coordinates_there_is_nothing_to_draw():
    tables = small_tables(regions={"longitude": [None] * 2, "latitude": [None] * 2})
    tables["links"] = pd.DataFrame({"offer": ["clinic"], "region": ["north"], "travel": [1.0]})
    with pytest.raises(ValueError, match="no region has coordinates"):
        pse.plot_map(pse.Instance.from_tables(tables))


def test_kinds_of_provider_stay_apart_in_grey():
    from matplotlib.colors import to_rgb

    from pse_opt.report.maps import KINDS

    grey = [np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) for _, colour, _ in KINDS.values()]
    assert np.diff(sorted(grey)).min() > 0.15
    assert len({marker for marker, _, _ in KINDS.values()}) == 3


def test_committed_maps_are_pictures():
    for path in (resources.share() / "instances").glob("*/map.png"):
        height, width, _ = imread(path).shape
        assert min(height, width) > 300
