"""What replaces a provider or an offer, and how far a cost may move before something does."""

from __future__ import annotations

import math

import pandas as pd

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.alterations import demanded
from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.sensitivity_parts import CostRange, Replacement, Taken
from pse_opt.analysis.tasks import Answer
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.tables import LAST_RESORT

__all__ = ["UNMET", "cost_range_of", "engaged_of", "replacement_of", "taken_over"]

UNMET = "unmet"
"""Who delivers what nobody delivers."""
NOTICED = 1e-6
"""Part of what is replaced below which a change is dust."""


def engaged_of(plan: Plan) -> frozenset[str]:
    """Return the offers that a plan engages."""
    return frozenset(plan.engagements["offer"])


def replacement_of(
    instance: Instance, plan: Plan, provider: str, answer: Answer, best: Bracket, aim: Aim
) -> Replacement:
    """Return by how much the best plan without a provider is worse, and who takes over.

    Parameters
    ----------
    instance : Instance
        The instance.
    plan : Plan
        The plan that engages it.
    provider : str
        Whom to replace.
    answer : Answer
        Of the solve without it.
    best : Bracket
        What is known of the least value with it.
    aim : Aim
        What is best.
    """
    who = instance.providers.set_index("provider").loc[provider]
    mine = plan.offers[plan.offers["provider"] == provider]
    # Where it makes an offer that is required, that rule is given up: less is possible then.
    rows = (instance.tables["offers"]["provider"] == provider).to_numpy()
    sign = 0 if demanded(instance, rows) else 1
    more = Bracket.of(answer, aim).more_than(best, answer.status, sign=sign)
    return Replacement(
        provider,
        str(who["name"]),
        str(who["kind"]),
        len(mine),
        float(mine["cost"].sum()),
        answer.status,
        more,
        answer.verified,
        () if answer.plan is None else taken_over(instance, plan, answer.plan, {provider}),
    )


def taken_over(instance: Instance, before: Plan, after: Plan, gone: set[str]) -> tuple[Taken, ...]:
    """Return who delivers more after some providers are gone, of the services they delivered.

    Parameters
    ----------
    instance : Instance
        Knows providers and needs.
    before, after : Plan
        Two plans.
    gone : set of str
        Providers that deliver nothing after.
    """
    both = {"was": _volumes(instance, before), "now": _volumes(instance, after)}
    frame = pd.DataFrame(both).fillna(0.0).reset_index()
    keys = ["region", "group", "service"]
    left = frame["provider"].isin(list(gone))
    lost = frame[left].groupby(keys)["was"].sum().rename("lost")
    frame = frame[~left].merge(lost[lost > 0].reset_index(), on=keys)
    gain = (frame["now"] - frame["was"]).clip(lower=0.0)
    whole = gain.groupby([frame[k] for k in keys]).transform("sum")
    # Where others change places too, more is gained than was lost: each counts in proportion.
    frame["units"] = gain * (frame["lost"] / whole.where(whole > 0)).clip(upper=1.0).fillna(0.0)
    units = frame.groupby(["service", "provider"])["units"].sum().reset_index()
    total = lost.groupby("service").sum()
    found = [
        Taken(service, provider, float(amount), float(amount) / float(total[service]))
        for service, provider, amount in units.to_numpy().tolist()
        if amount > NOTICED * float(total[service])
    ]
    return tuple(sorted(found, key=lambda t: -t.share))


def _volumes(instance: Instance, plan: Plan) -> pd.Series:
    """Units per year by need and provider, and what is unmet of each need."""
    keys = ["region", "group", "service"]
    offers = instance.tables["offers"]
    owner = dict(zip(offers["offer"], offers["provider"], strict=True))
    needs = instance.needs[[*keys, "demand"]]
    lines = plan.deliveries.merge(needs, on=keys)
    lines["units"] = lines["share"] * lines["demand"]
    lines["provider"] = lines["offer"].map({**owner, LAST_RESORT: LAST_RESORT})
    met = lines.groupby(keys)["units"].sum().rename("met").reset_index()
    left = needs.merge(met, on=keys, how="left").fillna({"met": 0.0})
    left = left.assign(provider=UNMET, units=(left["demand"] - left["met"]).clip(lower=0.0))
    columns = [*keys, "provider", "units"]
    return pd.concat([lines[columns], left[columns]]).groupby([*keys, "provider"])["units"].sum()


def cost_range_of(
    instance: Instance, plan: Plan, offer: str, answer: Answer | None, best: Bracket
) -> CostRange:
    """Return how far the cost of an offer may move; see :func:`pse_opt.sensitivity`.

    Parameters
    ----------
    instance, plan
        As in :func:`replacement_of`.
    offer : str
        Which offer.
    answer : Answer
        Of the solve without it, or with it where the plan does not engage it; None for an offer
        that is required.
    best : Bracket
        What is known of the least cost.
    """
    line = instance.offers.set_index("offer").loc[offer]
    mine = plan.offers[plan.offers["offer"] == offer]
    status = "required" if answer is None else answer.status
    more = Gain(None, None, None)
    if answer is not None:
        more = Bracket(answer.objective, answer.bound).more_than(best, status, sign=1)
    never = status in ("infeasible", "required")
    least = math.inf if never else more.least
    volume = float(mine["volume"].sum())
    paid = volume - float(mine["volunteer_units"].sum())
    return CostRange(
        offer,
        str(line["provider"]),
        str(line["service"]),
        str(line["region"]),
        len(mine) > 0,
        float(mine["cost"].sum()) if len(mine) else None,
        volume,
        status,
        least,
        None if never else more.most,
        least / paid if least is not None and paid > 0 else None,
        None if answer is None else answer.verified,
    )
