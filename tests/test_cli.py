"""The command line, as its user meets it: screens, JSON, exit codes, and what goes wrong."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pse_opt import components, terminal
from pse_opt.cli import main

TINY = "tiny-two-districts"
IMPOSSIBLE = ["--set", "coverage.floor=1", "--set", "total_budget.maximum=1000"]


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    """An empty working folder and terminals of 80 columns."""
    monkeypatch.chdir(tmp_path)
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "width", 80)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "pse_opt", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def new(folder: str = "mine") -> Path:
    assert main(["new", folder, "--quiet"]) == 0
    return Path(folder)


def change(path: Path, old: str, text: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, text), encoding="utf-8")


def plan_of(*rows: str) -> str:
    Path("plan.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return "plan.csv"


GOOD = (
    "offer,region,service,share",
    "clinic-north,north,health,0.99",
    "helpers-south,south,health,0.72",
)


# What a planner sees


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", TINY],
        ["show", "mw-districts"],
        ["show", "equalized"],
        ["show", "equalized", "--maths"],
        ["check", TINY],
        ["solve", TINY, "--model", "equalized"],
        ["solve", TINY, *IMPOSSIBLE],
        ["--help"],
        *([command, "--help"] for command in ("list", "show", "new", "check", "build", "solve")),
    ],
    ids=" ".join,
)
def test_every_screen_fits_eighty_columns(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) in (0, 3)
    shown = capsys.readouterr().out.splitlines()
    assert shown
    assert max(len(line.rstrip()) for line in shown) <= 80


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "solve mw-districts --model equalized" in capsys.readouterr().out


def test_the_list_names_every_instance_and_model_with_its_title(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "Two districts, one clinic each and an NGO that could serve both" in shown
    assert "2 regions, 1 service, 2 needs, 3 offers, 6 links" in shown
    assert "Least cost with equalized coverage" in shown


def test_the_first_screen_after_a_solve_answers_the_planner_before_the_analyst(capsys):
    assert main(["solve", TINY, "--model", "equalized", "--gap", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    answer = {line[:33].strip(): line[33:].split() for line in lines}
    assert answer["people* below the standard of 70%"] == ["500", "0"]
    assert answer["public cost a year, money"] == ["11,000", "14,760"]
    assert answer["delivered by NGOs"] == ["0%", "27%"]
    assert "gain most   South +83 (points of coverage)" in lines
    order = [
        "people*",
        "public cost",
        "delivered",
        "gain most",
        "status",
        "objective",
        "bound",
        "gap",
    ]
    starts = [next(k for k, line in enumerate(lines) if line.startswith(word)) for word in order]
    assert starts == sorted(starts)
    assert any(line.split()[:2] == ["objective", "14,886.02"] for line in lines)
    assert any(
        line.split() == ["plan", "verified", "by", "the", "independent", "checker"]
        for line in lines
    )


def test_a_model_without_a_floor_is_not_said_to_have_a_standard(capsys):
    assert main(["solve", TINY, "--model", "max-coverage"]) == 0
    shown = capsys.readouterr().out
    assert "standard" not in shown
    assert "need covered" in shown


def test_an_infeasible_policy_is_explained_and_nothing_is_written(capsys):
    assert main(["solve", TINY, *IMPOSSIBLE]) == 3
    shown = capsys.readouterr().out
    assert "There is no plan that keeps all rules" in shown
    assert "coverage_floor" in shown
    assert not Path("results").exists()


def test_an_earlier_result_is_not_taken_for_the_answer(capsys):
    assert main(["solve", TINY]) == 0
    assert main(["solve", TINY, *IMPOSSIBLE]) == 3
    assert "still holds an earlier result" in capsys.readouterr().out


def test_a_new_folder_is_a_working_instance_of_its_own_name(capsys):
    name = "我的 [bold]country's"
    assert main(["new", name]) == 0
    assert f"python -m pse_opt check {shlex.quote(name)}" in capsys.readouterr().out
    assert (Path(name) / "DATA-DICTIONARY.md").is_file()
    assert main(["check", name]) == 0
    assert f"{name}: no problems, 0 warnings" in capsys.readouterr().out
    assert main(["solve", name, "--quiet"]) == 0
    assert (Path("results") / f"{name}-core" / "plan.csv").is_file()


def test_a_model_is_shown_with_what_it_sets_and_what_it_could(capsys):
    assert main(["show", "equalized"]) == 0
    shown = capsys.readouterr().out
    for key in (
        "coverage.floor",
        "equalization.regions.maximum",
        "solve.gap",
        "total_budget.maximum",
    ):
        assert key in shown


def test_equations_read_as_text_in_a_terminal(capsys):
    assert main(["show", "equalized", "--maths"]) == 0
    shown = capsys.readouterr().out
    assert "∑_{o ∈ O_n} x_on + e_n = q_n     for all n" in shown
    assert "\\" not in shown
    assert "$" not in shown


# JSON, silence, pipes


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list"], 0),
        (["show", TINY], 0),
        (["show", "core"], 0),
        (["show", "core", "--maths"], 0),
        (["check", TINY], 0),
        (["check", "nowhere"], 2),
        (["new", "mine"], 0),
        (["solve", TINY], 0),
        (["solve", TINY, *IMPOSSIBLE], 3),
        (["solve", TINY, "--gap", "-1"], 2),
        (["solve", TINY, "--time-limit", "inf"], 0),
    ],
    ids=str,
)
def test_with_json_stdout_is_json_and_nothing_else(words, code, capsys):
    assert main([*words, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert bool(document.get("problems")) == (code == 2)


def test_the_json_of_a_solve_is_the_content_of_result_json(capsys):
    assert main(["solve", TINY, "--json", "--out", "here"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path("here/result.json").read_text())


@pytest.mark.parametrize(
    "words",
    [["list"], ["show", "core"], ["new", "mine"], ["check", TINY], ["solve", TINY]],
    ids=str,
)
def test_quiet_prints_nothing_when_all_is_well(words, capsys):
    assert main([*words, "--quiet"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_quiet_still_says_why_there_is_no_plan_or_no_good_one(capsys):
    assert main(["solve", TINY, "--quiet", *IMPOSSIBLE]) == 3
    assert "cannot hold together" in capsys.readouterr().err
    bad = plan_of(GOOD[0], "clinic-north,north,health,1")
    assert main(["verify", TINY, bad, "--model", "core", "--quiet"]) == 5
    shown = capsys.readouterr()
    assert "coverage_floor" in shown.err
    assert shown.out == ""


def test_a_reader_that_stops_reading_is_no_error():
    shell = f"{sys.executable} -m pse_opt solve {TINY} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("0", "")
    assert Path("results", f"{TINY}-core", "result.json").is_file()


def test_names_in_any_script_pass_a_terminal_that_cannot_show_them(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run("new", "宁夏", "--json")
    assert json.loads(done.stdout) == {"folder": "宁夏"}
    assert "\\u5b81\\u590f: no problems" in run("check", "宁夏").stdout


# Bad input: exit code 2, with place and remedy


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "equalised"], "did you mean 'equalized'?"),
        (["show", TINY, "--maths"], "only models have equations"),
        (["check", "mw-district"], "did you mean 'mw-districts'?"),
        (["check", f"{TINY}@high"], "no such variant"),
        (["solve", TINY, "--model", "equalised"], "did you mean 'equalized'?"),
        (["solve", TINY, "--model", "no.toml"], "there is no such file"),
        (["solve", TINY, "--set", "coverage.flor=1"], "did you mean 'floor'?"),
        (["solve", TINY, "--set", "cover.floor=1"], "did you mean 'coverage'?"),
        (["solve", TINY, "--set", "coverage.floor=much"], "not a number"),
        (["solve", TINY, "--set", "coverage.floor=1e300"], "write at most 1"),
        (["solve", TINY, "--set", "coverage.floor=nan"], "write at most 1"),
        (["solve", TINY, "--set", "coverage.floor"], "write KEY=VALUE"),
        (["solve", TINY, "--gap", "-1"], "write at least 0"),
        (["solve", TINY, "--gap", "small"], "Invalid value for '--gap'"),
        (["solve", TINY, "--time-limit", "0"], "write more than 0"),
        (["solve", TINY, "--seed", "99999999999"], "write at most"),
        (["solve", TINY, "--strategy", "magic"], "known: auto"),
        (["solve", TINY, "--frobnicate"], "No such option"),
        (["slove", TINY], "Did you mean 'solve'?"),
        (["solve"], "Missing argument"),
        (["verify", TINY, "plan.csv"], "there is no such plan"),
        (["verify", TINY, "plan.csv", "--model", "core"], "cannot be read"),
        (["verify", TINY, "."], "name a model with --model"),
        (["build", "mars", "--raw", ".", "--out", "x"], "No such command 'mars'"),
        (["build", "malawi", "--raw", "nowhere", "--out", "x"], "raw files are not there"),
        (["new", "/proc/nowhere"], "check that it exists"),
        (["list", "--plugin", "nowhere"], "No module named 'nowhere'"),
    ],
    ids=str,
)
def test_bad_input_is_answered_with_a_remedy(words, said, capsys):
    assert main(words) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("table", "old", "text", "said"),
    [
        ("offers", "capacity", "capacty", "did you mean 'capacty'?"),
        ("needs", "1000", "lots", "row 2, column demand, value 'lots': not a number"),
        ("needs", "south,health", "sooth,health", "did you mean 'south'?"),
        ("offers", "360,600", "360,-600", "row 4, column fixed_cost, value '-600': negative"),
    ],
)
def test_a_broken_table_is_reported_with_its_cell(table, old, text, said, capsys):
    folder = new()
    change(folder / f"{table}.csv", old, text)
    for command in ("check", "solve"):
        assert main([command, str(folder)]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert not Path("results").exists()


def test_a_missing_table_and_an_empty_one_are_named(capsys):
    folder = new()
    (folder / "needs.csv").unlink()
    (folder / "offers.csv").write_text("")
    assert main(["check", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "needs: the table is missing" in told
    assert "offers: the file is empty" in told


def test_without_offers_there_is_no_plan_and_the_reason_is_said(capsys):
    folder = new()
    (folder / "baseline.csv").unlink()
    header = (folder / "offers.csv").read_text().splitlines()[0]
    (folder / "offers.csv").write_text(header + "\n")
    assert main(["solve", str(folder)]) == 3
    assert "the 0 offers within reach" in " ".join(capsys.readouterr().out.split())


def test_tables_from_windows_are_read(capsys):
    folder = new("C drive/my country")
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["solve", str(folder), "--json", "--gap", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["objective"] == pytest.approx(14760)


def test_figures_of_any_magnitude_end_in_a_verified_plan_and_a_warning(capsys):
    folder = new()
    change(folder / "offers.csv", ",1000,1000,10", ",1e12,1000,1e9")
    assert main(["solve", str(folder)]) == 0
    shown = capsys.readouterr()
    assert "verified by the independent checker" in shown.out
    assert "check the units" in " ".join(shown.err.split())


# Where results go


@pytest.mark.parametrize("name", ["letter.txt", "letter.txt/deeper", "foreign", "/proc/nowhere"])
def test_a_place_that_is_not_ours_is_refused_before_the_solve(name, capsys):
    Path("foreign").mkdir()
    for letter in (Path("letter.txt"), Path("foreign/letter.txt")):
        letter.write_text("dear planner")
    assert main(["solve", TINY, "--out", name]) == 2
    assert "name another folder with --out" in " ".join(capsys.readouterr().err.split())
    assert sorted(p.as_posix() for p in Path().rglob("*")) == [
        "foreign", "foreign/letter.txt", "letter.txt"
    ]  # fmt: skip


def test_with_force_a_result_stands_beside_other_files():
    Path("letter.txt").write_text("dear planner")
    assert main(["solve", TINY, "--out", ".", "--quiet", "--force"]) == 0
    assert main(["verify", TINY, ".", "--quiet"]) == 0
    assert Path("letter.txt").read_text() == "dear planner"


def test_the_instance_document_stands_for_its_folder():
    folder = new("lands/mine")
    assert main(["solve", str(folder / "instance.toml"), "--quiet"]) == 0
    assert Path("results/mine-core").is_dir()


def test_a_result_stays_in_the_folder_of_results_whatever_its_model_is_called():
    assert main(["solve", TINY, "--quiet", "--set", "name=../../evil"]) == 0
    (found,) = Path().rglob("result.json")
    assert found.parent.parent == Path("results")


# Plans to verify


def test_a_good_hand_made_plan_passes(capsys):
    assert main(["verify", TINY, plan_of(*GOOD), "--model", "core"]) == 0
    shown = capsys.readouterr().out
    assert "2 offers engaged, public cost 14,760 money" in shown
    assert "every rule that was checked is kept" in shown


def test_units_serve_as_well_as_shares():
    rows = (
        "offer,region,service,units",
        "clinic-north,north,health,990",
        "helpers-south,south,health,360",
    )
    assert main(["verify", TINY, plan_of(*rows), "--model", "core", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("clinic-nort,north,health,1", 2, "did you mean 'clinic-north'?"),
        ("clinic-north,north,health,99%", 2, "without the sign: 0.99"),
        ("clinic-north,north,health,99", 2, "99 percent is 0.99"),
        ("helpers-south,south,health,0.9", 5, "delivers 450 visits; its capacity is 360"),
        ("clinic-north,south,health,1", 5, "coverage_floor: North, health: coverage is 0"),
    ],
)
def test_a_wrong_hand_made_plan_is_told_what_is_wrong(row, code, said, capsys):
    assert main(["verify", TINY, plan_of(GOOD[0], row), "--model", "core"]) == code
    shown = capsys.readouterr()
    assert said in " ".join((shown.out + shown.err).split())


def test_a_result_whose_figures_were_changed_fails(capsys):
    assert main(["solve", TINY, "--quiet", "--out", "here"]) == 0
    assert main(["verify", TINY, "here", "--quiet"]) == 0
    change(Path("here/result.json"), '"objective": 14760.0', '"objective": 13760.0')
    assert main(["verify", TINY, "here"]) == 5
    assert "the result says 13,760, its plan amounts to 14,760" in capsys.readouterr().out


def test_a_result_is_verified_under_the_model_it_carries():
    assert main(["solve", TINY, "--quiet", "--out", "here"]) == 0
    assert main(["verify", TINY, "here", "--quiet", "--model", "equalized"]) == 5
    assert main(["verify", TINY, "here", "--quiet", "--set", "coverage.floor=0.9"]) == 5
    Path("here/model.toml").write_text("floor = ")
    assert main(["verify", TINY, "here", "--quiet"]) == 2


# Plugins


@pytest.fixture
def forgotten(monkeypatch):
    """Registries, modules and paths as they were, once the test is over."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    components.load_builtin()
    names, modules = set(components.COMPONENTS), set(sys.modules)
    yield
    for name in set(components.COMPONENTS) - names:
        del components.COMPONENTS[name]
    for name in set(sys.modules) - modules:
        if name.startswith("plugin_"):
            del sys.modules[name]


@pytest.mark.usefixtures("forgotten")
def test_a_plugin_in_the_working_folder_adds_a_rule(capsys):
    Path("plugin_most.py").write_text(
        "import pse_opt as pse\n\n\n@pse.component\n"
        "def at_most_offers(m, instance, *, number: int = 3):\n"
        "    '''At most a number of offers are engaged.'''\n"
        "    columns = list(m.engaged.values())\n"
        "    yield pse.Row(None, [1.0] * len(columns), columns, None, number)\n"
    )
    words = ["solve", TINY, "--plugin", "plugin_most", "--set"]
    assert main([*words, "at_most_offers.number=1"]) == 3
    capsys.readouterr()
    assert main([*words, "at_most_offers.number=2"]) == 0
    assert "not checked: at_most_offers" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def (", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nowhere", "No module named 'nowhere'"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_broken_plugin_is_the_users_to_correct(source, said, capsys):
    Path("plugin_broken.py").write_text(source)
    assert main(["list", "--plugin", "plugin_broken"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "plugin_broken" in told


# Ours


def test_an_error_of_ours_is_told_as_such(capsys, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("pse_opt.resources.names", fail)
    assert main(["list"]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError: ours" in told
    assert "this is our fault" in told


def test_the_module_runs_from_any_folder():
    done = run("check", TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert run("check", "nowhere").returncode == 2


def test_record_keeps_plan_and_bound_beside_the_instance(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine"]) == 0
    assert main(["solve", "mine", "--gap", "0", "--record"]) == 0
    assert "recorded" in capsys.readouterr().out
    record = json.loads((tmp_path / "mine" / "best_known" / "core.json").read_text())
    assert record["proven"] is True
    assert main(["solve", "mine", "--set", "coverage.floor=0.5", "--record"]) == 2
    assert "the model was changed by coverage.floor" in capsys.readouterr().err
