"""A part of a model document: frozen, checked, and what is wrong with it in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pse_opt.errors import Problem, nearest

__all__ = ["Strict", "checked_part"]

Part = TypeVar("Part", bound=BaseModel)


class Strict(BaseModel):
    """A part of a model document: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


PLAIN_WORDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("too small", "write at least {ge}"),
    "greater_than": ("too small", "write more than {gt}"),
    "less_than_equal": ("too great", "write at most {le}"),
    "less_than": ("too great", "write less than {lt}"),
    "float_type": ("not a number", "write a number, without quotes"),
    "float_parsing": ("not a number", "write a number, without quotes"),
    "int_type": ("not a whole number", "write a whole number, without quotes"),
    "int_parsing": ("not a whole number", "write a whole number, without quotes"),
    "int_from_float": ("not a whole number", "write a whole number"),
    "finite_number": ("not a finite number", "write a number"),
    "list_type": ("not a list", 'write it in square brackets: ["...", "..."]'),
    "string_type": ("not text", "put it in quotes"),
    "string_pattern_mismatch": ("not a name", "use letters, digits, - and _ only"),
    "dict_type": ("not a table", "write names and values in braces: {{ name = value }}"),
    "model_type": ("not a table", "write it as a table with keys"),
    "missing": ("the parameter is missing", "write it"),
}
"""What pydantic finds, in plain words with a remedy."""


def checked_part(
    kind: type[Part], values: Any, section: str, where: str, problems: list[Problem]
) -> Part | None:
    """Validate one part of the document, adding what is wrong to the problems."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        found: dict[str, Problem] = {}
        for e in error.errors(include_url=False):
            key = ".".join([section, *(str(k) for k in e["loc"][:1])])
            message, remedy = _said(kind, e)
            value = e["input"] if e["type"] != "missing" and e["loc"] else None
            # A parameter of several kinds fails as each of them; the first is enough.
            found.setdefault(key, Problem(where, message, remedy, column=key, value=value))
        problems.extend(found.values())
        return None


def _said(kind: type[BaseModel], e: Any) -> tuple[str, str]:
    """Return message and remedy of one of pydantic's findings."""
    if e["type"] == "extra_forbidden":
        return "unknown parameter", nearest(str(e["loc"][-1]), list(kind.model_fields))
    if e["type"] == "literal_error":
        return "not known", _nearest_word(e["input"], str(e["ctx"]["expected"]))
    message, remedy = PLAIN_WORDS.get(e["type"], (e["msg"].removeprefix("Value error, "), ""))
    return message, remedy.format(**e.get("ctx", {}))


def _nearest_word(word: Any, expected: str) -> str:
    words = [w.strip(" '") for w in expected.replace(" or ", ",").split(",")]
    close = difflib.get_close_matches(str(word), words, n=1)
    return (f"did you mean {close[0]!r}? " if close else "") + "known: " + ", ".join(words)
