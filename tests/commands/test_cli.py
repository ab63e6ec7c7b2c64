"""The command line, as its user meets it: screens, JSON, exit codes, where results go."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pse_opt.cli import main
from tests.commands.desk import GOOD, IMPOSSIBLE, TINY, new, plan_of, run


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
