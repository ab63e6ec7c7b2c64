"""GeoJSON and GeoPackages: there and back, reference systems, the antimeridian, no shapes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.interchange.convert import convert
from pse_opt.interchange.shapes import line, place_of, point
from pse_opt.interchange.shapes import shapes_of as areas_of
from pse_opt.io import write_instance
from pse_opt.report.ground import polygons
from tests.conftest import only, small_tables
from tests.interchange.worlds import TRAPS, awkward, instances, same, shapes_of

FORMATS = ["geojson", "gpkg"]
FIJI = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[177, -19], [180, -19], [180, -16], [177, -16], [177, -19]]],
        [[[-180, -17], [-179, -17], [-179, -16], [-180, -16], [-180, -17]]],
    ],
}


def need(ending):
    if ending == "gpkg":
        pytest.importorskip("geopandas")


def features(path, table=None):
    found = json.loads(Path(path).read_text(encoding="utf-8"))["features"]
    return [f for f in found if table in (None, f["properties"]["table"])]


def put(folder, name, *found, **members):
    document = {"type": "FeatureCollection", "features": list(found), **members}
    (folder / name).write_text(json.dumps(document), encoding="utf-8")


def feature(shape, **properties):
    return {"type": "Feature", "geometry": shape, "properties": properties}


@pytest.fixture(scope="module")
def result():
    return pse.solve("tiny-two-districts", "core", gap=0)


# ---- there and back


@pytest.mark.parametrize("ending", FORMATS)
def test_an_instance_is_read_back_with_its_shapes(ending, tmp_path):
    need(ending)
    instance = awkward("=1+1", "01001")
    read = pse.read_instance(convert(instance, tmp_path / f"x.{ending}"))
    assert shapes_of(read) == shapes_of(instance)
    same(instance, replace(read, geometry=instance.geometry))


@given(instances())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_instance_is_read_back_the_same_from_geojson(tmp_path_factory, instance):
    path = tmp_path_factory.mktemp("layers") / "x.geojson"
    same(instance, pse.read_instance(convert(instance, path)))


@given(instances())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_instance_is_read_back_the_same_from_a_geopackage(tmp_path_factory, instance):
    need("gpkg")
    path = tmp_path_factory.mktemp("layers") / "x.gpkg"
    names = instance.regions["region"]
    if names.str.contains("\x00").any():  # a database ends text there
        return
    same(instance, pse.read_instance(convert(instance, path)))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", ["tiny-two-districts", "zm-provinces", "ke-counties"])
def test_a_shipped_instance_is_read_back_the_same(name, ending, tmp_path):
    need(ending)
    instance = pse.load_instance(name)
    same(instance, pse.read_instance(convert(instance, tmp_path / f"x.{ending}")))


@pytest.mark.parametrize("ending", FORMATS)
def test_regions_without_places_have_no_shape_and_come_back(ending, tmp_path):
    need(ending)
    links = {"offer": ["clinic"], "region": ["north"], "travel": [1]}
    blank = {"longitude": [None, 30.0], "latitude": [None, -10.0]}
    instance = pse.Instance.from_tables(small_tables(regions=blank, links=links), {"name": "x"})
    path = convert(instance, tmp_path / f"x.{ending}")
    if ending == "geojson":
        assert [f["geometry"] is None for f in features(path, "regions")] == [True, False]
    same(instance, pse.read_instance(path))


# ---- what others draw


def test_regions_drawn_elsewhere_give_places_and_shapes(folder):
    (folder / "regions.csv").unlink()
    areas = {
        "north": {
            "type": "Polygon",
            "coordinates": [[[29, -11], [31, -11], [31, -9], [29, -9], [29, -11]]],
        },
        "south": FIJI,
    }
    found = [feature(s, region=n, population=1000, jurisdiction="land") for n, s in areas.items()]
    put(folder, "regions.geojson", *found)
    read = pse.read_instance(folder)
    assert read.regions["region"].tolist() == ["north", "south"]
    assert read.regions[["longitude", "latitude"]].iloc[0].tolist() == [30.0, -10.0]
    longitude, latitude = read.regions[["longitude", "latitude"]].iloc[1]
    assert 177 <= longitude <= 180, "inside the larger part, not halfway round the globe"
    assert -19 <= latitude <= -16
    assert set(shapes_of(read)) == {"north", "south"}


def test_offers_drawn_elsewhere_give_places(folder):
    (folder / "offers.csv").unlink()
    given = small_tables()["offers"].to_dict("records")
    put(
        folder,
        "offers.geojson",
        *(feature({"type": "Point", "coordinates": [30.5, -10.5]}, **r) for r in given),
    )
    assert pse.read_instance(folder).offers["longitude"].tolist() == [30.5, 30.5]


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32736"])
def test_layers_in_other_reference_systems_are_brought_to_longitude_and_latitude(folder, crs):
    gpd = pytest.importorskip("geopandas")
    table = small_tables()["regions"]
    points = gpd.points_from_xy(table.pop("longitude"), table.pop("latitude"), crs="EPSG:4326")
    gpd.GeoDataFrame(table, geometry=points).to_crs(crs).to_file(folder / "regions.gpkg")
    (folder / "regions.csv").unlink()
    read = pse.read_instance(folder)
    assert read.regions["longitude"].tolist() == pytest.approx([30.0, 30.0], abs=1e-6)
    assert read.regions["latitude"].tolist() == pytest.approx([-10.0, -10.2], abs=1e-6)


def test_a_layer_that_does_not_say_its_reference_system_is_a_problem(folder):
    gpd = pytest.importorskip("geopandas")
    import warnings

    table = small_tables()["regions"]
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    (folder / "regions.csv").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(table, geometry=points).to_file(folder / "regions.gpkg")
    with pytest.raises(InputError) as caught:
        pse.read_instance(folder)
    assert "reference system" in caught.value.problems[0].message


def test_identifiers_that_are_numbers_are_said_once(folder):
    (folder / "regions.csv").unlink()
    here = {"type": "Point", "coordinates": [30, -10]}
    found = [feature(here, region=n, population=5, jurisdiction="land") for n in (1001, 1002)]
    put(folder, "regions.geojson", *found)
    for name in ("needs", "offers"):
        path = folder / f"{name}.csv"
        text = path.read_text().replace("north", "1001").replace("south", "1002")
        path.write_text(text)
    (warning,) = pse.read_instance(folder).warnings
    assert "2 identifiers are numbers (first: feature 1)" in warning.message


def test_a_table_that_is_there_twice_is_a_problem(folder):
    put(folder, "offers.geojson")
    with pytest.raises(InputError) as caught:
        pse.read_instance(folder)
    assert "offers.csv and offers.geojson" in only(caught.value).message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a FeatureCollection"),
        (b'{"type": "Feature"}', "not a FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": 1}', "not a list of features"),
        (b'{"type": "FeatureCollection", "features": [1]}', "not a list of features"),
        (
            b'{"type": "FeatureCollection", "features": [],'
            b' "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}',
            "not in longitude and latitude",
        ),
        (b'{"type": "FeatureCollection", "features": []}', "holds shapes, and no instance"),
    ],
)
def test_a_file_that_is_no_instance_is_told_why(content, said, tmp_path):
    path = tmp_path / "x.geojson"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        pse.read_instance(path)
    assert said in only(caught.value).message


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        {"type": "Point", "coordinates": ["x", "y"]},
        {"type": "Point", "coordinates": [1]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
    ],
    ids=str,
)
def test_a_shape_that_is_no_place_is_a_problem_with_its_feature(folder, shape):
    (folder / "regions.csv").unlink()
    found = [
        feature({"type": "Point", "coordinates": [30, -10]}, region="north", population=5),
        feature(shape, region="south", population=5),
    ]
    put(folder, "regions.geojson", *found)
    with pytest.raises(InputError) as caught:
        pse.read_instance(folder)
    problem = caught.value.problems[0]
    assert (problem.where, problem.row, problem.column) == ("regions", 3, "geometry")
    assert "feature 2" in problem.message


def test_a_broken_geopackage_is_told_so(tmp_path):
    pytest.importorskip("geopandas")
    (tmp_path / "x.gpkg").write_bytes(b"SQLite format 3\x00 and then nothing")
    with pytest.raises(InputError) as caught:
        pse.read_instance(tmp_path / "x.gpkg")
    assert "not a GeoPackage" in only(caught.value).message


def test_columns_that_a_database_cannot_tell_apart_are_refused(tmp_path):
    pytest.importorskip("geopandas")
    changed = {"Height": [1.0, 2.0], "height": [1.0, 2.0]}
    instance = pse.Instance.from_tables(small_tables(regions=changed), {"name": "x"})
    with pytest.raises(InputError) as caught:
        convert(instance, tmp_path / "x.gpkg")
    assert only(caught.value).column == "height"


# ---- results


def test_a_result_on_a_map_has_levels_offers_and_deliveries(result, tmp_path):
    path = convert(result, tmp_path / "r.geojson")
    north = features(path, "regions")[0]["properties"]
    assert north["coverage_health"] == pytest.approx(0.99)
    assert north["demand_health"] == 1000
    engaged = [f["properties"]["offer"] for f in features(path, "offers")]
    assert engaged == result.plan.offers["offer"].tolist()
    assert all(f["geometry"]["type"] == "Point" for f in features(path, "offers"))
    rows = features(path, "deliveries")
    assert len(rows) == len(result.plan.deliveries)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["pse_opt"]["result"]["objective"] == result.objective


def test_levels_of_groups_are_means_weighted_by_demand(tmp_path):
    needs = {
        "region": ["north", "north", "south"],
        "service": ["health"] * 3,
        "group": ["urban", "rural", "urban"],
        "demand": [300, 100, 500],
        "heads": [1, 1, 1],
    }
    tables = small_tables(needs=None, offers={"capacity": [300, 400]})
    import pandas as pd

    tables["needs"] = pd.DataFrame(needs)
    instance = pse.Instance.from_tables(tables, {"name": "x"})
    result = pse.solve(instance, {"name": "m", "objective": {"maximize": "coverage"}}, gap=0)
    path = convert(result, tmp_path / "r.geojson")
    for line_of in features(path, "regions"):
        mine = result.levels[result.levels["region"] == line_of["properties"]["region"]]
        mean = (mine["coverage"] * mine["demand"]).sum() / mine["demand"].sum()
        assert line_of["properties"]["coverage_health"] == pytest.approx(mean)


def test_a_result_is_layers_of_a_geopackage(result, tmp_path):
    pyogrio = pytest.importorskip("pyogrio")
    path = convert(result, tmp_path / "r.gpkg")
    layers = dict(pyogrio.list_layers(path))
    assert list(layers) == ["regions", "offers", "deliveries", "levels", "payments", "instance"]
    assert layers["regions"] == "Point"
    assert layers["payments"] is None
    frame = pyogrio.read_dataframe(path, layer="regions")
    assert frame.crs.to_epsg() == 4326
    assert frame["coverage_health"].iloc[0] == pytest.approx(0.99)


def test_a_map_of_a_result_needs_its_instance(result, tmp_path):
    from pse_opt.results import write_result

    own = write_instance(tmp_path / "own", {"name": "own"}, result.instance.tables)
    folder = write_result(tmp_path / "r", pse.solve(own, "core"))
    with pytest.raises(InputError) as caught:
        convert(folder, tmp_path / "r.geojson")
    assert "--instance" in only(caught.value).remedy
    with pytest.raises(InputError) as caught:
        convert(folder, tmp_path / "r.geojson", instance="tiny-two-districts")
    assert "the result is for own" in only(caught.value).message
    assert convert(folder, tmp_path / "r.geojson", instance=own).is_file()


# ---- shapes


def test_areas_of_a_region_in_several_features_are_one_and_empty_ones_none():
    one, two = ([[[x, 0], [x + 1, 0], [x + 1, 1], [x, 0]]] for x in (0, 5))
    found = [
        feature({"type": "Polygon", "coordinates": one}, region="a"),
        feature({"type": "Polygon", "coordinates": two}, region="a"),
        feature(None, region="b"),
        feature({"type": "MultiPolygon", "coordinates": []}, region="c"),
    ]
    geometry = json.dumps({"type": "FeatureCollection", "features": found}).encode()
    assert areas_of(geometry) == {"a": {"type": "MultiPolygon", "coordinates": [one, two]}}
    instance = replace(awkward("a", "b"), geometry=geometry)
    assert [name for name, _ in polygons(instance)] == ["a", "a"]


def test_lines_take_the_shorter_way_and_are_cut_at_the_antimeridian():
    cut = line(point(-179, 0), point(179, 2))
    assert cut["coordinates"] == [[[-179, 0], [-180, 1]], [[180, 1], [179, 2]]]
    assert line(point(0, 0), point(10, 0))["type"] == "LineString"
    assert line(point(1, 1), point(1, 1)) is None
    assert line(None, point(1, 1)) is None


def test_a_place_inside_a_ring_across_the_antimeridian():
    ring = [[179, 0], [-179, 0], [-179, 2], [179, 2], [179, 0]]
    longitude, latitude = place_of({"type": "Polygon", "coordinates": [ring]})
    assert abs(longitude) > 179
    assert latitude == 1


def test_a_place_inside_a_hollow_area_is_not_in_its_hole():
    outer = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    hole = [[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]]
    longitude, _ = place_of({"type": "Polygon", "coordinates": [outer, hole]})
    assert longitude < 1 or longitude > 9


@pytest.mark.parametrize(
    "shape", [None, {"type": "Polygon", "coordinates": []}, {"type": "Point", "coordinates": []}]
)
def test_nothing_has_no_place(shape):
    assert place_of(shape) is None


def test_all_traps_are_text_in_geojson(tmp_path):
    for name in TRAPS:
        instance = awkward(name, "other")
        path = convert(instance, tmp_path / "x.geojson", force=True)
        assert pse.read_instance(path).regions["region"].tolist() == [name, "other"]
