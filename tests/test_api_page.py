"""The page of the Python API has every public name, and every one has a docstring."""

import re
from pathlib import Path

import pse_opt as pse

PAGE = Path(__file__).parents[1] / "docs" / "api.md"


def test_every_public_name_is_on_the_page_once():
    named = re.findall(r"(?m)^   (\w+)$", PAGE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(pse.__all__)


def test_every_public_name_says_what_it_is():
    for name in pse.__all__:
        assert len((getattr(pse, name).__doc__ or "").strip()) > 20, name
