"""Keys made when somebody asks for them: of millions of links, most are never named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

__all__ = ["Keys"]

AT_ONCE = 65_536
"""Keys that are made together when all are gone through."""


class Keys(Sequence[tuple[Any, ...]]):
    """Tuples of identifiers, by position.

    Parameters
    ----------
    parts : pair of (ndarray of object, ndarray of int or None)
        Identifiers of each part of a key, and which of them each key has; None: one each.
    """

    def __init__(
        self, *parts: tuple[npt.NDArray[np.object_], npt.NDArray[np.integer[Any]] | None]
    ) -> None:
        self._parts = parts

    def __len__(self) -> int:
        """How many there are."""
        names, at = self._parts[0]
        return len(names) if at is None else len(at)

    @overload
    def __getitem__(self, k: SupportsIndex) -> tuple[Any, ...]: ...

    @overload
    def __getitem__(self, k: slice) -> list[tuple[Any, ...]]: ...

    def __getitem__(self, k: SupportsIndex | slice) -> tuple[Any, ...] | list[tuple[Any, ...]]:
        """Return one key, or those of a slice."""
        if isinstance(k, slice):
            parts = [names[k] if at is None else names[at[k]] for names, at in self._parts]
            return list(zip(*(part.tolist() for part in parts), strict=True))
        return tuple(names[k] if at is None else names[at[k]] for names, at in self._parts)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Go through them."""
        for start in range(0, len(self), AT_ONCE):
            yield from self[start : start + AT_ONCE]

    def __eq__(self, other: object) -> bool:
        """Whether these are the same keys as those of another sequence."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
