"""A lottery of scarce places, or the order of a roll-out, from its draft to its result.

    Lottery ─► Secret            seed and salt, until the draw
       └─────► Entry ─► TakeUp   a teacher or a school on the closed list; later, whether they took part

What was promised cannot be changed: the database refuses a change of the rules once the seed is committed to, of the list
once it is sealed, and of the result once it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked

_RULES = (
    "organization_id", "title", "title_es", "about", "decided_by", "kind", "unit", "rule", "strata", "together", "share",
    "places", "steps", "limits", "bounds", "public_source", "draw_at", "made_at", "frozen_at", "list_hash",
    "tried", "accepted", "committed_at", "commitment", "format",
)  # fmt: skip
_LISTED = ("lottery_id", "organization_id", "key", "entry_key", "stratum", "values", "students", "chances", "sealed")
_RESULT = ("drawn_at", "seed", "salt", "public_result", "attempt", "record", "withdrawn_at", "withdrawn_because")


def _changed(once: str, columns: Sequence[str]) -> pgtrigger.Condition:
    """That one of these columns changes although `once` was true before."""
    differs = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
    return pgtrigger.Condition(f"{once} AND ({differs})")


@tracked
class Lottery(models.Model):
    """What is scarce, who decides, who is eligible, and how it is drawn."""

    class Kind(models.TextChoices):
        PLACES = "places", _("Places: some win one, the others wait in order")
        STEPS = "steps", _("Steps: all begin, and the order is drawn")

    class Unit(models.TextChoices):
        TEACHER = "teacher", _("Teachers")
        SCHOOL = "school", _("Schools")

    class Strata(models.TextChoices):
        NONE = "", _("not apart: all in one draw")
        SCHOOL = "school", _("within each school")
        GRADE = "grade", _("within each grade")
        SIZE = "size", _("within thirds by number of students")

    class Together(models.TextChoices):
        NOTHING = "", _("each by itself")
        TEAM = "team", _("grade teams of a school stay together")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    title_es = models.CharField(max_length=120, blank=True)
    about = models.TextField(help_text="what is scarce, and what winning means")
    decided_by = models.CharField(max_length=120, help_text="who decided that it is drawn, and by which rule")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    unit = models.CharField(max_length=7, choices=Unit.choices)
    rule = models.JSONField(default=dict, help_text="who is eligible, see eligible.py")
    strata = models.CharField(max_length=6, choices=Strata.choices, blank=True)
    together = models.CharField(max_length=4, choices=Together.choices, blank=True)
    share = models.CharField(max_length=12, blank=True)
    places = models.PositiveIntegerField(null=True, blank=True)
    steps = models.JSONField(default=list, help_text="the day on which each step begins, ISO")
    limits = models.JSONField(
        default=list, help_text="covariate and how far groups may differ, in standard deviations"
    )
    bounds = models.JSONField(default=list, help_text="the same in the covariate's own unit, from the closed list")
    public_source = models.CharField(max_length=200, blank=True, help_text="a later source of chance nobody controls")
    draw_at = models.DateTimeField(help_text="the announced moment; not drawn before")
    made_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True)
    list_hash = models.CharField(max_length=64, blank=True)
    tried = models.PositiveIntegerField(default=0, help_text="draws rehearsed")
    accepted = models.PositiveIntegerField(default=0, help_text="of these, within the limits")
    committed_at = models.DateTimeField(null=True, blank=True)
    commitment = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    seed = models.CharField(max_length=100, blank=True, help_text="empty until the draw")
    salt = models.CharField(max_length=100, blank=True)
    public_result = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveIntegerField(null=True, blank=True)
    record = models.TextField(blank=True, help_text="the record as it is published: JSON, pseudonymous")
    format = models.CharField(max_length=20, default="fairlead-lottery-2")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.CharField(max_length=250, blank=True)
    study_key = models.SlugField(max_length=60, blank=True, help_text="the study that was opened on it")

    class Meta:
        verbose_name_plural = "lotteries"
        constraints = [
            models.CheckConstraint(
                condition=Q(commitment="") | Q(frozen_at__isnull=False), name="a_closed_list_first"
            ),
            models.CheckConstraint(
                condition=Q(drawn_at=None, seed="", attempt=None)
                | (Q(drawn_at__isnull=False, committed_at__lt=models.F("drawn_at")) & ~Q(seed="")),
                name="drawn_after_the_commitment",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | (Q(drawn_at=None) & ~Q(withdrawn_because="")),
                name="withdrawn_before_the_draw_because",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="committed_rules_stand",
                operation=pgtrigger.Update,
                condition=_changed("OLD.committed_at IS NOT NULL", _RULES),
            ),
            pgtrigger.Protect(
                name="a_draw_is_final",
                operation=pgtrigger.Update,
                condition=_changed("OLD.drawn_at IS NOT NULL", _RESULT),
            ),
            pgtrigger.Protect(
                name="a_commitment_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__committed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"lottery {self.pk}"

    @property
    def state(self) -> str:
        """How far it is: draft, listed, committed, drawn or withdrawn."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.drawn_at:
            return "drawn"
        return "committed" if self.committed_at else "listed" if self.frozen_at else "draft"


class Secret(models.Model):
    """Seed and salt between commitment and draw: sealed from the app's login; the draw reveals them and deletes this row."""

    lottery = models.OneToOneField(Lottery, on_delete=models.CASCADE, related_name="secret")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    seed = models.CharField(max_length=100)
    salt = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"secret of lottery {self.lottery_id}"


class Entry(models.Model):
    """One teacher or school on the list. `key` is its pseudonym in the record, `entry_key` that of those kept together."""

    lottery = models.ForeignKey(Lottery, on_delete=models.CASCADE, related_name="entries")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=40)
    entry_key = models.CharField(max_length=40)
    stratum = models.CharField(max_length=60, blank=True)
    values = models.JSONField(default=list, help_text="one decimal number a limit, as text")
    students = models.PositiveIntegerField(default=0, help_text="when the list was closed; not in the record")
    chances = models.JSONField(default=list, help_text="of each group")
    group = models.PositiveSmallIntegerField(null=True, help_text="1 won, 0 waits; or the step, 0 first")
    waiting = models.PositiveIntegerField(default=0, help_text="place on the waiting list, 1 first; 0: none")
    sealed = models.BooleanField(default=False, help_text="the seed is committed to: nothing on the list changes")

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["lottery", "key"], name="one_entry_per_key")]
        triggers = [
            pgtrigger.Protect(
                name="a_sealed_list_stands",
                operation=pgtrigger.Update,
                condition=_changed("OLD.sealed", _LISTED),
            ),
            pgtrigger.Protect(
                name="a_drawn_result_stands",
                operation=pgtrigger.Update,
                condition=_changed('OLD."group" IS NOT NULL', ("group", "waiting")),
            ),
            pgtrigger.Protect(
                name="a_sealed_entry_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__sealed=True)
            ),
            pgtrigger.Trigger(
                name="a_sealed_list_is_closed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF EXISTS (SELECT 1 FROM lotteries_lottery WHERE id = NEW.lottery_id AND committed_at IS NOT NULL) "
                    "THEN RAISE EXCEPTION 'the list of this lottery is closed'; END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


@tracked
class TakeUp(models.Model):
    """Whether somebody on the list took part, whatever they drew."""

    class State(models.TextChoices):
        TOOK_PART = "took", _("took part")
        DECLINED = "not", _("did not take part")

    class Source(models.TextChoices):
        RECORDS = "records", _("from contacts")
        TYPED = "typed", _("typed in")

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="take_up")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=4, choices=State.choices)
    source = models.CharField(max_length=7, choices=Source.choices)
    noted_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"take-up {self.pk}"
