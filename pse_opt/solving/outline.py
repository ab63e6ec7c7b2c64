"""A model whose decisions are numbers, where Pyomo would have an object for each of millions.

Families use a decision as they use a variable of Pyomo's: it stands in the lists that rows and
costs are made of. Here it is its place among all decisions, a block of them a ``range``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.solving.labels import Labels

__all__ = ["Block", "Outline", "joined", "picked"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]


class Block(Mapping[Any, int]):
    """The decisions of one name, by index.

    Attributes
    ----------
    indices : sequence
        Their indices.
    places : range
        Their places among all decisions.
    lower, upper : float or ndarray
        Bounds, of all or of each; infinite where there are none.
    whole : bool
        Whether they are whole numbers.
    """

    def __init__(
        self, keys: Sequence[Any], first: int, lower: float, upper: float, *, whole: bool
    ) -> None:
        self.indices, self.places = keys, range(first, first + len(keys))
        self.lower: float | Floats = lower
        self.upper, self.whole = upper, whole

    def free(self, key: Any) -> None:
        """Let one of them be as small as it likes."""
        self.lower = np.broadcast_to(self.lower, len(self)).astype(float)
        self.lower[self[key] - self.places.start] = -np.inf

    @cached_property
    def _known(self) -> dict[Any, int]:
        return dict(zip(self.indices, self.places, strict=True))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.places)

    def __iter__(self) -> Iterator[Any]:
        """Go through their indices."""
        return iter(self.indices)

    def __getitem__(self, key: Any) -> int:
        """Return the place of the decision with an index."""
        return self._known[key]

    def values(self) -> range:  # type: ignore[override]
        """Return their places."""
        return self.places


class Outline:
    """Decisions and goals of a model without Pyomo.

    Parameters
    ----------
    name : str
        Its name.

    Attributes
    ----------
    blocks : dict of str to Block
        The decisions, also attributes of their own names.
    columns : Columns
        The same by position, as families use them.
    terms : dict of str to Term
        Costs.
    goals : Goals
        What is best.
    rules : list of Expander
        Convex rules.
    """

    columns: Any
    goals: Any

    def __init__(self, name: str) -> None:
        self.name = name
        self.blocks: dict[str, Block] = {}
        self.terms: dict[str, Any] = {}
        self.rules: list[Any] = []

    def declare(
        self,
        name: str,
        keys: Sequence[Any],
        lower: float = 0.0,
        upper: float = np.inf,
        *,
        whole: bool = False,
    ) -> range:
        """Declare decisions and return their places."""
        block = Block(keys, self.count, lower, upper, whole=whole)
        self.blocks[name] = block
        return block.places

    @property
    def count(self) -> int:
        """How many decisions there are."""
        return sum(len(block) for block in self.blocks.values())

    def component(self, name: str) -> Block | None:
        """Return the decisions of a name."""
        return self.blocks.get(name)

    def __getattr__(self, name: str) -> Block:
        """Return the decisions of a name as an attribute."""
        try:
            return self.__dict__["blocks"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    def labels(self, at: Integers) -> Labels:
        """Return what some decisions are called."""
        return Labels([(name, block.indices) for name, block in self.blocks.items()], at)

    def each(self, attribute: str) -> npt.NDArray[Any]:
        """Return an attribute of the blocks (``lower``, ``upper`` or ``whole``) by decision."""
        blocks = self.blocks.values()
        return np.concatenate([np.broadcast_to(getattr(b, attribute), len(b)) for b in blocks])


def picked(columns: Sequence[Any], at: Any) -> Sequence[Any] | Integers:
    """Return some of the columns of a block, by position: an array where they are numbers."""
    if isinstance(columns, range):
        return columns.start + np.asarray(at, dtype=np.int32)
    return [columns[k] for k in at]


def joined(first: Sequence[Any], *more: Any) -> Sequence[Any] | Integers:
    """Return the columns of several blocks in turn: an array where they are numbers."""
    if not isinstance(first, range):
        return [v for block in (first, *more) for v in block]
    parts = [
        np.arange(block.start, block.stop, dtype=np.int32)
        if isinstance(block, range)
        else np.fromiter(block, dtype=np.int32)
        for block in (first, *more)
    ]
    return np.concatenate(parts)
