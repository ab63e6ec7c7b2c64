"""The results that are committed say what the table and the README say of them."""

import csv
import re
from pathlib import Path

from pse_opt.cli import main

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
FOLDERS = ["peers", "published", "published-harder", "handoff", "scaling"]
PROVEN = ("optimal", "within_gap")


def rows(name):
    with (RESULTS / name / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_made_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(RESULTS)
    made = tmp_path / "TABLE.md"
    assert main(["bench", "table", *FOLDERS, "--out", str(made), "--quiet"]) == 0
    assert made.read_text(encoding="utf-8") == (RESULTS / "TABLE.md").read_text(encoding="utf-8")


def test_the_readme_counts_what_was_proven():
    found = rows("published")
    proven = [r for r in found if r["status"] in PROVEN and r["verified"] == "True"]
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = re.search(r"of the (\d+) problems of the suite's first part, (\d+) were proven", text)
    assert said is not None
    assert said.groups() == (str(len(found)), str(len(proven)))


def test_every_plan_of_ours_passed_the_checker():
    ours = [r for name in FOLDERS for r in rows(name)]
    ours = [r for r in ours if r["runner"] == "pse" and r["until"] == "solved" and r["objective"]]
    assert ours
    assert {r["verified"] for r in ours} == {"True"}
