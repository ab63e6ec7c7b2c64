"""Where the rules of a policy bind: limits that a plan reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from pse_opt.solving.result import Result
from pse_opt.verification import verify

__all__ = ["NEAR", "binding"]

NEAR = 0.005
"""A limit binds where no more than this share of its scale is left (half a point of coverage)."""
ALWAYS_REACHED = ("attainment", "eligibility", "linking", "reach", "one_size", "last_resort")
"""Rules that say what a plan is, and not how far it may go."""
EXCESS = re.compile(r": -?\S+ of \S+ .* short$")
IDLE = "once engaged at least 0"


def binding(result: Result) -> pd.DataFrame:
    """Return the limits that a plan reaches, or misses by less than half a percent.

    They are what the independent checker would call broken, were every limit half a percent
    tighter, so that its words say how much is used and how much is allowed.

    Parameters
    ----------
    result : Result
        A result with a plan.

    Returns
    -------
    DataFrame
        Columns rule, where, words; rules in the order of the checker, tightest first.
    """
    found = verify(result.instance, result.plan, result.policy, tolerance=-NEAR).violations
    rows = [
        (v.rule, v.where, EXCESS.sub("", v.message), v.relative)
        for v in found
        if v.rule not in ALWAYS_REACHED and not v.message.endswith(IDLE)
    ]
    frame = pd.DataFrame(rows, columns=["rule", "where", "words", "relative"])
    order: Mapping[str, int] = {rule: k for k, rule in enumerate(dict.fromkeys(frame["rule"]))}
    frame = frame.assign(place=frame["rule"].map(order))
    frame = frame.sort_values(["place", "relative"], ascending=[True, False], kind="stable")
    return frame[["rule", "where", "words"]].reset_index(drop=True)
