"""What a column of a table is, and what a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Column", "Table", "amount", "identifier", "share", "text"]

Kind = Literal["identifier", "text", "number", "choice", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, description : str
        Its header, and what it means in the planner's language.
    kind : {"identifier", "text", "number", "choice", "flag"}
        What a cell holds; a flag is ``yes``, ``no`` or blank.
    unit : str
        Unit of a number.
    required : bool
        The column must be there and no cell may be blank.
    default : Any
        What a blank cell means; None: nothing is known, or what the description says.
    minimum, maximum : float or None
        Range of a number, ends included.
    choices : tuple of str
        Allowed words of a choice.
    references : str
        ``table.column`` (or just ``table`` for its first column) that must know the value.
    """

    name: str
    description: str
    kind: Kind = "number"
    unit: str = ""
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    references: str = ""

    @property
    def expects(self) -> str:
        """What a cell must be, as a phrase for remedies and the data dictionary."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "flag":
            return "yes, no or blank"
        if self.kind != "number":
            return "text"
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"a number from {low:g} to {high:g}"
        if low is not None:
            return f"a number of at least {low:g}"
        return "a number"


@dataclass(frozen=True)
class Table:
    """A table: its columns, its key, and whether further numeric columns are kept as attributes."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    attributes: bool = True
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns by name."""
        object.__setattr__(self, "by_name", {c.name: c for c in self.columns})


def identifier(
    name: str, description: str, *, required: bool = True, references: str = ""
) -> Column:
    """Return a column of identifiers."""
    return Column(name, description, "identifier", required=required, references=references)


def text(name: str, description: str) -> Column:
    """Return a column of words."""
    return Column(name, description, "text")


def amount(name: str, unit: str, description: str, **options: Any) -> Column:
    """Return a column of numbers from 0 up."""
    return Column(name, description, "number", unit, **{"minimum": 0.0, **options})


def share(name: str, description: str, **options: Any) -> Column:
    """Return a column of numbers from 0 to 1."""
    return Column(name, description, "number", "share", minimum=0.0, maximum=1.0, **options)
