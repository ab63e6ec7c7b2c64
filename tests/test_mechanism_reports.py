"""Reports on mechanisms: every figure is held against solves of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt import terminal
from pse_opt.cli import main
from pse_opt.io import write_instance
from tests.conftest import only
from tests.formulation.test_funding import FUNDED, SPENDING, nation, sized
from tests.two_regions import COST, offer, world

HALF = {"floor": 0.5}
ASKED = {
    "name": "asked",
    "objective": COST,
    "coverage": HALF,
    "qualification": {"minimum_quality": 0.7, "minimum_reliability": 0.9},
}


def kept_out() -> pse.Instance:
    """The post is below a threshold, and so is a private surgery; a course is not accredited."""
    makers = [
        {"provider": "state", "kind": "government"},
        {"provider": "helpers", "kind": "ngo", "quality": 0.6, "accredited_for": "health"},
        {"provider": "firm", "kind": "private", "quality": 0.9, "reliability": 0.8},
    ]
    offers = [
        offer("clinic", "state", "north", 100, 10),
        offer("post", "helpers", "south", 300, 5),
        offer("course", "helpers", "south", 1, 1, service="education"),
        offer("surgery", "firm", "south", 300, 6, capacity=80),
    ]
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "education")]
    links = [
        {"offer": o, "region": r, "travel": 0.0}
        for o in ("clinic", "post", "surgery", "course")
        for r in ("north", "south")
    ]
    return world(providers=makers, offers=offers, services=services, links=links)


def alone(instance: pse.Instance, document: dict, **providers: object) -> float:
    """The cost with a column of all providers changed, from a solve of its own."""
    tables = {**instance.tables, "providers": instance.tables["providers"].assign(**providers)}
    changed = pse.Instance.from_tables(tables, {"name": "changed"})
    return pse.solve(changed, document, gap=0, threads=1).objective


# Qualification


def test_qualification_tells_who_is_kept_out_and_why():
    found = pse.qualification(kept_out(), ASKED, gap=0)
    rows = found.excluded.set_index("offer")["reason"].to_dict()
    assert rows == {
        "course": "helpers is not accredited for education",
        "post": "quality 0.6 below 0.7",
        "surgery": "reliability 0.8 below 0.9",
    }


def test_qualification_saves_what_a_solve_with_the_provider_admitted_saves():
    instance = kept_out()
    found = pse.qualification(instance, ASKED, gap=0)
    saves = {a.provider: a.saves for a in found.admissions}
    # The clinic serves half of all need for 1100, the post would for 800, and 80 visits by the firm
    # with 20 by the clinic for 300 + 480 + 100 + 200.
    assert saves["helpers"].found == pytest.approx(300)
    assert saves["helpers"].least == pytest.approx(300)
    assert saves["firm"].found == pytest.approx(20)
    assert saves[""].found == pytest.approx(300)
    better = alone(instance, ASKED, quality=[float("nan"), 0.7, 0.9], reliability=[None, None, 0.8])
    assert saves["helpers"].found == pytest.approx(alone(instance, ASKED) - better)
    assert found.admissions[0].volume == {"health": pytest.approx(100)}


def test_qualification_tells_what_qualifying_costs():
    instance = kept_out()
    tables = dict(instance.tables)
    tables["providers"] = tables["providers"].assign(qualification_cost=[None, 120, None])
    priced = pse.Instance.from_tables(tables, {"name": "priced"})
    found = pse.qualification(priced, ASKED, gap=0)
    cost = found.excluded.set_index("offer")["cost"]
    assert cost["post"] == 120
    assert cost.drop("post").isna().all()  # an accreditation, and who cannot qualify
    saves = {a.provider: a.saves.found for a in found.admissions}
    assert saves["helpers"] == pytest.approx(120)  # 920 with qualifying, 800 without


def test_qualification_where_nobody_is_kept_out_needs_no_solve():
    found = pse.qualification("tiny-two-districts", "core")
    assert found.excluded.empty
    assert found.admissions == ()
    assert str(found) == "core keeps no offer out of tiny-two-districts"


def test_reports_refuse_a_model_that_minimizes_no_cost():
    for report in (pse.qualification, pse.investments, pse.burden):
        with pytest.raises(pse.InputError) as error:
            report("tiny-two-districts", "max-coverage")
        assert only(error.value).value == "max-coverage"


# Investments


def test_investments_are_paid_back_by_what_they_save():
    # The expanded post saves 350 a year against the post as it is, before its yearly 300.
    document = {"name": "expanding", "objective": SPENDING, "coverage": HALF}
    found = pse.investments(sized(investment=3000, investment_years=10), document, gap=0)
    (item,) = found.items
    assert (item.offer, item.size, item.yearly) == ("post", "expanded", 300)
    assert item.saves.found == pytest.approx(50)
    assert item.saves.least == pytest.approx(50)
    assert item.payback == pytest.approx(3000 / 350)
    assert "8.6 years" in str(found)


def test_investments_of_an_offer_without_sizes_are_held_against_it_forbidden():
    instance = world(offers={"post": {"investment": 1000, "investment_years": 5}})
    document = {"name": "expanding", "objective": SPENDING, "coverage": HALF}
    (item,) = pse.investments(instance, document, gap=0).items
    # 800 and 200 a year against 1100.
    assert item.saves.found == pytest.approx(100)
    assert item.payback == pytest.approx(1000 / 300)


def test_investments_where_there_are_none():
    found = pse.investments("tiny-two-districts", "core", gap=0)
    assert found.to_frame().empty
    assert "no investment" in str(found)


# Burden


def equal(maximum: float = 0.0) -> dict:
    entry = {"name": "regions", "measure": "range", "maximum": maximum}
    return {
        "name": "equal",
        "objective": FUNDED,
        "coverage": {"floor": 0.0, "target": 0.5},
        "budgets": {},
        "transfers": {"cost_of_funds": 0.25},
        "equalization": [entry],
    }


def test_burden_tells_what_equalization_costs_each_budget():
    # Without it South's post serves its own people: 300 + 500. Equal shares engage North's clinic
    # too, 100 + 500, and the post delivers half as much, 300 + 250; South's budget is enough.
    found = pse.burden(nation(1000, 200, 900), equal(), gap=0)
    rows = found.budgets.set_index("jurisdiction")
    assert rows["without"].to_dict() == pytest.approx({"land": 0, "n": 0, "s": 800})
    assert rows["spending"].to_dict() == pytest.approx({"land": 0, "n": 600, "s": 550})
    # North has 200 of 600: the land transfers 400, which cost 100.
    assert rows["received"].to_dict() == pytest.approx({"land": 0, "n": 400, "s": 0})
    assert rows["given"].to_dict() == pytest.approx({"land": 400, "n": 0, "s": 0})
    assert found.costs.found == pytest.approx(1150 + 100 - 800)
    assert "equalization costs 450" in str(found)


def test_burden_needs_equalization():
    with pytest.raises(pse.InputError, match="it equalizes nothing"):
        pse.burden("tiny-two-districts", "core")


def test_burden_of_an_infeasible_policy_has_no_figures():
    document = {**equal(), "coverage": {"floor": 1.0}}
    found = pse.burden(nation(0, 0, 0), document, gap=0)
    assert found.costs.found is None
    assert "infeasible / infeasible" in str(found)
    assert found.budgets["costs"].isna().all()


# The commands


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance and a model on disk, an empty working folder, terminals of 80 columns."""
    monkeypatch.chdir(tmp_path)
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "width", 80)
    import tomli_w

    write_instance(tmp_path / "small", {"name": "small"}, dict(kept_out().tables))
    (tmp_path / "asked.toml").write_text(tomli_w.dumps(ASKED), encoding="utf-8")
    return tmp_path


def test_the_command_qualification_shows_and_writes(folder, capsys):
    words = ["qualification", "small", "--model", "asked.toml", "--gap", "0"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "asked keeps 3 offers out" in shown
    assert "quality 0.6 below 0.7" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert main([*words, "--json", "--out", "mine"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(Path("mine/qualification.json").read_text(encoding="utf-8"))
    assert len(pd.read_csv("mine/qualification.csv")) == 3


def test_the_commands_investments_and_burden_show_and_write(folder, capsys):
    tiny = ["tiny-two-districts", "--gap", "0", "--out", "mine"]
    assert main(["investments", *tiny, "--model", "core"]) == 0
    assert "no investment" in capsys.readouterr().out
    assert main(["burden", *tiny, "--model", "equalized", "--force"]) == 0
    assert "equalization costs" in capsys.readouterr().out
    assert len(pd.read_csv("mine/burden.csv")) == 1
    infeasible = ["--set", "total_budget.maximum=1"]
    assert main(["burden", "tiny-two-districts", "--model", "equalized", *infeasible]) == 3
    assert main(["investments", "tiny-two-districts", "--model", "core", *infeasible]) == 3
