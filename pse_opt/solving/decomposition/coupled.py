"""Parts that few rules couple, solved apart at prices for these rules, and put together again.

Where a total budget is all that services share, branch and bound on the whole explores the product
of what each could do. Here the rules that couple get prices: first the duals of the linear program
of the whole. With them the parts share nothing, are solved apart, and their bounds add up to one of
the whole (``coupling``). Their plans together may break the rules by little; then one part is
solved again within what the others leave, which costs little more than the bound (``rounds``,
``composing``). Parts too large for branch and bound are searched at prices, which are steered to
where the plan keeps the rules (``steering``). What is left then goes to local searches on the
whole, from the best plan, with that bound.

Prices for coupling rules are the Lagrangian relaxation of Geoffrion (1974); how near parts with
many decisions come to the best plan is the theorem of Shapley and Folkman (Starr 1969).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import separate
from pse_opt.solving.decomposition.coupling import Coupling, coupling_of
from pse_opt.solving.decomposition.joint import Joint
from pse_opt.solving.decomposition.rounds import Rounds
from pse_opt.solving.decomposition.steering import Steered
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.outcome import Options, Outcome, Progress

__all__ = ["chosen", "run", "way_of"]

BEGIN = 1_500
"""Whole numbers from which prices are quicker than branch and bound on the whole."""
RARE = 0.01
"""Share of all rows that may have prices where this way is chosen."""


def chosen(compiled: Compiled) -> Coupling | None:
    """Return the coupling of a model that is one for this strategy, or None."""
    if int(compiled.integer.sum()) < BEGIN:
        return None
    return coupling_of(compiled, int(RARE * len(compiled.rows)))


def way_of(coupling: Coupling) -> str:
    """Return in words what was chosen, and why."""
    parts = sum(bool(p.compiled.integer.any()) for p in coupling.parts)
    rows = coupling.rows.size
    rules = "1 rule, which has a price" if rows == 1 else f"{rows} rules, which have prices"
    return f"coupled: {parts} parts but for {rules}"


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    coupling: Coupling | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models that do not fall into parts without few rows are solved as ``separate`` does, and so are
    those with convex rules or several goals. A coupling that is known need not be looked for.
    """
    found = coupling_of(compiled) if coupling is None else coupling
    if found is None:
        return separate.run(compiled, options, stop=stop, progress=progress, start=start)
    joint = Joint(found, options, stop, progress, start)
    prices = joint.relax()
    if prices is not None:
        joint.begin()
        if not any(neighbourhood.is_large(p.compiled) for p in found.parts):
            Rounds(joint).run(prices)
        elif not joint.ended:
            Steered(joint, prices).run()
    if not joint.ended:
        return _last(joint)
    joint.halt.asked = True
    return joint.told(joint.whole.outcome("interrupted" if stop else "time_limit"))


def _last(joint: Joint) -> Outcome:
    """Search on the whole, from the best plan and with the bound of the prices."""
    passed = time.perf_counter() - joint.began
    told = joint.progress

    def later(moment: Progress) -> None:
        if told is not None:
            told(replace(moment, seconds=moment.seconds + passed))

    outcome = neighbourhood.go_on(
        joint.whole,
        replace(joint.options, time_limit=joint.left),
        stop=joint.asked,
        halt=joint.halt,
        progress=later,
    )
    return joint.told(outcome)
