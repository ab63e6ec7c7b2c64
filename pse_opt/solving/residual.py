"""One part of a coupled model solved anew within what the others leave of the coupling rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.coupling import Coupling
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options, Progress
from pse_opt.solving.separate import way

__all__ = ["refitted"]

Floats = npt.NDArray[np.float64]


def refitted(
    coupling: Coupling,
    base: Floats,
    k: int,
    options: Options,
    stop: Stop,
    enough: Callable[[float], bool],
) -> Floats | None:
    """Return a plan of the whole that differs in one part, and keeps the coupling rows.

    Parameters
    ----------
    coupling : Coupling
        The model.
    base : ndarray, shape (columns,)
        Plans of all parts; those of the others stay.
    k : int
        Which part is solved.
    options : Options
        Seconds, seed, and the gap, which is relative to what the part costs.
    stop : Stop
        Ends it; raised here when an objective of the whole is good enough.
    enough : callable
        Whether an objective of the whole is good enough.

    Returns
    -------
    ndarray or None, shape (columns,)
        None where no plan was found, or the others leave too little.
    """
    part = coupling.parts[k]
    mine = base[part.columns]
    model = coupling.within(part, coupling.matrix @ base - coupling.use(part, mine))
    fixed = float(coupling.compiled.cost @ base) - coupling.cost(part, mine)
    fixed += coupling.compiled.offset

    def watch(moment: Progress) -> None:
        if moment.objective is not None and enough(fixed + moment.objective):
            stop.asked = True

    whole = np.flatnonzero(part.compiled.integer)
    outcome = way(model).run(
        model,
        replace(options, threads=1),
        stop=stop,
        progress=watch,
        start=dict(zip(whole.tolist(), mine[whole].tolist(), strict=True)),
    )
    if outcome.values is None:
        return None
    values = base.copy()
    values[part.columns] = outcome.values
    return values
