"""Growth between two surveys of the same people: what was compared, what may be told of groups, and each person's own.

    Comparison ─► Told          a measure at the whole or a school; what is withheld is not in it
          └─────► OwnGrowth     a person's two scores: theirs alone, whatever role another has

The worker pairs the sealed answers of two confidential surveys, estimates once, and stores; pages compute nothing.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Comparison(models.Model):
    """An earlier and a later survey of one instrument, compared once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("being worked out")
        DONE = "done", _("worked out")
        REFUSED = "refused", _("not possible")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    before = models.ForeignKey("surveys.Administration", on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey("surveys.Administration", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    made_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True, blank=True)
    found = models.JSONField(
        default=dict, help_text="by measure: method, errors, shared items, who dropped out and why"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["before", "after"], name="two_surveys_are_compared_once"),
            models.CheckConstraint(condition=~Q(before=models.F("after")), name="a_survey_is_not_its_own_before"),
            models.CheckConstraint(
                condition=Q(state="waiting", counted_at=None) | (~Q(state="waiting") & Q(counted_at__isnull=False)),
                name="a_comparison_says_when_it_was_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class Told(models.Model):
    """Who grew beyond measurement error in one measure at one organization, beside the number by chance."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        BOTTOM = "bottom", _("at most")
        TOP = "top", _("at least")
        VALUE = "value", _("withheld to protect another group")
        FEW = "few", _("not enough people")

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="told")
    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    measure = models.SlugField(blank=True, help_text="key of a domain; empty: the whole form")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=State.choices)
    n = models.PositiveIntegerField(null=True)
    share = models.FloatField(null=True, help_text="who grew, or the lower end of what is told of it")
    most = models.FloatField(null=True, help_text="the upper end; the share itself where it is exact")
    low = models.FloatField(null=True, help_text="95 % interval")
    high = models.FloatField(null=True)
    by_chance = models.FloatField(null=True, help_text="the share that would seem to have grown if nobody had")
    chance_low = models.FloatField(null=True)
    chance_high = models.FloatField(null=True)
    mean = models.FloatField(null=True, help_text="mean change, in the measure's unit")
    mean_low = models.FloatField(null=True)
    mean_high = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "organization", "measure"], name="told_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["few", "value"])
                | Q(share=None, most=None, low=None, high=None, mean=None, mean_low=None, mean_high=None),
                name="growth_that_is_withheld_is_not_stored",
            ),
            models.CheckConstraint(condition=~Q(state="few") | Q(n=None), name="few_who_grew_are_not_counted"),
        ]

    def __str__(self) -> str:
        return f"told {self.pk}"


class OwnGrowth(models.Model):
    """A person's two scores with their errors. Nobody else's eyes: its wall opens it to that person alone."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default="survey", help_text="of its wall: answers in confidence")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    measure = models.SlugField(blank=True)
    before = models.FloatField()
    after = models.FloatField()
    se_before = models.FloatField()
    se_after = models.FloatField()
    verdict = models.CharField(max_length=8, help_text="grew, fell or same: beyond the error of measurement or not")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "person", "measure"], name="own_growth_once"),
            models.CheckConstraint(condition=Q(purpose="survey"), name="own_growth_is_in_confidence"),
        ]

    def __str__(self) -> str:
        return f"own growth {self.pk}"
