"""The command convert: every way, and every way of being wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pse_opt as pse
from pse_opt.cli import main
from pse_opt.interchange.kinds import FORMATS
from tests.interchange.worlds import same

TINY = "tiny-two-districts"


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def told(capsys):
    return " ".join(capsys.readouterr().err.split())


def installed(name):
    module = FORMATS[name].module
    if module:
        pytest.importorskip(module)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_by_name_is_written_beside_under_the_name_of_the_instance(name):
    installed(name)
    assert main(["convert", TINY, "--to", name, "-q"]) == 0
    path = Path(TINY + FORMATS[name].ending)
    assert path.is_dir() == FORMATS[name].folder
    same(pse.load_instance(TINY), pse.read_instance(path))


@pytest.mark.parametrize("second", FORMATS)
@pytest.mark.parametrize("first", ["excel", "geojson", "geopackage", "parquet"])
def test_from_every_format_into_every_other(first, second):
    for name in (first, second):
        installed(name)
    one = Path("a" + (FORMATS[first].ending or ""))
    two = Path("b" + (FORMATS[second].ending or ""))
    assert main(["convert", TINY, "--out", str(one), "--to", first, "-q"]) == 0
    assert main(["convert", str(one), "--out", str(two), "--to", second, "-q"]) == 0
    same(pse.load_instance(TINY), pse.read_instance(two))


def test_a_variant_is_written_under_its_own_name():
    assert main(["convert", "mw-districts@high", "--out", "high.geojson", "-q"]) == 0
    same(pse.load_instance("mw-districts@high"), pse.read_instance("high.geojson"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([TINY], "it is not said into what"),
        ([TINY, "--out", "x.xlxs"], "did you mean '.xlsx'?"),
        ([TINY, "--out", "x.ods"], "or name the format with --to"),
        ([TINY, "--to", "exel"], "did you mean 'excel'?"),
        (["nowhere", "--to", "excel"], "there is no such folder"),
        ([TINY, "--out", "there.xlsx"], "add --force to replace it"),
        ([TINY, "--out", "full"], "add --force to replace it"),
        ([TINY, "--out", "file", "--to", "folder"], "is a file, and folder is a folder"),
        ([TINY, "--out", "full", "--to", "excel"], "is a folder, and excel is a file"),
        (["broken", "--to", "excel"], "a result without result.json"),
        (["result", "--to", "datapackage"], "describes an instance, not a result"),
        (["there.xlsx", "--to", "geojson"], "not a workbook that can be read"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told_with_a_remedy(words, said, capsys):
    Path("there.xlsx").write_text("dear planner")
    Path("file").write_text("dear planner")
    Path("full").mkdir()
    Path("full/letter.txt").write_text("dear planner")
    Path("broken").mkdir()
    Path("broken/result.json").write_text("{")
    if words[0] == "result":
        assert main(["solve", TINY, "--out", "result", "-q"]) == 0
    before = sorted(p.as_posix() for p in Path().rglob("*"))
    assert main(["convert", *words]) == 2
    assert said in told(capsys)
    assert sorted(p.as_posix() for p in Path().rglob("*")) == before
    assert Path("there.xlsx").read_text() == "dear planner"


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if f.module])
def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(name):
    """In a process of its own, for what is imported once stays so."""
    wanted = FORMATS[name]
    path = Path("x" + wanted.ending)
    if wanted.folder:
        path.mkdir()
        (path / "instance.toml").write_text('name = "x"')
        (path / "regions.parquet").write_bytes(b"x")
    else:
        path.write_bytes(b"x")
    code = (
        f"import sys; sys.modules[{wanted.module!r}] = None\n"
        "from pse_opt.cli import main\n"
        f"codes = main(['convert', {TINY!r}, '--to', {name!r}]), main(['check', {str(path)!r}])\n"
        "assert codes == (2, 2), codes\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert said.count(f"pip install 'pse-opt[{wanted.extra}]'") == 2, said


def test_with_force_nothing_of_the_former_instance_is_left_to_be_read():
    assert main(["convert", "mw-districts", "--out", "x", "--to", "datapackage", "-q"]) == 0
    Path("x/notes.txt").write_text("mine")
    assert main(["convert", TINY, "--out", "x", "--force", "-q"]) == 0
    same(pse.load_instance(TINY), pse.read_instance("x"))
    assert not Path("x/datapackage.json").exists()
    assert Path("x/notes.txt").read_text() == "mine"


def test_json_says_what_was_written(capsys):
    assert main(["convert", TINY, "--to", "datapackage", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["written"] == TINY
    assert {"datapackage.json", "instance.toml", "regions.csv"} <= set(found["files"])
    assert found["bytes"] > 1000


def test_a_result_goes_from_folder_to_workbook_to_folder():
    assert main(["solve", TINY, "--out", "r", "-q"]) == 0
    assert main(["convert", "r", "--to", "excel", "-q"]) == 0
    assert main(["verify", TINY, f"{TINY}-core.xlsx", "-q"]) == 0
    assert main(["convert", f"{TINY}-core.xlsx", "--out", "again", "-q"]) == 0
    for path in Path("r").iterdir():
        assert path.read_bytes() == (Path("again") / path.name).read_bytes()
    assert main(["report", TINY, f"{TINY}-core.xlsx", "-q"]) == 0
    assert Path(f"{TINY}-core.html").is_file()


def test_the_function_takes_what_python_holds(tmp_path):
    instance = pse.load_instance(TINY)
    result = pse.solve(instance, "core")
    assert pse.convert(instance, "a.geojson") == Path("a.geojson")
    assert pse.convert(result, "r.geojson").is_file()
    same(instance, pse.read_instance("a.geojson"))
