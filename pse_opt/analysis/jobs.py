"""A solve as plain data, which crosses to other processes."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.about import About
from pse_opt.components import COMPONENTS
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.cuts import Points
from pse_opt.solving.outcome import Outcome
from pse_opt.solving.result import Result

if TYPE_CHECKING:
    from pse_opt.solving.without import Without

__all__ = ["Job"]

_read: dict[str, Instance] = {}
"""The instance that this process solved last, by what tells its data from others."""
MODELS: dict[str, Without] = {}
"""The model in memory from which offers are taken away."""


@dataclass(frozen=True, eq=False)
class Job:
    """A solve as plain data, which crosses to other processes.

    Attributes
    ----------
    label : str
        What it is called while it runs.
    about : About
        Of the instance.
    tables : dict of str to DataFrame
        Of the instance.
    document : dict
        The merged model document, with gap and time limit.
    plugins : tuple of str
        Modules to import first: components of the user's own.
    data : str
        What tells the tables from others; a process keeps what it made of them for the next job.
        Empty: nothing is kept.
    """

    label: str
    about: About = field(repr=False)
    tables: dict[str, pd.DataFrame] = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    plugins: tuple[str, ...] = ()
    data: str = ""

    @classmethod
    def of(cls, label: str, instance: Instance, policy: Policy, data: str = "") -> Job:
        """Return the job of solving an instance under a policy."""
        own = {
            COMPONENTS[name].function.__module__
            for name in COMPONENTS
            if COMPONENTS[name].section in policy.sections
        }
        plugins = tuple(sorted(m for m in own if not m.startswith("pse_opt.")))
        document = dict(policy.document)
        return cls(label, instance.about, dict(instance.tables), document, plugins, data)

    def solve(
        self,
        changed: Mapping[str, pd.DataFrame] | None = None,
        *,
        start: Plan | Sequence[Plan] | None = None,
        points: Sequence[Points] = (),
        reasons: bool = True,
    ) -> Result:
        """Solve it with one thread, with some tables replaced.

        Parameters
        ----------
        changed : mapping of str to DataFrame, optional
            Tables that take the place of the job's own.
        start, points, reasons
            As in :func:`pse_opt.solve`.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C stopped the solve: the jobs after it are not wanted either.
        """
        from pse_opt.solving.run import solve

        instance, policy = self._posed(changed)
        result = solve(instance, policy, threads=1, start=start, points=points, reasons=reasons)
        if result.termination == "interrupted":
            raise KeyboardInterrupt
        return result

    def hold(self, plan: Plan) -> tuple[Outcome, Plan | None]:
        """Keep the engagements of a plan, as :func:`pse_opt.solving.held.hold` does.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C stopped it.
        """
        from pse_opt.solving.held import hold

        outcome, found = hold(*self._posed(), plan)
        if outcome.termination == "interrupted":
            raise KeyboardInterrupt
        return outcome, found

    def without(
        self, plan: Plan, offers: Collection[str], model: str
    ) -> tuple[Outcome, Plan | None, bool | None]:
        """Take offers away from a model in memory (:class:`pse_opt.solving.without.Without`).

        Parameters
        ----------
        plan : Plan
            Whose engagements are kept where that is good.
        offers : collection of str
            Identifiers.
        model : str
            What tells the model with this plan from others; this process keeps one.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C stopped it.
        """
        from pse_opt.solving.without import Without

        if model not in MODELS:
            MODELS.clear()
            MODELS[model] = Without(*self._posed(), plan)
        outcome, found, sound = MODELS[model].found(offers)
        if outcome.termination == "interrupted":
            raise KeyboardInterrupt
        return outcome, found, sound

    def changed(self, label: str, tables: Mapping[str, pd.DataFrame]) -> Job:
        """Return the job under another label, with some tables replaced."""
        return replace(self, label=label, tables={**self.tables, **tables}, data="")

    def _posed(self, changed: Mapping[str, pd.DataFrame] | None = None) -> tuple[Instance, Policy]:
        for module in self.plugins:
            importlib.import_module(module)
        return self._instance(changed or {}), read_policy(self.document)

    def _instance(self, changed: Mapping[str, pd.DataFrame]) -> Instance:
        if self.data and not changed and self.data in _read:
            return _read[self.data]
        instance = Instance(self.about, MappingProxyType({**self.tables, **changed}))
        if self.data and not changed:
            _read.clear()
            _read[self.data] = instance
        return instance
