"""The registry of components: constraint families and cost terms, by name.

A component is a function over a Pyomo model that yields rows. Ours and the users' are registered
with the same decorators; a model document switches them on by naming their section. This module
knows no solver and no Pyomo.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_type_hints, overload

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pydantic import BaseModel, ConfigDict, Field, create_model

__all__ = [
    "COMPONENTS",
    "COST_TERMS",
    "Component",
    "Money",
    "Row",
    "Rows",
    "Services",
    "Share",
    "Term",
    "component",
    "cost_term",
    "load_builtin",
    "section_parameters",
    "sections",
]

Share = Annotated[float, Field(ge=0.0, le=1.0, json_schema_extra={"unit": "share"})]
Money = Annotated[float, Field(ge=0.0, allow_inf_nan=False, json_schema_extra={"unit": "money"})]


Services = Annotated[
    Literal["all"] | list[str], Field(description="services it applies to, or all")
]


class Row(NamedTuple):
    """One linear row: ``lower <= sum(coefficients * variables) <= upper``, None for no limit."""

    index: Any
    coefficients: list[float]
    variables: Sequence[Any] | npt.NDArray[Any]
    lower: float | None
    upper: float | None


class Rows(NamedTuple):
    """Many linear rows at once: ``lower <= matrix @ variables <= upper``.

    The quick way to write a family with a row for every link or offer.

    Attributes
    ----------
    keys : sequence
        Index of each row.
    matrix : csr_array, shape (rows, variables)
        Coefficients; what stands at 0 is left out.
    variables : sequence of decisions
        Of which the rows are made.
    lower, upper : ndarray, shape (rows,)
        Limits; infinite where there is none.
    """

    keys: Sequence[Any]
    matrix: sp.csr_array
    variables: Sequence[Any] | npt.NDArray[Any]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]

    def one_by_one(self) -> Iterator[Row]:
        """Yield each row apart."""
        starts = self.matrix.indptr.tolist()
        places, data = self.matrix.indices.tolist(), self.matrix.data.tolist()
        lower = [None if x == -np.inf else x for x in self.lower.tolist()]
        upper = [None if x == np.inf else x for x in self.upper.tolist()]
        for k, index in enumerate(self.keys):
            at = slice(starts[k], starts[k + 1])
            columns = [self.variables[j] for j in places[at]]
            yield Row(index, data[at], columns, lower[k], upper[k])


class Term(NamedTuple):
    """One linear cost term: ``constant + sum(coefficients * variables)``, in money."""

    coefficients: Sequence[float] | npt.NDArray[np.float64]
    variables: Sequence[Any] | npt.NDArray[Any]
    constant: float = 0.0


FIXED = ("equalization", "objective")
"""Sections with a form of their own, which are no tables of parameters."""
Family = Callable[..., Iterator[Any]]
"""``function(m, instance, **parameters)`` yields :class:`Row`, :class:`Rows` or ``(index,
expression)``."""
Function = TypeVar("Function", bound=Family)


@dataclass(frozen=True)
class Component:
    """A registered constraint family.

    Attributes
    ----------
    name : str
        Name of the function, the Pyomo component, the golden LP and the anchor in the manual.
    section : str or None
        Key of the model document that switches it on; None: part of every model.
    function : callable
        ``function(m, instance, **parameters)`` yields :class:`Row`, :class:`Rows` or ``(index,
        expression)``.
    parameters : tuple of str
        Those of the section's parameters that the function takes.
    """

    name: str
    section: str | None
    function: Family
    parameters: tuple[str, ...]


COMPONENTS: dict[str, Component] = {}
COST_TERMS: dict[str, Callable[[Any, Any], Term]] = {}


@overload
def component(function: Function) -> Function: ...


@overload
def component(
    *, section: str | None = None, always: bool = False
) -> Callable[[Function], Function]: ...


def component(
    function: Function | None = None, *, section: str | None = None, always: bool = False
) -> Function | Callable[[Function], Function]:
    """Register a constraint family.

    Parameters
    ----------
    function : callable
        ``function(m, instance, *, parameter: type = default, ...)``, a generator of rows.
    section : str, optional
        Key of the model document it belongs to; by default the function's name. Several
        components may share a section; their parameters are then the section's.
    always : bool
        Part of every model; it then takes no parameters.

    Raises
    ------
    ValueError
        The name is taken by another function.

    Examples
    --------
    >>> @component
    ... def at_most_offers(m, instance, *, number: int = 3):
    ...     '''At most a number of offers are engaged.'''
    ...     yield Row(None, [1.0] * len(m.engaged), list(m.engaged.values()), None, number)
    >>> _ = COMPONENTS.pop("at_most_offers")
    """

    def register(f: Function) -> Function:
        taken = COMPONENTS.get(f.__name__)
        if taken is not None and taken.function.__module__ != f.__module__:
            raise ValueError(f"a component named {f.__name__!r} exists already")
        keywords = tuple(
            p.name
            for p in inspect.signature(f).parameters.values()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        )
        belongs = None if always else (section or f.__name__)
        COMPONENTS[f.__name__] = Component(f.__name__, belongs, f, keywords)
        return f

    return register if function is None else register(function)


def cost_term(function: Callable[[Any, Any], Term]) -> Callable[[Any, Any], Term]:
    """Register a cost term: ``function(m, instance)`` returns a :class:`Term` in money."""
    COST_TERMS[function.__name__] = function
    return function


def load_builtin() -> None:
    """Import the modules that register our own components."""
    importlib.import_module("pse_opt.formulation")


def sections() -> list[str]:
    """Return the sections of parameters that a model document may name, sorted."""
    return sorted({c.section for c in COMPONENTS.values() if c.section not in (None, *FIXED)})


def section_parameters(section: str) -> type[BaseModel]:
    """Return a pydantic model of a section's parameters: the union of its components'."""
    fields: dict[str, Any] = {}
    for item in COMPONENTS.values():
        if item.section != section:
            continue
        hints = get_type_hints(item.function, include_extras=True)
        signature = inspect.signature(item.function)
        for name in item.parameters:
            default = signature.parameters[name].default
            missing = default is inspect.Parameter.empty
            fields[name] = (hints.get(name, Any), ... if missing else default)
    options = ConfigDict(extra="forbid", frozen=True)
    return create_model(f"Section_{section}", __config__=options, **fields)
