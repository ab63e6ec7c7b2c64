"""The result folder: stable keys and columns, whole or not at all, and read again."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt import results
from pse_opt.errors import InputError
from pse_opt.plan import read_plan
from pse_opt.results import json_text, refuse_foreign, write_result
from pse_opt.stored import stated, stored_model
from tests.conftest import only, small_tables

KEYS = """schema instance model overrides status termination objective bound gap strategy seconds
peak_memory_mb counts costs levels inequality verified versions seed"""
SECONDS = ["read", "build", "handoff", "solve", "total"]
COUNTS = ["needs", "offers", "links", "variables", "binaries", "constraints", "nonzeros"]
TERMS = """engagement investment delivery access contract supervision overhead last_resort unmet
    transfers switching inequality user own"""
COLUMNS = {
    "deliveries": """offer size provider kind mode arranger region group service share units
        public_cost user_cost own_cost travel""",
    "levels": """region group service demand served coverage coverage_own coverage_last_resort
        quality travel""",
    "payments": "payer provider offer region service mode item units unit_price amount",
}
FILES = {"result.json", "model.toml", "plan.csv", *(f"{name}.csv" for name in COLUMNS)}


@pytest.fixture(scope="module")
def result():
    return pse.solve("tiny-two-districts", "equalized", overrides={"coverage.floor": 0.75}, gap=0)


@pytest.fixture
def written(result, tmp_path):
    return write_result(tmp_path / "deep" / "result", result)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[0].split(",")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_result_folder_has_six_files_and_nothing_else(written):
    assert set(contents(written)) == FILES
    assert list(written.parent.iterdir()) == [written]


def test_the_keys_of_result_json_are_stable(written):
    document = json.loads((written / "result.json").read_text(encoding="utf-8"))
    assert set(KEYS.split()) <= set(document)
    assert document["schema"] == 1
    assert document["status"] == "optimal"
    assert document["termination"] == "gap_reached"
    assert document["verified"] is True
    assert document["overrides"] == {"coverage.floor": 0.75, "solve.gap": 0}
    assert list(document["seconds"]) == SECONDS
    assert list(document["counts"]) == COUNTS
    assert sorted(document["costs"]) == sorted(TERMS.split())
    assert set(document["levels"]["health"]) >= {"coverage", "least", "greatest", "travel"}
    assert document["inequality"]["regions"]["health"]["range"] == pytest.approx(0.1)


def test_every_file_of_the_tables_has_its_columns(written):
    for name, columns in COLUMNS.items():
        assert header(written / f"{name}.csv") == columns.split()


def test_the_plan_is_the_chosen_rows_of_the_table_offers(written, result):
    own = header(written / "plan.csv")
    assert own[:5] == ["offer", "provider", "service", "mode", "region"]
    assert own[-5:] == ["size", "volume", "volunteer_units", "utilization", "cost"]
    chosen = rows(written / "plan.csv")
    assert [line["offer"] for line in chosen] == ["clinic-north", "helpers-south"]
    assert set(own[:-5]) == set(result.instance.tables["offers"].columns)


def test_figures_are_written_without_rounding_dust(written):
    engaged = {line["offer"]: line for line in rows(written / "plan.csv")}
    assert engaged["clinic-north"]["volume"] == "990"
    assert engaged["clinic-north"]["cost"] == "10900"
    shares = [line["share"] for line in rows(written / "deliveries.csv")]
    assert max(len(share) for share in shares) <= 14


def test_public_payments_fees_and_own_funds_add_up_to_the_costs_stated(written):
    costs = json.loads((written / "result.json").read_text(encoding="utf-8"))["costs"]
    paid = sum(float(line["amount"]) for line in rows(written / "payments.csv"))
    assert paid == pytest.approx(sum(costs.values()) - costs["access"] - costs["unmet"])


def test_the_folder_reads_back_as_the_same_plan_and_passes(written, result):
    instance = result.instance
    plan = read_plan(written, instance)
    policy = pse.read_policy(stored_model(written))
    assert policy.sections["coverage"]["floor"] == 0.75
    found = pse.verify(instance, stated(written, plan, policy))
    assert found.ok
    assert found.objective == pytest.approx(result.objective, rel=1e-9)
    assert plan.deliveries["share"].tolist() == pytest.approx(
        result.plan.deliveries["share"].tolist(), abs=1e-11
    )


def test_sizes_groups_and_last_resort_read_back_and_pass(tmp_path):
    tables = small_tables(
        services={"last_resort_cost": [30]},
        sizes={
            "offer": ["clinic"] * 2,
            "size": ["small", "large"],
            "capacity": [500, 1200],
            "fixed_cost": [800, 1100],
            "unit_cost": [11, 9],
        },
    )
    needs = [("north", "urban", 600), ("north", "rural", 400), ("south", "urban", 900)]
    tables["needs"] = pd.DataFrame(needs, columns=["region", "group", "demand"]).assign(
        service="health", heads=500
    )
    instance = pse.Instance.from_tables(tables, {"name": "grouped"})
    wanted = {"coverage.floor": 0.95, "last_resort.maximum_share": 0.5}
    result = pse.solve(instance, "core", overrides=wanted)
    folder = write_result(tmp_path / "result", result)
    assert "last_resort" in {line["offer"] for line in rows(folder / "deliveries.csv")}
    assert "large" in {line["size"] for line in rows(folder / "plan.csv")}
    plan = read_plan(folder, instance)
    found = pse.verify(instance, stated(folder, plan, pse.read_policy(stored_model(folder))))
    assert found.ok, str(found)


def test_a_former_result_is_replaced_and_other_files_are_kept(written):
    (written / "notes.txt").write_text("seen by the minister")
    other = pse.solve("tiny-two-districts", "core")
    write_result(written, other)
    assert stored_model(written)["name"] == "core"
    assert set(contents(written)) == FILES | {"notes.txt"}


@pytest.mark.parametrize("failing", sorted(FILES))
def test_what_cannot_be_written_whole_leaves_the_former_result(failing, written, monkeypatch):
    before = contents(written)
    write, moved = results.write_bytes, Path.rename

    def refuse_write(path, text):
        if path.name == failing:
            raise OSError(28, "No space left on device")
        write(path, text)

    def refuse_move(self, target):
        if self.name == failing:
            raise OSError(28, "No space left on device")
        return moved(self, target)

    other = pse.solve("tiny-two-districts", "core")
    for name, function in (("write_bytes", refuse_write), ("rename", refuse_move)):
        with monkeypatch.context() as broken:
            broken.setattr(results if name == "write_bytes" else Path, name, function)
            with pytest.raises(InputError, match="No space left"):
                write_result(written, other)
        assert contents(written) == before
        assert list(written.parent.iterdir()) == [written]


def test_a_new_folder_is_not_left_half_written(result, tmp_path, monkeypatch):
    def refuse(path, text):
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "write_bytes", refuse)
    with pytest.raises(KeyboardInterrupt):
        write_result(tmp_path / "result", result)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused_unless_forced(result, tmp_path):
    (tmp_path / "result.json").write_text('{"someone": "else"}')
    with pytest.raises(InputError) as caught:
        write_result(tmp_path, result)
    assert "--force" in only(caught.value).remedy
    write_result(tmp_path, result, force=True)
    refuse_foreign(tmp_path)


def test_an_empty_folder_and_a_folder_to_come_are_welcome(tmp_path):
    refuse_foreign(tmp_path)
    refuse_foreign(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_without_a_plan_there_is_nothing_to_write(tmp_path):
    nothing = pse.solve("tiny-two-districts", overrides={"total_budget.maximum": 1.0})
    assert nothing.plan is None
    with pytest.raises(ValueError, match="no plan"):
        write_result(tmp_path / "result", nothing)


def test_numbers_that_json_does_not_know_are_null():
    assert json.loads(json_text({"a": [float("inf"), float("nan"), 1.5]})) == {
        "a": [None, None, 1.5]
    }
