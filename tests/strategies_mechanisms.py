"""Random policies about provision mechanisms on random tiny instances.

A topic makes one mechanism decide; the instances are those of :mod:`tests.strategies`, with the
columns that the mechanism reads.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import Case, cost_cases

__all__ = ["TOPICS", "mechanism_cases"]


@st.composite
def arrangements(draw: st.DrawFn, case: Case) -> None:
    """Kinds of providers, modes or both, for all services or one."""
    section: dict[str, Any] = {}
    if draw(st.booleans()):
        section["kinds"] = draw(
            st.sampled_from([["government"], ["government", "ngo"], ["ngo", "private"]])
        )
    if not section or draw(st.booleans()):
        section["modes"] = draw(st.sampled_from([["direct"], ["direct", "contract"], ["grant"]]))
    if draw(st.integers(0, 3)) == 0:
        section["services"] = ["health"]
    case.document["arrangements"] = section


TOPICS = {"arrangements": arrangements}
"""What decides, by the section of the model document."""


@st.composite
def mechanism_cases(draw: st.DrawFn, topic: str) -> Case:
    """An instance with a policy in which a mechanism decides."""
    case = draw(cost_cases()).changed()
    draw(TOPICS[topic](case))
    return case
