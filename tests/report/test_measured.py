"""What is documented of every instance was measured, on its tables as they are, and kept."""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt import resources
from pse_opt.checksums import checksum, recorded_checksums
from pse_opt.report import measured
from pse_opt.report.measured import Promise, Task, kept, main, measure, measurements, promises

SHARE = resources.share() / "instances"
PROMISED = [(i, m) for i, models in promises().items() for m in models]
FOUND = {(m["instance"], m["variant"], m["model"]): m for m in measurements()}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """What is measured is written into another folder."""
    path = tmp_path / "measured.csv"
    monkeypatch.setattr(measured, "_path", lambda: path)
    return path


@pytest.mark.parametrize("name", resources.names("instances", "instance.toml"))
def test_every_instance_has_documented_limits_for_core_and_equalized(name):
    assert {"core", "equalized"} <= set(promises()[name])


@pytest.mark.parametrize(("name", "model"), PROMISED)
def test_what_is_documented_was_measured_and_kept(name, model):
    row, promise = FOUND[name, "", model], promises()[name][model]
    assert row["verified"] == "yes"
    assert float(row["gap"]) <= promise.gap
    assert float(row["seconds"]) <= promise.seconds + 5  # the last plan is polished
    assert row["tables_sha256"] == checksum(recorded_checksums(SHARE / name))


@pytest.mark.parametrize(("name", "variant"), sorted({(i, v) for i, v, _ in FOUND if v}))
def test_variants_were_measured_on_their_tables_as_they_are(name, variant):
    row = FOUND[name, variant, "equalized"]
    assert row["verified"] == "yes"
    assert row["tables_sha256"] == checksum(recorded_checksums(SHARE / name), variant)


def test_a_measured_row_holds_what_was_found(elsewhere, capsys):
    assert main(["tiny-two-districts", "--model", "core"]) == 0
    assert "kept" in capsys.readouterr().out
    (row,) = measurements()
    assert (row["instance"], row["variant"], row["model"]) == ("tiny-two-districts", "", "core")
    assert float(row["objective"]) == pytest.approx(14_760)
    assert float(row["government"]) + float(row["ngo"]) == pytest.approx(1)
    assert main(["tiny-two-districts"]) == 0
    assert [m["model"] for m in measurements()] == ["core", "equalized"]


def test_a_promise_that_is_not_kept_is_counted(elsewhere, monkeypatch):
    one = {"zm-provinces": {"core": Promise(gap=1e-9, seconds=0.3)}}
    monkeypatch.setattr(measured, "promises", lambda: one)
    assert main([]) == 1


def test_a_promise_is_kept_by_a_verified_plan_within_the_gap():
    promise = Promise(gap=0.01, seconds=60)
    row = {"variant": "", "verified": "yes", "gap": 0.01}
    assert kept(row, promise)
    assert not kept(row | {"gap": 0.011}, promise)
    assert not kept(row | {"verified": "no", "gap": None}, promise)
    assert not kept(row | {"verified": "no"}, promise)
    assert kept(row | {"gap": 0.011, "variant": "low"}, promise)


def test_without_a_plan_the_row_says_so(tmp_path):
    model = tmp_path / "model.toml"
    text = 'name = "poor"\nextends = "core"\n[total_budget]\nmaximum = 1\n'
    model.write_text(text)
    task = Task("tiny-two-districts", "", str(model), Promise(gap=0.5, seconds=5))
    row = measure(task, SHARE / "tiny-two-districts", keep_record=True)
    assert row["verified"] == "no"
    assert row["objective"] is None
    assert (row["government"], row["ngo"], row["private"]) == (0.0, 0.0, 0.0)
    assert not kept(row, task.promise)


def test_no_plan_keeps_no_promise():
    task = Task("zm-provinces", "", "core", Promise(gap=1e-6, seconds=1e-6))
    row = measure(task, SHARE / "zm-provinces", keep_record=False)
    assert not kept(row, task.promise)
    assert not kept({**row, "verified": "no"}, Promise(gap=0.5, seconds=60.0))


def test_wrong_limits_are_refused_with_their_place(tmp_path):
    path = tmp_path / "documented.toml"
    path.write_text("[a]\ncore = { gap = -1, seconds = 5 }\nequalized = { gap = 0.1 }\n")
    with pytest.raises(pse.InputError) as error:
        promises(path)
    assert [p.column for p in error.value.problems] == ["a.core.gap", "a.equalized.seconds"]
