"""Checks of transfers: who may give to whom, how much, and the receiver's own part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records
from pse_opt.verification.money import overspent, spending

Parameters = Mapping[str, Any]


@check()
def no_transfers(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Without the section there are no transfers; amounts are never negative."""
    allowed = "transfers" in facts.policy.sections
    for line in records(facts.plan.transfers):
        if not allowed or not line.amount >= 0:
            message = f"{number(line.amount)} {facts.currency} are transferred"
            message += "" if allowed else "; the model document has no transfers"
            yield Violation("transfers", _label(facts, line), message, line.amount, 1.0)


@check("transfers")
def pairs(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Money goes from a jurisdiction to one below it, or back where that is allowed."""
    budget = facts.jurisdictions["budget"]
    for line in records(facts.plan.transfers):
        down = line.giver in facts.ladder.get(line.receiver, ())[1:]
        up = line.receiver in facts.ladder.get(line.giver, ())[1:]
        if not (down or (up and parameters.get("horizontal", False))):
            message = "the giver is not above the receiver"
        elif pd.isna(budget[line.giver]) or pd.isna(budget[line.receiver]):
            message = "only jurisdictions with a budget give and receive"
        else:
            continue
        yield Violation("transfers", _label(facts, line), message, line.amount, 1.0)


@check("transfers")
def pool(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """What is transferred from above stays within the pool."""
    most, down = parameters.get("pool"), _downward(facts)
    if most is not None:
        total = float(down["amount"].sum())
        yield from overspent(facts, "transfer_pool", "all transfers", total, float(most))


@check("transfers")
def per_head(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """A jurisdiction receives, less what it gives, no more than an amount for each inhabitant."""
    most = parameters.get("maximum_per_head")
    if most is None:
        return
    table = facts.plan.transfers
    given, received = (table.groupby(c)["amount"].sum() for c in ("giver", "receiver"))
    people = facts.regions.groupby("jurisdiction")["population"].sum()
    for jurisdiction, amount in received.items():
        net = float(amount) - float(given.get(jurisdiction, 0.0))
        limit = float(most) * float(people.get(jurisdiction, 0.0))
        where = facts.jurisdiction_label(str(jurisdiction))
        yield from overspent(facts, "transfer_per_head", where, net, limit)


@check("transfers")
def matching(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """A receiver pays its own share of what it spends and gives to those below."""
    own, down = float(parameters.get("own_share", 0.0)), _downward(facts)
    given, received = (down.groupby(c)["amount"].sum() for c in ("giver", "receiver"))
    spent = spending(facts)
    budget = facts.jurisdictions["budget"]
    lines = pd.DataFrame({"amount": received, "given": given, "spent": spent, "budget": budget})
    for line in records(lines[lines["amount"] > 0]):
        total = line.spent + (line.given if line.given > 0 else 0.0)
        excess = line.amount - (1.0 - own) * total
        relative = excess / (line.budget if line.budget > 0 else 1.0)
        if relative > facts.tolerance:
            message = (
                f"{number(line.amount)} of {number(total)} {facts.currency} are transferred to it; "
                f"its own share is {number(own)}"
            )
            where = facts.jurisdiction_label(str(line.Index))
            yield Violation("transfer_matching", where, message, excess, relative)


def _downward(facts: Facts) -> pd.DataFrame:
    table = facts.plan.transfers
    lines = zip(table["giver"], table["receiver"], strict=True)
    down = [i in facts.ladder.get(j, ())[1:] for i, j in lines]
    return table[np.array(down, dtype=bool)]


def _label(facts: Facts, line: Any) -> str:
    names = (facts.jurisdiction_label(j) for j in (line.giver, line.receiver))
    return " to ".join(names)
