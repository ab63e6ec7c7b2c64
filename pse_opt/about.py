"""What an instance says of itself: the content of ``instance.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pse_opt.errors import InputError, Problem, nearest

__all__ = ["About", "Source"]


class Source(BaseModel):
    """Where figures come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    year: int | str = ""
    licence: str = ""


class About(BaseModel):
    """The content of ``instance.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: int = 1
    name: str
    title: str = ""
    description: str = ""
    currency: str = "money"
    year: int | None = None
    units: Mapping[str, str] = {}
    encoding: str = "utf-8"
    sources: tuple[Source, ...] = ()
    assumptions: tuple[str, ...] = ()
    seed: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any], where: str = "instance.toml") -> About:
        """Read the document, reporting all that is wrong with it."""
        values = dict(document)
        values["schema_version"] = values.pop("schema", 1)
        try:
            about = cls.model_validate(values)
        except ValidationError as error:
            raise InputError(
                _document_problem(where, e["loc"], e["type"], e["msg"], e["input"])
                for e in error.errors(include_url=False)
            ) from None
        if about.schema_version != 1:
            remedy = "write schema = 1, or use a version of pse_opt that reads this one"
            message = "this version reads schema 1 only"
            raise InputError(
                [Problem(where, message, remedy, column="schema", value=about.schema_version)]
            )
        return about

    @classmethod
    def keys(cls) -> list[str]:
        """Return the keys of the document."""
        return ["schema", *(k for k in cls.model_fields if k != "schema_version")]

    def to_document(self) -> dict[str, Any]:
        """Return the document, without what is not known."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        values.pop("schema_version", None)
        return {"schema": self.schema_version, **values}


def _document_problem(
    where: str, path: Sequence[int | str], kind: str, message: str, value: Any
) -> Problem:
    """Return what pydantic found in ``instance.toml``, in plain words."""
    key = ".".join("schema" if k == "schema_version" else str(k) for k in path)
    if kind == "missing":
        return Problem(where, "the key is missing", f"write {path[-1]} = ...", column=key)
    if kind == "extra_forbidden":
        known = About.keys() if len(path) == 1 else list(Source.model_fields)
        return Problem(where, "unknown key", nearest(str(path[-1]), known, listing=20), column=key)
    plain = {
        "string_type": ("not text", "write it in quotes"),
        "int_type": ("not a whole number", "write a whole number, without quotes"),
        "int_parsing": ("not a whole number", "write a whole number, without quotes"),
        "int_from_float": ("not a whole number", "write a whole number"),
        "tuple_type": ("not a list", "write it in square brackets: [...]"),
        "dict_type": ("not a table", "write names and texts in braces: { name = 'text' }"),
        "model_type": ("not a source", 'write { title = "...", year = 2025, licence = "..." }'),
    }
    said, remedy = plain.get(kind, (message[:1].lower() + message[1:], "correct it"))
    return Problem(where, said, remedy, column=key, value=value)
