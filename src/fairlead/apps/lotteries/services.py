"""What is done with a lottery: drafted, its list closed, its seed committed to, drawn, withdrawn, and who took part."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.facts import selectors as facts
from fairlead.apps.lotteries import designs, eligible, selectors
from fairlead.apps.lotteries.models import Entry, Lottery, TakeUp
from fairlead.science.impact import DataError
from fairlead.science.impact.lottery import commit, draw_design, key_of, rehearse
from fairlead.science.impact.lottery.design import entries_of


class NotThere(Exception):
    """There is no such lottery for this person."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A lottery as it is planned."""

    organization_id: int
    title: str
    about: str
    decided_by: str
    kind: str
    unit: str
    draw_at: datetime
    title_es: str = ""
    rule: Mapping[str, Any] | None = None
    strata: str = ""
    together: str = ""
    share: str = ""
    places: int | None = None
    steps: Sequence[str] = ()
    limits: Sequence[Mapping[str, str]] = ()
    public_source: str = ""


def _check(scope: Scope, draft: Draft) -> None:
    if not any(g.role in selectors.RUN_BY and draft.organization_id in g.below for g in scope.roles):
        words = _("You can plan lotteries for your own organization and those below it.")
        raise ValidationError({"organization_id": words})
    wrong: dict[str, str] = {}
    if draft.kind == Lottery.Kind.STEPS and draft.together:
        wrong["together"] = _("In a roll-out each one begins by itself.")
    if draft.unit == Lottery.Unit.SCHOOL and (draft.together or draft.strata in ("school", "grade")):
        wrong["strata"] = _("Schools are drawn together, or within thirds by number of students.")
    if draft.kind == Lottery.Kind.PLACES and (bool(draft.share) == (draft.places is not None)):
        wrong["share"] = _("Give a share, or a number of places: one of them.")
    if draft.kind == Lottery.Kind.STEPS:
        if draft.share or draft.places is not None:
            wrong["share"] = _("In a roll-out everybody begins: leave share and places empty.")
        if len(set(draft.steps)) < 2 or list(draft.steps) != sorted(draft.steps):
            wrong["steps"] = _("Write at least two days, the earliest first, one on each line.")
    known = eligible.COVARIATES[draft.unit]
    for limit in draft.limits:
        if limit["covariate"] not in known:
            wrong["limits"] = _("Choose covariates from the list.")
    if wrong:
        raise ValidationError(wrong)


@transaction.atomic
def make(scope: Scope, draft: Draft) -> Lottery:
    """Keep a draft."""
    _check(scope, draft)
    return Lottery.objects.create(made_by_id=scope.person_id, made_at=clock.now(), **_values(draft))


@transaction.atomic
def change(scope: Scope, lottery_id: int, draft: Draft) -> Lottery:
    """Change a draft whose list is not closed."""
    found = _mine(scope, lottery_id, "draft")
    _check(scope, draft)
    for name, value in _values(draft).items():
        setattr(found, name, value)
    found.save()
    return found


def _values(draft: Draft) -> dict[str, Any]:
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    values["rule"] = eligible.Rule.read(draft.rule or {}).plain()
    values["steps"], values["limits"] = list(draft.steps), [dict(limit) for limit in draft.limits]
    return values


def _mine(scope: Scope, lottery_id: int, *states: str) -> Lottery:
    """A lottery that the person runs, in one of these states; refused otherwise."""
    found = Lottery.objects.select_for_update().filter(pk=lottery_id, organization_id__in=scope.org_ids).first()
    if found is None or not selectors.may_run(scope, found):
        raise NotThere
    if found.state not in states:
        raise ValidationError(_out_of_order(found.state))
    return found


def _out_of_order(state: str) -> str:
    return {
        "draft": _("Its list is not closed yet. Close it first."),
        "listed": _("Its list is closed, and its seed is not committed to. Open the list again to change it."),
        "committed": _("Its seed is committed to: nothing can be changed before the draw."),
        "drawn": _("It is drawn. A draw is final."),
        "withdrawn": _("It was withdrawn."),
    }[state]


@transaction.atomic
def close_list(scope: Scope, lottery_id: int) -> Lottery:
    """Close the list of who is eligible today: pseudonyms, strata, values, hash, and each one's chance by rehearsal.

    Raises `ValidationError` with what the engine says where nothing can be drawn so, or too few draws keep the limits.
    """
    found = _mine(scope, lottery_id, "draft")
    rule = eligible.Rule.read(found.rule)
    balanced = {limit["covariate"] for limit in found.limits}
    listed = eligible.candidates(scope, found.unit, rule, found.organization_id, clock.today(), balanced)

    def key(kind: str, pk: int) -> str:
        return eligible.pseudonym(found.pk, kind, pk)

    strata = eligible.strata(found.strata, listed, key)
    values = [designs.values_of(found.limits, one) for one in listed]
    without = sum(len(row) < len(found.limits) for row in values)
    if without:
        words = _(
            "%(n)s on the list have no value of a covariate that is to be balanced. Leave it out, or change the rule."
        )
        raise ValidationError(words % {"n": without})
    keys = [key(found.unit, one.person_id or one.organization_id) for one in listed]
    teams = None
    if found.together:
        teams = [key("team", 100 * one.organization_id + (one.grade or 0)) for one in listed]
    entries, entry_of = entries_of(keys, strata, values, teams)
    by_entry = {entry.key: entry for entry in entries}
    found.bounds = designs.bounds_of(found.limits, listed)
    rows = [
        Entry(
            lottery=found,
            organization_id=one.organization_id,
            person_id=one.person_id,
            key=name,
            entry_key=entry_key,
            stratum=by_entry[entry_key].stratum,
            values=list(by_entry[entry_key].values),
            students=one.students,
        )
        for one, name, entry_key in zip(listed, keys, entry_of, strict=True)
    ]
    design = designs.design_of(found, rows)
    try:
        rehearsal = rehearse(design)
    except DataError as error:
        raise ValidationError([designs.said(problem) for problem in error.problems]) from None
    chance = {e.key: list(row) for e, row in zip(design.ordered, rehearsal.chances, strict=True)}
    for row in rows:
        row.chances = chance[row.entry_key]
    Entry.objects.bulk_create(rows)
    found.frozen_at, found.list_hash = clock.now(), design.hash
    found.tried, found.accepted = rehearsal.tried, rehearsal.accepted
    found.save()
    return found


@transaction.atomic
def open_list(scope: Scope, lottery_id: int) -> Lottery:
    """Open a closed list again, before the seed is committed to: the draft can be changed."""
    found = _mine(scope, lottery_id, "listed")
    Entry.objects.filter(lottery=found).delete()
    found.frozen_at, found.list_hash, found.bounds, found.tried, found.accepted = None, "", [], 0, 0
    found.save()
    return found


@transaction.atomic
def commit_seed(scope: Scope, lottery_id: int) -> Lottery:
    """Make seed and salt, publish their hash, and seal rules and list. From here on only the draw changes anything."""
    found = _mine(scope, lottery_id, "listed")
    now = clock.now()
    if found.draw_at <= now:
        raise ValidationError(
            _("The announced moment of the draw has passed. Open the list, and announce a later one.")
        )
    seed, salt = secrets.token_hex(16), secrets.token_hex(16)
    [(kept,)] = fetch("SELECT lotteries_seal(%(which)s, %(seed)s, %(salt)s)", which=found.pk, seed=seed, salt=salt)
    if not kept:
        raise ValidationError(_("The seed could not be sealed. Close the list again."))
    Entry.objects.filter(lottery=found).update(sealed=True)
    found.committed_at, found.commitment = now, commit(seed, salt)
    found.record = _record(scope, found)
    found.save()
    return found


def _record(scope: Scope, lottery: Lottery) -> str:
    told = designs.record(lottery, selectors.entries(scope, lottery.pk))
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)


@transaction.atomic
def draw(scope: Scope, lottery_id: int, public_result: str = "") -> Lottery:
    """Draw, at the announced moment or later: one transaction, the seed revealed, final."""
    found = _mine(scope, lottery_id, "committed")
    now = clock.now()
    if now < found.draw_at:
        raise ValidationError(_("It is not time yet: the draw was announced for a later moment."))
    public_result = " ".join(public_result.split())
    if bool(found.public_source) != bool(public_result):
        words = _("Write the result of the public source here.") if found.public_source else _("This draw has no public source.")  # fmt: skip
        raise ValidationError({"public_result": words})
    revealed = fetch("SELECT seed, salt FROM lotteries_reveal(%(which)s, %(moment)s)", which=found.pk, moment=now)
    if not revealed:
        raise ValidationError(_("It is not time yet: the draw was announced for a later moment."))
    seed, salt = revealed[0]
    entries = selectors.entries(scope, found.pk)
    design = designs.design_of(found, entries)
    if design.hash != found.list_hash:
        raise ValidationError(_("The list is not the one whose hash was published. Nothing was drawn."))
    drawn = draw_design(design, key_of(design, seed, public_result))
    got = {e.key: (g, w) for e, g, w in zip(design.ordered, drawn.group, drawn.waiting, strict=True)}
    for entry in entries:
        entry.group, entry.waiting = got[entry.entry_key]
    Entry.objects.bulk_update(entries, ["group", "waiting"], batch_size=500)
    found.seed, found.salt, found.public_result = seed, salt, public_result
    found.attempt, found.drawn_at = drawn.attempt, now
    found.record = _record(scope, found)
    found.save()
    return found


@transaction.atomic
def withdraw(scope: Scope, lottery_id: int, because: str) -> Lottery:
    """Call a lottery off before its draw; it stays on the page, with the reason."""
    found = _mine(scope, lottery_id, "draft", "listed", "committed")
    if not because.strip():
        raise ValidationError({"because": _("Say why: those on the list will read it.")})
    found.withdrawn_at, found.withdrawn_because = clock.now(), because.strip()[:250]
    found.save()
    return found


@transaction.atomic
def take_up_from_records(scope: Scope, lottery_id: int) -> int:
    """Note from contacts who took part: whoever had coaching after the draw. What was typed in stays. How many are noted."""
    found = _mine(scope, lottery_id, "drawn")
    entries = selectors.entries(scope, found.pk)
    if found.drawn_at is None or found.unit != Lottery.Unit.TEACHER:
        raise ValidationError(_("Contacts tell of teachers. Type in here which schools took part."))
    people = [entry.person_id for entry in entries if entry.person_id]
    minutes = facts.coaching_minutes(scope, people, after=found.drawn_at.date())
    typed = set(TakeUp.objects.filter(entry__lottery=found, source="typed").values_list("entry_id", flat=True))
    rows = [
        TakeUp(
            entry=entry,
            organization_id=entry.organization_id,
            state=TakeUp.State.TOOK_PART if minutes.get(entry.person_id) else TakeUp.State.DECLINED,
            source=TakeUp.Source.RECORDS,
            noted_by_id=scope.person_id,
            noted_at=clock.now(),
        )
        for entry in entries
        if entry.person_id and entry.pk not in typed
    ]
    _keep(rows)
    return len(rows)


@transaction.atomic
def note_take_up(scope: Scope, lottery_id: int, said: Mapping[int, str]) -> int:
    """Type in who took part, by entry; whatever they drew. How many are noted."""
    found = _mine(scope, lottery_id, "drawn")
    mine = {entry.pk: entry for entry in selectors.entries(scope, found.pk)}
    if not set(said) <= set(mine) or not set(said.values()) <= set(TakeUp.State.values):
        raise ValidationError(_("Choose from the list."))
    _keep(
        [
            TakeUp(
                entry=mine[pk],
                organization_id=mine[pk].organization_id,
                state=state,
                source=TakeUp.Source.TYPED,
                noted_by_id=scope.person_id,
                noted_at=clock.now(),
            )
            for pk, state in said.items()
        ]
    )
    return len(said)


def _keep(rows: list[TakeUp]) -> None:
    told = ["organization", "state", "source", "noted_by", "noted_at"]
    TakeUp.objects.bulk_create(rows, update_conflicts=True, unique_fields=["entry"], update_fields=told)


@transaction.atomic
def study_opened(scope: Scope, lottery_id: int, key: str) -> None:
    """Remember which study was opened on a lottery."""
    found = _mine(scope, lottery_id, "listed", "committed", "drawn")
    found.study_key = key
    found.save(update_fields=["study_key"])
