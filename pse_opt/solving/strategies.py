"""How to solve: the strategies by name, and the choice among them by structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from pse_opt.solving import again, direct
from pse_opt.solving.capacitated import priced, single
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import areas, coupled, separate
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.location import benders, covering, radius
from pse_opt.solving.outcome import Options, Outcome, Progress

__all__ = ["STRATEGIES", "Strategy", "run"]


class Strategy(Protocol):
    """What every strategy looks like; each returns an outcome with a valid bound."""

    def __call__(
        self,
        compiled: Compiled,
        options: Options,
        *,
        stop: Stop | None = None,
        progress: Callable[[Progress], None] | None = None,
        start: dict[int, float] | None = None,
    ) -> Outcome:
        """Solve a compiled model."""


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "direct": direct.run,
        "neighbourhood": neighbourhood.run,
        "priced": priced.run,
        "benders": benders.run,
        "separate": separate.run,
        "areas": areas.run,
        "radius": radius.run,
        "covering": covering.run,
        "coupled": coupled.run,
        "single": single.run,
    }
)

BENDERS = "benders: no offer can be full, and everybody goes to the cheapest that is engaged"


def run(
    strategy: str,
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    starts: Sequence[dict[int, float]] = (),
    close: bool = False,
) -> tuple[Outcome, str]:
    """Solve by a strategy, or by the one that the structure suggests (``auto``).

    Parameters
    ----------
    strategy, compiled, options, stop, progress
        As in :class:`Strategy`.
    starts : sequence of dict of int to float
        Values of integer columns to start from; strategies that know one start take the first.
    close : bool
        Whether they are plans of models that differ from this one by little.

    Returns
    -------
    Outcome
        What was found.
    str
        The strategy used, with the reason where it was chosen here.
    """
    start = starts[0] if starts else None
    if strategy != "auto":
        chosen = STRATEGIES[strategy]
        outcome = chosen(compiled, options, stop=stop, progress=progress, start=start)
        return outcome, strategy
    if benders.problem_of(compiled) is not None:
        outcome = benders.run(compiled, options, stop=stop, progress=progress, start=start)
        return outcome, BENDERS
    centre = radius.radius_of(compiled)
    if centre is not None:
        outcome = radius.run(compiled, options, stop=stop, progress=progress, radius=centre)
        return outcome, "radius: the greatest travel is to be least, and all are served in full"
    smaller = covering.covering_of(compiled)
    if smaller is not None:
        outcome = covering.run(compiled, options, stop=stop, progress=progress, covering=smaller)
        return outcome, "covering: no offer can be full, and it does not matter who delivers"
    if close and again.serves(compiled):
        outcome = again.run(compiled, options, starts, stop=stop, progress=progress)
        return outcome, "again: plans of models close to it are known"
    parts = separate.parts_of(compiled)
    ways = separate.ways_of(compiled, parts)
    coupling = coupled.chosen(compiled) if len(ways) == 1 and not ways[0].alone else None
    if coupling is not None:
        outcome = coupled.run(
            compiled, options, stop=stop, progress=progress, start=start, coupling=coupling
        )
        return outcome, coupled.way_of(coupling)
    outcome = separate.run(
        compiled, options, stop=stop, progress=progress, start=start, parts=parts, ways=ways
    )
    return outcome, separate.way_of(parts, ways)
