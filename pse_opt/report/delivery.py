"""Sections of a report: what it costs and who pays, who delivers what."""

from __future__ import annotations

import pandas as pd

from pse_opt.accounts import ADMINISTRATION, OWN_FUNDS, UNASSIGNED, USERS
from pse_opt.analysis.entry import flows_of
from pse_opt.analysis.summary import SOURCES
from pse_opt.report import words as said
from pse_opt.report.money import PAYERS, payer_of, plot_costs, plot_delivery
from pse_opt.report.parts import Section, Table, table
from pse_opt.report.story import Story
from pse_opt.report.words import listed, meaning_of_term
from pse_opt.screens import WHO
from pse_opt.tables import LAST_RESORT
from pse_opt.terminal import count, money, percent, whole
from pse_opt.verification.findings import records

__all__ = ["costs", "who"]

RECEIVERS = {**WHO, ADMINISTRATION: "administration", "jurisdictions": "other jurisdictions"}


def costs(story: Story) -> Section:
    """What the plan costs a year, term by term, and who pays."""
    result, public = story.result, story.summary.public_cost_plan
    terms = {t: v for t, v in result.costs.items() if v}
    shares = {t: v / public for t, v in terms.items() if payer_of(t) == "public" and public}
    largest = max(shares, key=lambda t: shares[t], default="")
    words = [
        f"{said.amount(public, story.currency)} a year are paid from public budgets"
        + (f", {percent(shares[largest], 0)} of them for {largest.replace('_', ' ')}." if largest
           else "."),
        "Terms that are counted and not paid have a price that the policy sets, such as that of "
        "need left unmet.",
    ]  # fmt: skip
    label = "Bars: " + "; ".join(
        f"{t.replace('_', ' ')} {money(v)} ({PAYERS[payer_of(t)][0]})" for t, v in terms.items()
    )
    draw = lambda: plot_costs(result)  # noqa: E731
    picture = story.picture(
        "costs", draw, f"Cost by term, {story.currency} a year, and who pays it", label
    )
    return Section("costs", "What it costs, and who pays", words, pictures=[picture],
                   tables=[_terms(story), _flows(story), _payers(story)])  # fmt: skip


def _terms(story: Story) -> Table:
    objective = story.result.policy.objective.terms
    rows = [
        (
            term.replace("_", " "),
            meaning_of_term(term),
            PAYERS[payer_of(term)][0],
            "yes" if term in objective else "no",
            money(value),
        )
        for term, value in story.result.costs.items()
        if value or term in objective
    ]
    heads = ("term", "what it is", "paid by", "in the objective", f"{story.currency} a year")
    return table("Cost by term", heads, rows, words=4)


def _flows(story: Story) -> Table:
    frame = flows_of(story.instance, story.paid)
    rows = [
        (str(line.payer), RECEIVERS.get(str(line.receiver), str(line.receiver)), money(line.amount))
        for line in records(frame)
    ]
    heads = ("payer", "receiver", f"{story.currency} a year")
    return table("Who pays whom", heads, rows, words=2)


def _payers(story: Story) -> Table:
    """What each jurisdiction, users and providers pay; what is left of budgets."""
    paid = story.paid.groupby("payer")["amount"].sum().sort_values(ascending=False, kind="stable")
    known = story.instance.jurisdictions.set_index("jurisdiction")["budget"]
    people = story.instance.regions.groupby("jurisdiction")["population"].sum()
    names = {USERS: "users (fees)", OWN_FUNDS: "providers' own funds",
             UNASSIGNED: "public money of no named jurisdiction"}  # fmt: skip
    rows = []
    for payer, amount in paid.items():
        head = float(people.get(payer, 0.0))
        budget = float(known.get(payer, float("nan")))
        rows.append(
            (
                names.get(str(payer), story.jurisdictions.get(str(payer), str(payer))),
                money(float(amount)),
                money(float(amount) / head) if head else "-",
                money(budget) if budget == budget else "-",
                percent(float(amount) / budget, 0) if budget > 0 else "-",
            )
        )
    limited = {"budgets", "total_budget"} & set(story.result.policy.sections)
    note = "" if limited else "This policy does not limit spending to budgets."
    heads = ("payer", f"{story.currency} a year", "per inhabitant", "budget", "of budget")
    return table("What each payer pays", heads, rows, note=note, file="payments.csv")


def who(story: Story) -> Section:
    """Who delivers what: by service, mode, jurisdiction, provider, offer."""
    words = [f"{count(len(story.offers), 'offer')} of {len(story.instance.offers):,} are engaged."]
    told = []
    for line in story.summary.services:
        parts = {WHO[s]: v * line.plan for s, v in line.shares.items() if v > 5e-4}
        told.append(f"{line.name}: {listed([f'{k} {percent(v, 0)}' for k, v in parts.items()])}")
    label = f"Bars of need covered. {'; '.join(told)}."
    draw = lambda: plot_delivery(story.result, summary=story.summary)  # noqa: E731
    picture = story.picture("delivery", draw, "Who delivers each service, percent of need", label)
    tables = [_by_service(story), _by_mode(story), _by_jurisdiction(story)]
    tables += [_by_provider(story), _by_offer(story)]
    return Section("who", "Who delivers what", words, pictures=[picture], tables=tables)


def _by_service(story: Story) -> Table:
    used = [s for s in SOURCES if story.summary.shares[s] > 0]
    rows = [
        (
            line.name,
            story.units[line.service],
            whole(_served(story, line.service)),
            *(percent(line.shares[s]) for s in used),
            percent(line.today),
            percent(line.plan),
        )
        for line in story.summary.services
    ]
    heads = ("service", "unit", "delivered", *(WHO[s] for s in used), "covered today", "covered")
    note = "Shares of providers are of what is delivered; covered is the share of need."
    return table("By service", heads, rows, words=2, note=note)


def _served(story: Story, service: str) -> float:
    units = story.deliveries.loc[story.deliveries["service"] == service, "units"]
    return float(units.sum())


def _by_mode(story: Story) -> Table:
    frame = story.deliveries.assign(mode=story.deliveries["mode"].replace("", "last resort"))
    keys = ["service", "mode", "kind"]
    totals = frame.groupby("service")["units"].sum()
    sums = frame.groupby(keys)[["units", "public_cost"]].sum()
    own = story.offers.groupby(keys).agg(offers=("offer", "size"), cost=("cost", "sum"))
    lines = sums.join(own).reset_index()
    lines = lines.assign(cost=lines["cost"].fillna(lines["public_cost"]))
    rows = [
        (
            story.services[line.service],
            line.mode,
            _kind(line.kind),
            whole(line.offers if line.offers == line.offers else 0.0),
            whole(line.units),
            percent(line.units / (totals[line.service] or 1.0)),
            money(line.cost),
        )
        for line in records(lines)
    ]
    heads = ("service", "mode", "provider", "offers", "units", "of the service",
             f"public cost, {story.currency}")  # fmt: skip
    return table("By arrangement (mode) and kind of provider", heads, rows, words=3)


def _kind(kind: object) -> str:
    return {"ngo": "NGO"}.get(str(kind), str(kind))


def _by_jurisdiction(story: Story) -> Table:
    """What is delivered to the people of each jurisdiction, and by whom."""
    frame = story.deliveries
    home = dict(
        zip(story.instance.regions["region"], story.instance.regions["jurisdiction"], strict=True)
    )
    kind = frame["kind"].where(frame["offer"] != LAST_RESORT, LAST_RESORT)
    frame = frame.assign(home=frame["region"].map(home), kind=kind)
    frame = frame.assign(abroad=frame["arranger"].ne(frame["home"]) & frame["arranger"].ne(""))
    cells = frame.groupby(["home", "service", "kind"])["units"].sum().unstack("kind", fill_value=0)
    shares = cells.div(cells.sum(axis=1), axis=0).groupby("home").mean()
    covered = _coverage_of(story, home)
    used = [s for s in SOURCES if s in shares]
    rows = [
        (
            story.jurisdictions.get(str(place), str(place) or "no jurisdiction"),
            percent(float(covered.get(place, float("nan")))),
            *(percent(float(line[s]), 0) for s in used),
        )
        for place, line in shares.sort_index().iterrows()
    ]
    heads = ("people of", "need covered", *(WHO[s] for s in used))
    note = "Means over services; who serves the people, whoever arranges it."
    return table("By jurisdiction", heads, rows, note=note, file="deliveries.csv")


def _coverage_of(story: Story, home: dict[str, str]) -> pd.Series:
    levels = story.levels.assign(home=story.levels["region"].map(home))
    sums = levels.groupby(["home", "service"])[["served", "demand"]].sum()
    return (sums["served"] / sums["demand"]).groupby("home").mean()


def _by_provider(story: Story) -> Table:
    frame = story.offers.groupby(["provider", "kind"], sort=False)
    sums = frame.agg(offers=("offer", "size"), cost=("cost", "sum"),
                     services=("service", "unique")).reset_index()  # fmt: skip
    sums = sums.sort_values("cost", ascending=False, kind="stable")
    rows = [
        (
            story.providers[line.provider],
            _kind(line.kind),
            ", ".join(story.services[s] for s in line.services),
            f"{line.offers:,}",
            money(line.cost),
        )
        for line in records(sums)
    ]
    heads = ("provider", "kind", "services", "offers", f"public cost, {story.currency}")
    return table("By provider", heads, rows, words=3, file="plan.csv")


def _by_offer(story: Story) -> Table:
    frame = story.offers.sort_values("cost", ascending=False, kind="stable")
    columns = ["offer", "provider", "kind", "service", "mode", "region", "volume", "utilization",
               "cost"]  # fmt: skip
    rows = [
        (
            str(offer),
            story.providers[provider],
            _kind(kind),
            story.services[service],
            mode,
            story.regions[region],
            whole(volume),
            percent(used, 0) if used == used else "-",
            money(cost),
        )
        for offer, provider, kind, service, mode, region, volume, used, cost in frame[
            columns
        ].itertuples(index=False)
    ]
    heads = ("offer", "provider", "kind", "service", "mode", "place", "units a year",
             "of capacity", f"public cost, {story.currency}")  # fmt: skip
    return table("Offers engaged", heads, rows, words=6, file="plan.csv")
