"""Records of best known plans are verified again, and are improved but never worsened."""

from __future__ import annotations

import json
import shutil

import pytest

import pse_opt as pse
from pse_opt import resources
from pse_opt.best_known import plan_of, read_best_known, record
from pse_opt.checksums import checksum, checksums

SHARE = resources.share() / "instances"
# Records of instances that are built by command are verified where they are built, in test_recipes.
RECORDS = [
    path
    for name in resources.names("instances", "instance.toml")
    for path in sorted((SHARE / name / "best_known").glob("*.json"))
]


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny instance to record in."""
    source = SHARE / "tiny-two-districts"
    copy = tmp_path / "tiny-two-districts"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("best_known"))
    return copy


@pytest.mark.parametrize("path", RECORDS, ids=lambda p: f"{p.parent.parent.name}-{p.stem}")
def test_a_recorded_plan_keeps_all_rules_and_costs_what_is_recorded(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    folder = path.parent.parent
    assert document["tables_sha256"] == checksum(checksums(folder)), "recorded for other tables"
    instance = pse.read_instance(folder)
    found = pse.verify(instance, plan_of(document, instance), document["model"])
    found.raise_if_violated()
    assert found.objective == pytest.approx(document["objective"], rel=1e-6)
    policy = pse.read_policy(document["model"])
    sign = -1 if policy.objective.maximize else 1
    slack = 1e-6 * abs(document["objective"])
    assert sign * document["bound"] <= sign * document["objective"] + slack
    gap = abs(document["objective"] - document["bound"]) / abs(document["objective"])
    assert document["gap"] == pytest.approx(gap)
    assert document["proven"] is (gap <= 1e-6)


def test_a_record_holds_the_plan_the_bound_and_who_proved_it(folder):
    result = pse.solve(folder, "equalized", gap=0)
    path = record(result, folder)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert path == folder / "best_known" / "equalized.json"
    assert document["proven"] is True
    assert document["objective"] == pytest.approx(result.objective)
    assert document["bound_by"]["versions"]["highspy"]
    again = plan_of(document, result.instance)
    assert set(again.engagements["offer"]) == {"clinic-north", "helpers-south"}


def test_a_worse_result_does_not_replace_a_better_one(folder):
    best = pse.solve(folder, "core", gap=0)
    record(best, folder)
    worse = pse.solve(folder, "core", gap=1.0, time_limit=5)
    record(worse, folder)
    document = read_best_known(folder, "core")
    assert document["objective"] == pytest.approx(best.objective)
    assert document["bound"] == pytest.approx(best.bound)
    assert document["proven"] is True


def test_a_record_of_other_tables_is_replaced(folder):
    record(pse.solve(folder, "core", gap=0), folder)
    offers = folder / "offers.csv"
    offers.write_text(
        offers.read_text().replace("1500,10", "1500,11").replace("1000,10", "1000,12")
    )
    changed = pse.solve(folder, "core", gap=0)
    record(changed, folder)
    document = read_best_known(folder, "core")
    assert document["objective"] == pytest.approx(changed.objective)
    assert document["tables_sha256"] == checksum(checksums(folder))


def test_a_changed_model_is_not_recorded_under_the_models_name(folder):
    result = pse.solve(folder, "core", overrides={"coverage.floor": 0.5}, gap=0)
    with pytest.raises(pse.InputError, match=r"the model was changed by coverage\.floor"):
        record(result, folder)


def test_nothing_is_recorded_without_a_plan(folder):
    overrides = {"solve.time_limit": 60, "total_budget.maximum": 1}
    result = pse.solve(folder, "core", overrides=overrides)
    with pytest.raises(pse.InputError, match="no verified plan"):
        record(result, folder)
