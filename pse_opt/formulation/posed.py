"""A model as it is solved, and the way back from its columns to a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyomo.core as pe

from pse_opt.formulation.build import build_sheet
from pse_opt.formulation.notes import notes_of
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled, compile_model
from pse_opt.solving.outline import Outline
from pse_opt.solving.readout import read_plan_off
from pse_opt.solving.sheet import Sheet

__all__ = ["Posed"]


@dataclass(frozen=True, eq=False)
class Posed:
    """The model of a policy with all its decisions; others derive from it and pose their own.

    Attributes
    ----------
    instance, policy
        What it is about.
    m : ConcreteModel or Outline
        Its decisions and goals.
    sheet : Sheet or None
        Its rows; None where they are constraints of ``m``.
    """

    instance: Instance
    policy: Policy
    m: pe.ConcreteModel | Outline
    sheet: Sheet | None

    @classmethod
    def whole(cls, instance: Instance, policy: Policy) -> Posed:
        """Pose the whole model."""
        return cls(instance, policy, *build_sheet(instance, policy))

    def compiled(self) -> Compiled | None:
        """Return the model as matrices, once; None when a row without variables can never hold."""
        return compile_model(self.m) if self.sheet is None else self.sheet.compiled()

    def read(
        self, compiled: Compiled, values: npt.NDArray[np.float64]
    ) -> tuple[Plan, dict[str, float], tuple[str, ...]]:
        """Return the plan that values of the columns mean, its costs by term, and notes."""
        plan, costs, held = read_plan_off(self.m, self.instance, compiled, values)
        return plan, costs, notes_of(self.m, held)
