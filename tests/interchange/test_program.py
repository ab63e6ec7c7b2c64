"""LP and MPS files: another reader finds the same optimum in them."""

import highspy
import pytest

import pse_opt as pse
from pse_opt import resources
from pse_opt.cli import main
from pse_opt.errors import InfeasibleError, InputError
from pse_opt.interchange.program import export_model, readable
from tests.conftest import only, small_tables

TINY = "tiny-two-districts"
CONSTANT = {
    "name": "constant",
    "objective": {"minimize": ["engagement", "delivery", "unmet"]},
}


def solved(path):
    """Read a file with HiGHS alone, and solve it."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("mip_rel_gap", 0.0)
    assert h.readModel(str(path)) == highspy.HighsStatus.kOk
    h.run()
    assert h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return h


def costly():
    """An instance where unmet need has a price, so that the objective has a constant."""
    tables = small_tables(services={"unmet_penalty": [50]})
    return pse.Instance.from_tables(tables, {"name": "costly"})


@pytest.mark.parametrize("ending", ["lp", "mps"])
@pytest.mark.parametrize(
    ("instance", "model"),
    [
        (TINY, "core"),
        (TINY, "equalized"),
        (TINY, "max-coverage"),
        (TINY, "equalized-gini"),
    ],
)
def test_the_file_has_the_same_optimum(instance, model, ending, tmp_path):
    found = export_model(instance, model, tmp_path / f"m.{ending}")
    h = solved(found.path)
    result = pse.solve(instance, model, gap=1e-6)
    assert h.getObjectiveValue() == pytest.approx(result.objective, rel=2e-6)
    lp = h.getLp()
    assert (lp.num_col_, lp.num_row_) == (found.counts["variables"], found.counts["constraints"])


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_constant_and_sense_of_the_objective_are_kept(ending, tmp_path):
    h = solved(export_model(costly(), CONSTANT, tmp_path / f"m.{ending}").path)
    assert h.getLp().offset_ == 50 * 1500
    assert h.getLp().sense_ == highspy.ObjSense.kMinimize
    result = pse.solve(costly(), CONSTANT, gap=0)
    assert h.getObjectiveValue() == pytest.approx(result.objective)
    h = solved(export_model(TINY, "max-coverage", tmp_path / f"x.{ending}").path)
    assert h.getLp().sense_ == highspy.ObjSense.kMaximize


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_names_are_those_of_offers_and_regions(ending, tmp_path):
    lp = solved(export_model(TINY, "core", tmp_path / f"m.{ending}").path).getLp()
    assert "engaged(clinic_north)" in lp.col_names_
    assert "delivery(clinic_north,south)" in lp.col_names_
    assert "coverage_floor(south,,health)" in lp.row_names_


def test_names_in_any_script_are_read_by_every_solver(tmp_path):
    names = {"region": ["贵 阳", "遵-义"]}
    offers = {**names, "offer": ["e1", "2 * x >= [y]"]}
    tables = small_tables(regions=names, needs=names, offers=offers)
    instance = pse.Instance.from_tables(tables, {"name": "x"})
    lp = solved(export_model(instance, {"name": "m", **CONSTANT}, tmp_path / "m.lp").path).getLp()
    assert len(set(lp.col_names_)) == lp.num_col_
    assert all(n.isascii() and " " not in n for n in [*lp.col_names_, *lp.row_names_])


def test_no_two_names_become_the_same():
    given = ["a[x-y]", "a[x y]", "a[x_y]", "a(x_y)_2", "e5", "5", "é", "è", "x" * 300, "x" * 301]
    found = readable(given)
    assert len(set(found)) == len(given)
    assert max(map(len, found)) <= 255


def test_rules_without_an_end_are_refused(tmp_path):
    document = {
        "name": "m",
        "equalization": [{"name": "e", "measure": "theil", "maximum": 0.01}],
        "objective": {"minimize": ["engagement", "delivery"]},
    }
    with pytest.raises(InputError) as caught:
        export_model(TINY, document, tmp_path / "m.lp")
    assert "rows are added while solving" in only(caught.value).message
    assert not list(tmp_path.iterdir())


def test_a_rule_that_can_never_hold_ends_with_code_three(tmp_path, capsys):
    tables = small_tables()
    tables["offers"] = tables["offers"].iloc[:0]
    folder = pse.write_instance(tmp_path / "x", {"name": "x"}, tables)
    words = ["export", str(folder), "--model", "core", "--set", "siting.number=1"]
    assert main([*words, "--out", str(tmp_path / "m.lp")]) == 3
    assert "can never hold" in capsys.readouterr().err
    assert not (tmp_path / "m.lp").exists()
    with pytest.raises(InfeasibleError):
        export_model(folder, "core", tmp_path / "m.lp", overrides={"siting.number": 1})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "m.nl"], "known: .lp, .mps"),
        (["--out", "m"], "known: .lp, .mps"),
        (["--out", "there.lp"], "add --force"),
        (["--out", "folder.lp"], "is a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_so(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.lp").write_text("dear planner")
    (tmp_path / "folder.lp").mkdir()
    assert main(["export", TINY, *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "there.lp").read_text() == "dear planner"
    assert main(["export", TINY, "--out", "there.lp", "--force", "-q"]) == 0


def test_several_goals_are_said_to_be_left_out(tmp_path):
    found = export_model("zm-provinces", "rawls", tmp_path / "m.mps")
    assert "more decide among equals" in found.notes[0]


REFUSED = {
    "equalized-groups": "has no groups to compare",
}


NUMBERED = {"p-median", "capacitated-p-median", "kolm-pollak-p-median", "p-center", "mclp"}
"""Models that want to be told how many offers to engage."""


@pytest.mark.parametrize("name", resources.names("models", "model.toml"))
def test_a_shipped_model_is_written_or_refused_with_a_reason(name, tmp_path):
    path = tmp_path / "m.mps"
    if name not in REFUSED:
        given = {"siting.number": 1} if name in NUMBERED else {}
        assert export_model(TINY, name, path, overrides=given).path == path
        assert path.read_text().startswith("NAME")
        return
    with pytest.raises(InputError, match=REFUSED[name]):
        export_model(TINY, name, path)
    assert not path.exists()
