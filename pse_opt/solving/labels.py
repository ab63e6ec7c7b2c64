"""What rows and columns are called: told when somebody asks, not held for each of millions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

__all__ = ["Label", "Labels", "extended", "known_families", "taken"]

Integers = npt.NDArray[Any]
Names = npt.NDArray[np.object_]


class Label(NamedTuple):
    """Which row or column it is: its family or variable, and its index there."""

    family: str
    index: Any

    @property
    def name(self) -> str:
        """Family and index as one text."""
        parts = self.index if isinstance(self.index, tuple) else (self.index,)
        return f"{self.family}[{','.join(map(str, parts))}]"


class Labels(Sequence[Label]):
    """Labels of rows or columns, some of those of several families one after the other.

    Parameters
    ----------
    families : sequence of (str, sequence)
        Names, each with the indices of its rows or columns.
    at : ndarray, optional
        Which of all these, and in which order; by default all.
    """

    def __init__(
        self, families: Sequence[tuple[str, Sequence[Any]]], at: Integers | None = None
    ) -> None:
        self._families = tuple(families)
        sizes = [len(keys) for _, keys in self._families]
        self._starts = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
        self._at = at

    def __len__(self) -> int:
        """How many there are."""
        return int(self._starts[-1]) if self._at is None else len(self._at)

    def __iter__(self) -> Iterator[Label]:
        """Go through them."""
        if self._at is None:
            for name, keys in self._families:
                yield from (Label(name, key) for key in keys)
            return
        at = self._at.astype(np.int64)
        family = np.searchsorted(self._starts, at, side="right") - 1
        within = (at - self._starts[family]).tolist()
        for f, k in zip(family.tolist(), within, strict=True):
            name, keys = self._families[f]
            yield Label(name, keys[k])

    @overload
    def __getitem__(self, k: SupportsIndex) -> Label: ...

    @overload
    def __getitem__(self, k: slice) -> Labels: ...

    def __getitem__(self, k: SupportsIndex | slice) -> Label | Labels:
        """Return one label, or those of a slice."""
        if isinstance(k, slice):
            return self.take(np.arange(len(self))[k])
        position = range(len(self))[k]
        place = position if self._at is None else int(self._at[position])
        family = int(np.searchsorted(self._starts, place, side="right")) - 1
        name, keys = self._families[family]
        return Label(name, keys[place - int(self._starts[family])])

    def take(self, at: Integers) -> Labels:
        """Return some of them, by position."""
        at = np.asarray(at)
        chosen = at if self._at is None else self._at[at]
        return Labels(self._families, chosen.astype(np.int32, copy=False))

    def extended(self, family: str, indices: Sequence[Any]) -> Labels:
        """Return them with those of one more family after them."""
        families, at = (*self._families, (family, indices)), self._at
        if at is not None:
            first = int(self._starts[-1])
            at = np.concatenate((at, np.arange(first, first + len(indices), dtype=at.dtype)))
        return Labels(families, at)

    def families(self) -> Names:
        """Return the family of each; of the same family, the same object."""
        names = np.array([name for name, _ in self._families] or [""], dtype=object)
        if self._at is None:
            return np.repeat(names[: len(self._families)], np.diff(self._starts))
        return np.asarray(names[np.searchsorted(self._starts, self._at, side="right") - 1])

    def find(self, places: Any) -> Integers:
        """Return the position of each of these places among all, -1 where it is not there."""
        at = np.asarray(places, dtype=np.int64 if isinstance(places, list) else None)
        if self._at is None:
            return at
        known = np.full(int(self._starts[-1]), -1, dtype=np.int32)
        known[self._at] = np.arange(len(self._at))
        return np.asarray(known[at])


def taken(items: list[Any] | Labels, at: Integers) -> list[Any] | Labels:
    """Return some rows or columns of a model, by position."""
    return items.take(at) if isinstance(items, Labels) else [items[k] for k in at]


def extended(items: list[Any] | Labels, count: int, family: str = "") -> list[Any] | Labels:
    """Return rows or columns of a model with further ones of a family after them, numbered."""
    if isinstance(items, Labels):
        return items.extended(family, range(count))
    return [*items, *(Label(family, k) for k in range(count))]


def known_families(items: Sequence[Any]) -> Names:
    """Return the family of each row or column that has a label, blank for others."""
    if isinstance(items, Labels):
        return items.families()
    return np.array([r.family if isinstance(r, Label) else "" for r in items], dtype=object)
