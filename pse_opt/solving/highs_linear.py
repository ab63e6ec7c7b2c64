"""HiGHS: a linear program that is solved thousands of times, with other limits each time."""

from __future__ import annotations

import highspy
import numpy as np
import numpy.typing as npt

from pse_opt.solving.highs import Answer, Session

__all__ = ["Program"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BASIC = highspy.HighsBasisStatus.kBasic


class Program(Session):
    """A session whose whole numbers stay fractions; parameters as in :class:`Session`."""

    def run(self, *, cleaning: bool = False) -> Answer:
        """Solve the linear program as it stands; its objective may pass the limit of interest."""
        answer = super().run(cleaning=cleaning)
        status = self._h.getModelStatus()
        if status == highspy.HighsModelStatus.kObjectiveBound:
            return Answer("infeasible", "infeasible")
        return answer

    def interesting(self, below: float) -> None:
        """End a run as soon as its objective is at least this, as if it were infeasible."""
        self._h.setOptionValue("objective_bound", below * self._scale)

    @property
    def prices(self) -> Floats:
        """Dual of each row in the last solution."""
        return np.array(self._h.getSolution().row_dual, dtype=float)

    @property
    def basic_rows(self) -> npt.NDArray[np.bool_]:
        """Which rows bind nothing in the last basis, so that they can go."""
        return np.array([s == BASIC for s in self._h.getBasis().row_status])

    def bound_rows(self, rows: Integers, lower: Floats, upper: Floats) -> None:
        """Change the limits of some rows."""
        for row, low, high in zip(rows.tolist(), lower, upper, strict=True):
            self._h.changeRowBounds(row, low, high)

    def drop(self, rows: Integers) -> None:
        """Take rows away that bind nothing; the next run starts from where the last one ended."""
        held, basis = self._h.getBasis(), highspy.HighsBasis()
        gone = np.zeros(self.rows, dtype=bool)
        gone[rows] = True
        basis.col_status = held.col_status
        basis.row_status = [s for s, out in zip(held.row_status, gone, strict=True) if not out]
        basis.valid = held.valid
        self._h.deleteRows(len(rows), rows.astype(np.int32))
        if basis.valid:
            self._h.setBasis(basis)
