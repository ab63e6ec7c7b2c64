"""The rules of provision mechanisms for the brute force of :mod:`tests.oracle`.

Written from the tables and the rules. Each rule either refuses a set of engaged offers, or adds to
the linear program of the plans with these engagements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
Engaged = list[tuple[Record, Record]]


def allowed(case: Any, engaged: Engaged) -> bool:
    """Whether the rules on engagements admit this set."""
    return _arrangements(case, engaged)


def named(chosen: Any, word: str) -> bool:
    """Whether a choice names a word, or all."""
    return chosen == "all" or word in chosen


def _arrangements(case: Any, engaged: Engaged) -> bool:
    section = case.document.get("arrangements")
    if section is None:
        return True
    return all(
        named(section.get("kinds", "all"), case.providers[offer["provider"]]["kind"])
        and named(section.get("modes", "all"), offer["mode"])
        for offer, _ in engaged
        if named(section.get("services", "all"), offer["service"])
    )
