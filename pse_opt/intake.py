"""Given tables made those of an instance: converted, checked, all problems told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from pse_opt.about import About
from pse_opt.checks import check_contents, check_references
from pse_opt.errors import Findings, InputError, Problem
from pse_opt.reading import convert_table, missing_tables
from pse_opt.tables import TABLES

__all__ = ["taken_in"]


def taken_in(
    tables: Mapping[str, pd.DataFrame],
    about: Mapping[str, Any] | About | None,
    problems: Sequence[Problem],
    warnings: Sequence[Problem],
) -> tuple[About, Mapping[str, pd.DataFrame], tuple[Problem, ...]]:
    """Return what an instance says of itself, its tables converted and checked, and warnings.

    Parameters
    ----------
    tables, about, problems, warnings
        As in :meth:`pse_opt.Instance.from_tables`.

    Raises
    ------
    InputError
        With all problems of all tables.
    """
    findings = Findings(list(problems), list(warnings))
    if not isinstance(about, About):
        try:
            about = About.from_document(about or {"name": "unnamed"})
        except InputError as error:
            findings.problems.extend(error.problems)
            about = About(name="unnamed")
    missing_tables(tables, findings)
    converted = {
        name: convert_table(table, tables[name], findings)
        for name, table in TABLES.items()
        if name in tables
    }
    if "jurisdictions" not in converted and "regions" in converted:
        converted["jurisdictions"] = _implied_jurisdictions(converted["regions"])
    check_references(converted, findings)
    if not any(t.required and t.name not in converted for t in TABLES.values()):
        check_contents(converted, findings)
    if findings.problems:
        raise InputError(_once(findings.problems, len(problems)))
    return about, MappingProxyType(converted), tuple(findings.warnings)


def _once(problems: Sequence[Problem], before: int) -> list[Problem]:
    """Return problems without those of cells that were a problem before they were converted."""
    cells = {(p.where, p.row, p.column) for p in problems[:before] if p.column is not None}
    later = (p for p in problems[before:] if (p.where, p.row, p.column) not in cells)
    return [*problems[:before], *later]


def _implied_jurisdictions(regions: pd.DataFrame) -> pd.DataFrame:
    """Without a table of jurisdictions, those named by regions exist and nest in nothing."""
    named = sorted(set(regions["jurisdiction"]) - {""})
    raw = pd.DataFrame({"jurisdiction": named}, dtype=object)
    return convert_table(TABLES["jurisdictions"], raw, Findings())
