"""The Kolm-Pollak test data: read, and the asserted values found by complete enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pse_opt.errors import InputError
from pse_opt.formats.kolm_pollak import ASSERTED, read, reported, source_scale
from pse_opt.measures import kolm_pollak, kolm_pollak_kappa

FREE = [a for a in ASSERTED if a.name != "min_locations_capacity"]


def matrix(instance):
    """Distances by need and offer; infinite where there is no link."""
    found = np.full((len(instance.needs), len(instance.offers)), np.inf)
    links = instance.links
    found[links["need"], links["offer"]] = links["travel"]
    return found


def equivalent(distance, people, kappa):
    if kappa == 0:
        return float(np.average(distance, weights=people))
    return kolm_pollak(distance, people, kappa=kappa, burden=True)


def subsets(instance, number):
    required = np.flatnonzero(instance.offers["required"] == "yes").tolist()
    others = [o for o in range(len(instance.offers)) if o not in required]
    for chosen in combinations(others, number - len(required)):
        yield [*required, *chosen]


@pytest.mark.parametrize("asserted", FREE, ids=lambda a: a.name)
def test_enumeration_finds_the_asserted_value(published, asserted):
    problem = read(published / "kolm_pollak_dskipper", **asserted.options)
    instance, people = problem.instance, problem.instance.needs["demand"].to_numpy()
    travel = matrix(instance)
    kappa = problem.overrides.get("equalization.regions.kappa", 0.0)

    def best(number):
        return min(
            (
                (equivalent(nearest, people, kappa), number, tuple(chosen))
                for chosen in subsets(instance, number)
                if np.isfinite(nearest := travel[:, chosen].min(axis=1)).all()
            ),
            default=(np.inf, number, ()),
        )

    if asserted.what == "sites":
        target = asserted.options["target"]
        required = int((instance.offers["required"] == "yes").sum())
        enough = (n for n in range(max(required, 1), 11) if best(n)[0] <= target)
        assert next(enough) == asserted.value
    else:
        chosen = best(asserted.options["sites"])[2]
        nearest = travel[:, chosen].min(axis=1)
        aversion = asserted.options.get("aversion", 1.0)
        assert reported(nearest, people, aversion) == pytest.approx(asserted.value, rel=1e-12)


def test_a_mean_distance_problem_is_a_p_median(published):
    options = {"sites": 6, "aversion": 0.0}
    problem = read(published / "kolm_pollak_dskipper", **options)
    assert problem.model == "p-median"
    assert problem.overrides == {"siting.number": 6}
    assert problem.unit == pytest.approx(1 / problem.instance.needs["demand"].sum())


def test_a_radius_leaves_out_links(published):
    folder = published / "kolm_pollak_dskipper"
    near = read(folder, target=250.0, radius=370.0).instance
    assert (
        near.links["travel"].max()
        <= 370
        < read(folder, target=250.0).instance.links["travel"].max()
    )


def test_all_problems_of_the_three_tables_are_told(tmp_path):
    (tmp_path / "origins_basic.csv").write_text("id,population\na,many\nb,3\n")
    (tmp_path / "destinations_basic.csv").write_text("id,open\nd,maybe\n")
    (tmp_path / "distances_cartesian.csv").write_text(
        "origin,destination,distance\nb,d,1\nz,d,2\nb,y,-4\n"
    )
    with pytest.raises(InputError) as error:
        read(tmp_path)
    places = {(p.where, p.row, p.column) for p in error.value.problems}
    assert places == {
        ("origins", 2, "population"),
        ("destinations", 2, "open"),
        ("distances", 3, "origin"),
        ("distances", 4, "destination"),
        ("distances", 4, "distance"),
        ("kolm-pollak", None, None),
    }


def test_the_scale_of_the_source_is_not_that_of_the_paper():
    distance, people = np.array([1.0, 3.0]), np.array([2.0, 1.0])
    assert source_scale(distance, people) == pytest.approx(5 / 13)
    assert kolm_pollak_kappa(distance, people) == pytest.approx(5 / 11)
