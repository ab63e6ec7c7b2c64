"""From arrays of a location problem to an ordinary instance: customers, sites, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance

__all__ = ["SERVICE", "SITES", "Links", "Published", "all_pairs", "classic"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SERVICE = "service"
"""Name of the one service of a location problem."""
SITES = "sites"
"""Name of the region that sites are in: nobody lives there, links say who is reached."""


@dataclass(frozen=True, eq=False)
class Published:
    """A published problem: an instance, the model that poses it, and what is set in that model.

    Attributes
    ----------
    instance : Instance
        Customers are regions, sites are offers; travel is distance in the problem's own unit.
    model : str
        Name of a model document.
    overrides : mapping of str to Any
        What is to be set in it, such as ``{"siting.number": 5}``.
    unit : float
        The published value is the objective times this.
    measure : callable or None
        How the published value follows from the levels of a plan (``Result.levels``), where it is
        not the objective.
    """

    instance: Instance
    model: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    unit: float = 1.0
    measure: Callable[[pd.DataFrame], float] | None = None

    def said(self, objective: float | None, levels: pd.DataFrame | None) -> float | None:
        """Return what a plan amounts to, in the unit of the published value."""
        if objective is None or levels is None:
            return None
        return objective * self.unit if self.measure is None else self.measure(levels)


@dataclass(frozen=True, eq=False)
class Links:
    """Which site may serve which customer, by position.

    Attributes
    ----------
    site, customer : ndarray of int
        Positions.
    travel : ndarray of float
        Distance in the problem's own unit.
    cost : ndarray of float or None
        Cost of serving all of the customer's demand from there; None: travel times demand.
    """

    site: Integers
    customer: Integers
    travel: Floats
    cost: Floats | None = None


def all_pairs(travel: Floats, cost: Floats | None = None) -> Links:
    """Return the links of a full matrix of shape (sites, customers)."""
    site, customer = np.indices(travel.shape).reshape(2, -1)
    flat = None if cost is None else cost.ravel()
    return Links(site, customer, travel.ravel(), flat)


def classic(
    name: str,
    links: Links,
    *,
    title: str,
    demand: Floats,
    sites: Sequence[str],
    customers: Sequence[str],
    capacity: Floats | float | None = None,
    fixed_cost: Floats | float = 1.0,
    required: Sequence[str] | None = None,
    people: Floats | None = None,
    sources: Sequence[Mapping[str, Any]] = (),
    assumptions: Sequence[str] = (),
) -> Instance:
    """Return the instance of a location problem with one service.

    Parameters
    ----------
    name, title : str
        As in ``instance.toml``.
    links : Links
        Who may serve whom.
    demand : ndarray, shape (customers,)
        Units of each customer; a customer without demand has no need.
    sites, customers : sequence of str
        Identifiers.
    capacity : ndarray, float or None
        Units of each site; None: unlimited.
    fixed_cost : ndarray or float
        Cost of opening each site.
    required : sequence of str, optional
        ``yes``, ``forbidden`` or blank for each site.
    people : ndarray, optional
        People of each customer; by default the demand.
    sources, assumptions : sequence
        As in ``instance.toml``.
    """
    everything = float(np.sum(demand))
    served = np.flatnonzero(demand > 0)
    if not served.size:
        raise InputError([Problem(name, "no customer has demand", "check the file")])
    lived = demand if people is None else people
    kept = demand[links.customer] > 0
    tables = {
        "regions": pd.DataFrame(
            {"region": [*customers, SITES], "population": [*lived.tolist(), 0.0]}
        ),
        "services": pd.DataFrame(
            {
                "service": [SERVICE],
                "unit": ["units"],
                "reach_km": [float(links.travel.max(initial=0.0))],
                "access_cost_per_km": [1.0],
            }
        ),
        "needs": pd.DataFrame(
            {
                "region": np.asarray(customers, dtype=object)[served],
                "service": SERVICE,
                "demand": demand[served],
            }
        ),
        "providers": pd.DataFrame({"provider": ["provider"], "kind": ["government"]}),
        "offers": pd.DataFrame(
            {
                "offer": list(sites),
                "provider": "provider",
                "service": SERVICE,
                "mode": "direct",
                "region": SITES,
                "capacity": everything if capacity is None else capacity,
                "fixed_cost": fixed_cost,
                "unit_cost": 0.0,
                "required": "" if required is None else list(required),
            }
        ),
        "links": _links(links, kept, demand, sites, customers),
    }
    about = {
        "name": name,
        "title": title,
        "sources": [dict(s) for s in sources],
        "assumptions": ["Travel is distance in the problem's own unit.", *assumptions],
    }
    return Instance.from_tables(tables, about)


def _links(
    links: Links,
    kept: npt.NDArray[np.bool_],
    demand: Floats,
    sites: Sequence[str],
    customers: Sequence[str],
) -> pd.DataFrame:
    """The table of links; costs of a customer's whole demand become costs per unit."""
    frame = pd.DataFrame(
        {
            "offer": np.asarray(sites, dtype=object)[links.site[kept]],
            "region": np.asarray(customers, dtype=object)[links.customer[kept]],
            "travel": links.travel[kept],
        }
    )
    if links.cost is not None:
        frame["access_cost"] = links.cost[kept] / demand[links.customer[kept]]
    return frame
