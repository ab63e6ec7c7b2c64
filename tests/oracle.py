"""Brute force for tiny instances, written from the tables and the rules, not from the library.

Every way to engage the offers, and every choice of single sources where the rules ask for one, is
tried in turn; what is left is a linear program in units delivered, which SciPy solves. A table is a
list of records (dictionaries); a missing key, None or an empty text means what the data dictionary
says a blank cell means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests import oracle_mechanisms as mechanisms
from tests.oracle_best import Optimum
from tests.oracle_case import Case
from tests.oracle_goals import best_of
from tests.oracle_levels import Reference
from tests.oracle_plans import Plans
from tests.oracle_tables import Record, Tables


def best_objective(tables: Tables, document: Mapping[str, Any]) -> float | None:
    """Return the best objective of all plans that keep the rules, or None where none does."""
    found = optimum(tables, document)
    return None if found is None else found.objective


def optimum(tables: Tables, document: Mapping[str, Any]) -> Optimum | None:
    """Return the best plan of all that keep the rules, or None where none does."""
    return best_of(list(_every_set_of_plans(Case(tables, document))), document)


def _every_set_of_plans(case: Case) -> Iterator[Plans]:
    for engaged in case.engagements():
        for pairs in case.assignments(engaged):
            for allowed, full in mechanisms.choices(case, engaged, pairs):
                plans = Plans(case, engaged, allowed, full)
                plans.keep_rules()
                yield plans


def given_plan(
    tables: Tables,
    document: Mapping[str, Any],
    engaged: Mapping[str, str],
    deliveries: Sequence[Record],
) -> Reference:
    """Return a given plan: the offers engaged with their sizes, and its deliveries."""
    return Case(tables, document).given(deliveries, engaged)
