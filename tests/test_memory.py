"""Memory follows the links: nothing of the size offers x needs is ever made."""

from __future__ import annotations

import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.policy import read_policy
from pse_opt.regional.synthetic import build
from pse_opt.solving import benders, covering, linking, neighbourhood, radius, separate
from pse_opt.solving.assignment import Assignment

NEEDS = 4000
THINGS = 22_487
"""Needs, offers and links of the instance below."""
EACH = 1_600
"""Bytes that each of them may take: of Pyomo's variables, texts and rows."""


@pytest.fixture(scope="module")
def drawn() -> tuple[dict[str, Any], dict[str, Any]]:
    return build(needs=NEEDS, links_per_need=3, seed=1)


def peak(work: Callable[[], object]) -> float:
    """Bytes that some work takes at most beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
