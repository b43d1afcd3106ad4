"""The steps of a support, as each of its participants has them, and the words about them.

A step is a row for each participant, so that the wall of doses opens it to those whom it is about, to who leads it, and
to whom the purpose opens the dose: that it happened, and when. What it showed is `StepWords`, a row for each reader,
behind the wall of notes.
"""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from fairlead.apps.access.history import purpose_is_fixed, tracked


@tracked
class Step(models.Model):
    """One step of a support's cycle, as one participant has it: its day, and whether it was done."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    due = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    another_way = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["support", "person", "position"], name="one_step_a_person")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"step {self.pk}"


class StepWords(models.Model):
    """What a step showed, or how it was done instead, addressed to one reader. It stays as it is."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    text = models.CharField(max_length=4000)

    class Meta:
        verbose_name_plural = "step words"
        indexes = [models.Index(fields=["support", "position"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"words of a step of support {self.support_id}"


@tracked
class TeamPage(models.Model):
    """What a leadership team has written of itself. It is about the school: its staff may know it."""

    support = models.OneToOneField("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    vision = models.CharField(max_length=2000, blank=True)
    rhythm = models.CharField(max_length=400, blank=True)
    next_meeting = models.DateField(null=True, blank=True)
    collaboration = models.CharField(max_length=2000, blank=True)
    families = models.CharField(max_length=2000, blank=True)

    def __str__(self) -> str:
        return f"team page of support {self.support_id}"


@tracked
class SupportGoal(models.Model):
    """An indicator that a support wants to move: to which value, by when, and from where it began."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    indicator = models.SlugField(help_text="key of one of progress")
    why = models.CharField(max_length=400, blank=True)
    target = models.FloatField(help_text="a share, from 0 to 1")
    by = models.DateField()
    set_on = models.DateField()
    began_at = models.FloatField(null=True, blank=True, help_text="its value on the day it was set")
    dropped_on = models.DateField(null=True, blank=True)
    dropped_because = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["support", "indicator"], condition=models.Q(dropped_on=None), name="one_goal_an_indicator"
            ),
            models.CheckConstraint(condition=models.Q(target__gte=0, target__lte=1), name="a_target_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"goal {self.pk}"


@tracked
class Decision(models.Model):
    """What a team decided: when and why, and who does what by when. What was decided stays; what became of it is added."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField()
    text = models.CharField(max_length=400)
    why = models.CharField(max_length=400)
    owner = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    due = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    another_way = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["support", "-decided_on"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner=None, due=None) | models.Q(owner__isnull=False, due__isnull=False),
                name="who_does_it_and_by_when",
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"


@tracked
class CycleContent(models.Model):
    """What a content learning cycle is about: subject, grades, standards by their codes, and its subtopics in order."""

    support = models.OneToOneField("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    grade_low = models.PositiveSmallIntegerField(null=True, blank=True)
    grade_high = models.PositiveSmallIntegerField(null=True, blank=True)
    standards = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text="codes of a CASE framework"
    )
    subtopics = models.JSONField(default=list, help_text="name and materials of each, three weeks apiece")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade_low=None)
                | models.Q(grade_high=None)
                | models.Q(grade_high__gte=models.F("grade_low")),
                name="grades_of_a_cycle_rise",
            ),
        ]

    def __str__(self) -> str:
        return f"content of support {self.support_id}"


class OwnTemplate(models.Model):
    """A version of how one kind of support goes in a network: published with a reason, and final from then on."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.SlugField(max_length=30)
    number = models.PositiveSmallIntegerField(help_text="1 for the first version")
    name = models.CharField(max_length=120)
    steps = models.JSONField(help_text="days, and the words in English and Spanish, as a shipped template has them")
    because = models.CharField(max_length=400)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "number"], name="one_template_per_kind_and_number"
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_template_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "ROW(OLD.organization_id, OLD.kind, OLD.number, OLD.name, OLD.steps, OLD.because, OLD.published_at)"
                    " IS DISTINCT FROM"
                    " ROW(NEW.organization_id, NEW.kind, NEW.number, NEW.name, NEW.steps, NEW.because, NEW.published_at)"
                ),
            ),
            pgtrigger.Protect(name="a_template_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name
