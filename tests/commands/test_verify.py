"""``python -m pse_opt verify``: plans made by hand, and results whose figures were changed."""

from pathlib import Path

import pytest

from pse_opt.cli import main
from tests.commands.desk import GOOD, TINY, change, plan_of


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
