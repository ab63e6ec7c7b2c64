"""Changes that a planner can make of rules and tables, as plain data that can be carried out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import pandas as pd

from pse_opt.instance import Instance
from pse_opt.policy import Policy, read_policy

__all__ = ["Addition", "Cell", "Edit", "Omission", "Setting", "Standard", "applied", "edited"]

Tables = dict[str, pd.DataFrame]
Document = dict[str, Any]


@dataclass(frozen=True)
class Posed:
    """What edits change, in place."""

    tables: Tables
    document: Document


class Edit(Protocol):
    """A change of a model document or of the tables of an instance."""

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""


@dataclass(frozen=True)
class Setting:
    """A parameter of the document: ``section.parameter`` or ``equalization.NAME.parameter``.

    Without a value it is taken out; a section alone is taken out whole.
    """

    path: str
    value: Any = None

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""
        if "." not in self.path:
            on.document.pop(self.path, None)
            return
        section, *names, key = self.path.split(".")
        part = on.document.setdefault(section, {})
        if section == "equalization":
            part = next(entry for entry in part if entry["name"] == names[0])
        if self.value is None:
            part.pop(key, None)
        else:
            part[key] = self.value


@dataclass(frozen=True)
class Addition:
    """One word more in a list of the document."""

    path: str
    value: str

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""
        section, key = self.path.split(".")
        listed = on.document[section][key]
        if listed != "all" and self.value not in listed:
            on.document[section][key] = [*listed, self.value]


@dataclass(frozen=True)
class Omission:
    """A service less in those that a section is about; the section goes with the last of them."""

    section: str
    value: str
    known: tuple[str, ...]

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""
        if self.section not in on.document:
            return
        listed = on.document[self.section].get("services", "all")
        left = [s for s in (self.known if listed == "all" else listed) if s != self.value]
        if left:
            on.document[self.section]["services"] = left
        else:
            del on.document[self.section]


@dataclass(frozen=True)
class Cell:
    """A value of a table.

    Attributes
    ----------
    table, column : str
        Where it stands.
    key : tuple of (column, value)
        Its rows.
    value : float or str
        What it shall be; of several rows the sum.
    was : float
        What it is; rows are changed in proportion to it. 0: every row gets the value.
    """

    table: str
    key: tuple[tuple[str, str], ...]
    column: str
    value: float | str
    was: float = 0.0

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""
        frame = on.tables[self.table]
        mine = pd.Series(data=True, index=frame.index)
        for column, name in self.key:
            mine &= frame[column] == name
        cells = frame[self.column]
        if isinstance(self.value, str):
            changed = cells.mask(mine, self.value)
        else:
            cells = cells.astype(float)
            new = cells * (self.value / self.was) if self.was else self.value
            changed = cells.mask(mine, new)
        on.tables[self.table] = frame.assign(**{self.column: changed})


STANDARDS = ("service", "jurisdiction", "region", "group", "floor", "target")


@dataclass(frozen=True)
class Standard:
    """A floor or a target of one place, in the table standards.

    Attributes
    ----------
    kind : str
        ``floor``, with the index region, group, service; or ``target``, with the index service,
        jurisdiction, region, group.
    index : tuple of str
        Whom it is for.
    value : float
        As a share of need.
    """

    kind: str
    index: tuple[str, ...]
    value: float

    def apply(self, on: Posed) -> None:
        """Make the change, in place."""
        table = on.tables.get("standards", pd.DataFrame(columns=list(STANDARDS))).copy()
        if self.kind == "floor":
            region, group, service = self.index
            key = {"service": service, "jurisdiction": "", "region": region, "group": group}
        else:
            key = dict(zip(STANDARDS[:4], self.index, strict=True))
        exact = pd.Series(data=True, index=table.index)
        for column, name in key.items():
            exact &= table[column] == name
        mine = exact
        if self.kind == "floor":  # of the place within a jurisdiction it is the stronger claim
            mine = pd.Series(data=True, index=table.index)
            for column in ("service", "region", "group"):
                mine &= table[column] == key[column]
        table.loc[mine, self.kind] = self.value
        if not exact.any():
            line = {**key, "floor": float("nan"), "target": float("nan"), self.kind: self.value}
            rows = [*table[list(STANDARDS)].to_dict(orient="records"), line]
            table = pd.DataFrame(rows, columns=list(STANDARDS))
        on.tables["standards"] = table


def edited(
    tables: Mapping[str, pd.DataFrame], document: Mapping[str, Any], edits: Iterable[Edit]
) -> tuple[Tables, Document]:
    """Return tables and document with changes made; what is given stays as it is."""
    on = Posed(dict(tables), copy.deepcopy(dict(document)))
    for edit in edits:
        edit.apply(on)
    return on.tables, on.document


def applied(instance: Instance, policy: Policy, edits: Iterable[Edit]) -> tuple[Instance, Policy]:
    """Return an instance and a policy with changes made.

    Raises
    ------
    InputError
        The document is none after the changes: a parameter is out of its range.
    """
    tables, document = edited(instance.tables, policy.document, edits)
    return Instance(instance.about, MappingProxyType(tables)), read_policy(document)
