"""Bad input on the command line: exit code 2, with place and remedy."""

import json
from pathlib import Path

import pytest

from pse_opt.cli import main
from tests.commands.desk import TINY, change, new


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
