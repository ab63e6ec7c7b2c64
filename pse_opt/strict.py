"""The common ground of what a model document holds: frozen, and nothing unknown in it."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Strict"]


class Strict(BaseModel):
    """A part of a model document."""

    model_config = ConfigDict(frozen=True, extra="forbid")
