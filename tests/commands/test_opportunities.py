"""The command opportunities, as its user meets it."""

import json
from pathlib import Path

from pse_opt.cli import main

WORDS = ["opportunities", "tiny-two-districts", "--provider", "helpers", "--gap", "0"]


def test_the_screen_says_where_it_is_worth_serving_and_up_to_which_price(capsys):
    assert main(WORDS) == 0
    shown = capsys.readouterr().out
    assert "helpers-south: health, contract; worth engaging" in shown
    assert "pays for certain below 11.09" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80


def test_json_and_files_say_the_same(capsys):
    assert main([*WORDS, "--json", "--out", "mine"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(Path("mine/opportunities.json").read_text(encoding="utf-8"))
    assert Path("mine/opportunities.csv").read_text(encoding="utf-8").startswith("offer,service")
    assert main([*WORDS, "--quiet", "--out", "mine"]) == 0


def test_an_unknown_provider_is_answered_with_the_nearest(capsys):
    assert main([*WORDS[:3], "helper"]) == 2
    assert "did you mean 'helpers'?" in " ".join(capsys.readouterr().err.split())
