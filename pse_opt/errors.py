"""What went wrong, said so that a planner can repair it."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Findings",
    "InfeasibleError",
    "InputError",
    "Problem",
    "PseError",
    "PseWarning",
    "SolverError",
    "closest",
    "nearest",
    "respelled",
]

SHOWN = 100
"""Problems that the text of an error lists; all of them are in its ``problems``."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong (or doubtful) in what the user gave.

    Attributes
    ----------
    where : str
        The table (or document) it stands in, as the user knows it: ``offers``, ``model.toml``.
    message : str
        What is wrong.
    remedy : str
        What to do about it.
    row : int or None
        Row as a spreadsheet counts: the header is row 1, the first record row 2.
    column : str or None
        Column (or key of a document).
    value : Any
        The offending value, or None where a value is missing altogether.
    """

    where: str
    message: str
    remedy: str = ""
    row: int | None = None
    column: str | None = None
    value: Any = None

    def __str__(self) -> str:
        """Return place, message and remedy in one line."""
        place = self.where
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        if self.value is not None:
            place += f", value {str(self.value)[:80]!r}"
        text = f"{place}: {_sentence(self.message)}"
        return f"{text} Remedy: {_sentence(self.remedy)}" if self.remedy else text

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as plain JSON values."""
        value = self.value if isinstance(self.value, int | float | bool | None) else str(self.value)
        return {
            "where": self.where,
            "row": self.row,
            "column": self.column,
            "value": value,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass
class Findings:
    """Problems (which stop the reading) and warnings (which do not), in the order found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


class PseError(Exception):
    """Base of all errors of this library; ``exit_code`` is what the command line returns."""

    exit_code = 1


class InputError(PseError, ValueError):
    """Bad input: carries *all* problems found, not just the first.

    Parameters
    ----------
    problems : iterable of Problem
        What is wrong; at least one.
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = [f"{head} in the input:", *(f"  {p}" for p in self.problems[:SHOWN])]
        if count > SHOWN:
            lines.append(f"  ... and {count - SHOWN} more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        """Cross to other processes with all problems."""
        return type(self), (self.problems,)


class InfeasibleError(PseError):
    """No plan keeps all rules, which shows before anything is solved."""

    exit_code = 3


class SolverError(PseError, RuntimeError):
    """The solver ended in a state that is not an answer; the message names the state."""


class PseWarning(UserWarning):
    """Something doubtful that does not stop the work."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like this one, or None where none is alike.

    Case and leading zeros are looked past first: spreadsheets turn ``01001`` into ``1001``.

    Examples
    --------
    >>> closest("1001", ["01001", "11001"]), closest("x", ["health"])
    ('01001', None)
    """
    names = sorted(set(known))
    folded = {n.casefold(): n for n in names}
    text = str(name).casefold()
    if text in folded:
        return folded[text]
    stripped = {n.lstrip("0"): original for n, original in folded.items()}
    if text.lstrip("0") in stripped and text.strip("0"):
        return stripped[text.lstrip("0")]
    alike = list(folded)
    if len(alike) > 2000:  # comparing every letter of very many names takes seconds
        alike = [n for n in alike if n[:2] == text[:2]]
    close = difflib.get_close_matches(text, alike, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(name: str, known: Iterable[str], *, listing: int = 12) -> str:
    """Return a remedy that names the nearest known name and lists the known ones.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        The names that would be right.
    listing : int
        The greatest number of known names to list.

    Examples
    --------
    >>> nearest("halth", ["health", "education"])
    "did you mean 'health'? known: education, health"
    """
    names = sorted(set(known))
    if not names:
        return "there is none to refer to"
    close = closest(name, names)
    shown = ", ".join(names[:listing]) + (", ..." if len(names) > listing else "")
    return f"did you mean {close!r}? known: {shown}" if close else f"known: {shown}"


def respelled(value: str, *, share: bool = False) -> str:
    """Return a remedy that spells the number a person meant, or blank where none is seen.

    Parameters
    ----------
    value : str
        What was written: with separators, a percent sign, a currency.
    share : bool
        A share from 0 to 1 is wanted.

    Examples
    --------
    >>> respelled("1,200.5"), respelled("12,5"), respelled("90%", share=True)
    ('write it without separators: 1200.5', 'write a point before the decimals: 12.5', \
'write a share from 0 to 1, without the sign: 0.9')
    """
    plain = re.sub(r"[\s'’_]", "", value.replace("，", ",").replace("％", "%"))
    if re.fullmatch(r"[-+]?[\d.]+%", plain):
        amount = _parse(plain[:-1])
        if share:
            return f"write a share from 0 to 1, without the sign: {amount / 100:g}"
        return f"write the number alone: {amount:g}"
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        whole = plain.replace(",", "")
        decimal = plain.replace(",", ".")
        either = f" (or {decimal} if the comma marks decimals)" if plain.count(",") == 1 else ""
        return f"write it without separators: {whole}{either if '.' not in plain else ''}"
    if re.fullmatch(r"[-+]?[\d.]+,\d+", plain):
        return f"write a point before the decimals: {plain.replace('.', '').replace(',', '.')}"
    if plain != value and not math.isnan(_parse(plain)):
        return f"write it without separators: {plain}"
    numbers = re.findall(r"-?\d[\d.]*", re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", plain))
    if len(numbers) == 1 and math.isfinite(_parse(numbers[0])):
        return f"write the number alone: {numbers[0]}"
    return ""


def _parse(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan
