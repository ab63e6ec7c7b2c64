"""What follows from the solves of a sensitivity; may be asked at any time."""

from __future__ import annotations

from dataclasses import replace

from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.dropping import TIME_OVER
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.limits import Limit
from pse_opt.analysis.marginal import Marginal
from pse_opt.analysis.replacing import cost_range_of, engaged_of, replacement_of
from pse_opt.analysis.roles import Near, roles_of
from pse_opt.analysis.sensitivity_parts import Alternative, CostRange, Replacement, Resolved, Role
from pse_opt.analysis.sensitivity_result import Sensitivity
from pse_opt.analysis.sensitivity_solves import Study
from pse_opt.terminal import count

__all__ = ["found_of"]

MONEY_RULES = ("budgets", "total_budget", "programmes", "dependence", "grants", "transfers")
"""Sections whose rules are about what offers cost."""


def found_of(study: Study) -> Sensitivity:
    """Return what is known so far."""
    best = study.best
    broken = study.result.verification.violations if study.result.verification else ()
    missing = [t.label for t in study.tasks.values() if t.key not in study.solves.answers]
    missing += study.dropping.missing if study.interrupted else []
    if study.interrupted and study.asked.alternatives:
        missing.append("further alternatives")
    moved = [x for x in study.moved if study.answer("limit", x[0].name) is not None]
    return Sensitivity(
        instance=study.instance,
        model=study.policy.name,
        aim=study.aim,
        plan=study.plan,
        objective=float(study.result.objective or 0.0),
        broken=len(broken),
        best=best.told(study.aim),
        fixed=None if study.prices is None else study.prices[1],
        limits=() if study.prices is None else tuple(price for _, price in study.prices[0]),
        resolved=tuple(_resolved(study, limit, price, best) for limit, price in moved),
        replacements=_replacements(study, best),
        costs=_costs(study, best),
        within=study.asked.within,
        alternatives=_alternatives(study, best),
        complete=study.complete,
        roles=_roles(study, best),
        notes=tuple(_notes(study, best)),
        missing=tuple(missing),
        solves=study.solves.count,
        resumed=study.solves.resumed,
        seconds=study.solves.seconds,
    )


def _replacements(study: Study, best: Bracket) -> tuple[Replacement, ...]:
    return tuple(
        replacement_of(study.instance, study.plan, p, answer, best, study.aim)
        for p in study.providers
        if (answer := study.answer("provider", p)) is not None
    )


def _costs(study: Study, best: Bracket) -> tuple[CostRange, ...]:
    return tuple(
        cost_range_of(study.instance, study.plan, o, answer, best)
        for o in study.costs
        if (answer := study.answer("offer", o)) is not None or study.required([o])
    )


def _resolved(study: Study, limit: Limit, price: Marginal | None, best: Bracket) -> Resolved:
    """What moving a limit really changes; a tighter one never makes the best plan better."""
    answer = study.answer("limit", limit.name)
    assert answer is not None
    tighter = limit.kind in ("floor", "target") or "minimum" in limit.index
    sign = (1 if tighter else -1) * (1 if limit.step > 0 else -1)
    here = Bracket.of(answer, study.aim)
    if sign < 0:
        here = here.joined(Bracket(best.objective, None))
    more = here.more_than(best, answer.status, sign=sign)
    if study.aim.maximize:  # what the objective changes by, as prices do
        found, least, most = (study.aim.small(x) for x in (more.found, more.most, more.least))
        more = Gain(found, least, most, more.status)
    predicted = None if price is None else price.predicted
    return Resolved(limit.name, limit.step, predicted, answer.status, more, answer.verified)


def _alternatives(study: Study, best: Bracket) -> tuple[Alternative, ...]:
    mine, found = engaged_of(study.reference), []
    for number, (_, answer) in enumerate(study.others, start=1):
        assert answer.plan is not None
        assert answer.objective is not None
        other = engaged_of(answer.plan)
        more = Bracket.of(answer, study.aim).more_than(best, sign=1)
        plan = replace(answer.plan, instance=study.instance)
        added, dropped = tuple(sorted(other - mine)), tuple(sorted(mine - other))
        found.append(
            Alternative(number, answer.objective, more, added, dropped, answer.verified, plan)
        )
    return tuple(found)


def _roles(study: Study, best: Bracket) -> tuple[Role, ...]:
    if not study.asked.alternatives or best.objective is None:
        return ()
    forced = {o: a for o in study.costs if (a := study.answer("offer", o)) is not None}
    good = [engaged_of(plan) for plan, value in study.near if value <= study.limit]
    near = Near(engaged_of(study.plan), good)
    return roles_of(study.instance, study.policy, near, forced, study.limit)


def _notes(study: Study, best: Bracket) -> list[str]:
    """What limits the figures."""
    notes, result, aim = [], study.result, study.aim
    mine = aim.sense * float(result.objective or 0.0)
    if result.verified is False:
        notes.append("the plan breaks rules: differences are from the best plan found")
    elif best.objective is not None and mine > best.objective + 1e-6 * abs(best.objective):
        worse = aim.amount(mine - best.objective)
        more = f"costs {worse} {study.instance.about.currency} more than"
        if not aim.cost:
            more = f"is {worse} {aim.shown} {aim.worse} than".replace("  ", " ")
        notes.append(f"the plan {more} the best one found, the reference")
    if not aim.linear:
        notes.append(f"limits have no prices here: {aim.name} is no linear function of them")
    elif study.prices is None:
        notes.append("with these engagements no deliveries keep all rules: no prices")
    if not aim.cost and study.asked.offers:
        notes.append(f"no ranges of costs: the objective is {aim.name}, not cost")
    if study.dropping.late:
        late = count(len(study.dropping.late), "provider")
        notes.append(f"{late}: {TIME_OVER}")
    if study.costs and (rules := [r for r in MONEY_RULES if r in study.policy.sections]):
        notes.append(f"ranges of costs hold as long as money rules bear them: {', '.join(rules)}")
    levels = [e.level for e in study.policy.equalization or ()]
    if study.costs and "spending_per_head" in levels:
        notes.append("ranges of costs leave out what they do to equalized spending")
    return notes
