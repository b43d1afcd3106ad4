"""Diagnoses: an organization, a year, a version; who rates; the evidence; what the group agreed; what it will do next.

Answers stand in `instruments`, as of any form, in two parts:

- *individual*: one response of each rater, of purpose *survey*: its wall opens it to its author and to nobody else, so
  that nobody, the principal neither, reads another's levels before the group talks. From the stage of consensus on,
  `diagnostics_levels` (migration 0003) gives the levels to those who may know them, without names unless the group
  agreed on names before the first rating.
- *consensus*: one response, of purpose *improvement*: about a school and not about a person.

The rest is here, behind the wall of the organization: it is about a school, and names people only as raters and authors.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked

ALONE, TOGETHER = "survey", "improvement"  # the purposes of the two parts


@tracked
class Diagnosis(models.Model):
    """One instrument, answered by one group about one organization in one school year."""

    class Stage(models.TextChoices):
        GATHER = "gather", _("gathering evidence")
        RATE = "rate", _("rating alone")
        CONSENSUS = "consensus", _("agreeing")
        PUBLISHED = "published", _("published")
        REVIEWED = "reviewed", _("looked back on")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    instrument = models.ForeignKey("instruments.Instrument", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(help_text="in which the school year begins: 2026 for 2026-27")
    facilitator = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    named = models.BooleanField(default=False, help_text="the group agreed that names stand beside the levels")
    stage = models.CharField(max_length=9, choices=Stage.choices, default=Stage.GATHER)
    begun_at = models.DateTimeField()
    rating_at = models.DateTimeField(null=True, blank=True)
    consensus_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True, help_text="the group talked until it agreed")
    review = models.TextField(blank=True, help_text="what became of it, written a year later")
    consensus = models.ForeignKey(
        "instruments.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "diagnoses"
        constraints = [
            models.UniqueConstraint(fields=["organization", "instrument", "year"], name="one_diagnosis_a_year"),
            models.CheckConstraint(
                condition=models.Q(minutes=None) | models.Q(minutes__gte=1, minutes__lte=600),
                name="talked_1_to_600_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"diagnosis {self.pk}"

    @property
    def school_year(self) -> str:
        return school_year(self.year)

    @property
    def is_over(self) -> bool:
        return self.stage in (self.Stage.PUBLISHED, self.Stage.REVIEWED)


def school_year(year: int) -> str:
    """As it is written: 2026-27."""
    return f"{year}-{(year + 1) % 100:02d}"


@tracked
class Rater(models.Model):
    """Somebody asked to rate. Whether they have is known to the group; what they said, only to themself until all talk."""

    diagnosis = models.ForeignKey(Diagnosis, on_delete=models.CASCADE, related_name="raters")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    response = models.ForeignKey(
        "instruments.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["diagnosis", "person"], name="one_rater_a_person")]

    def __str__(self) -> str:
        return f"rater {self.pk}"


@tracked
class Evidence(models.Model):
    """What was read, counted or heard: where, of which day, for which items."""

    diagnosis = models.ForeignKey(Diagnosis, on_delete=models.CASCADE, related_name="evidence")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    items = ArrayField(models.SlugField(), help_text="keys of the items that it is evidence for")
    text = models.TextField()
    source = models.CharField(max_length=200)
    dated = models.DateField()
    link = models.URLField(max_length=500, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["diagnosis", "dated"])]

    def __str__(self) -> str:
        return f"evidence {self.pk}"


@tracked
class RestsOn(models.Model):
    """A level rests on a piece of evidence. Behind the wall of its response's words."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    response = models.ForeignKey("instruments.Response", on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("instruments.Item", on_delete=models.PROTECT, related_name="+")
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name_plural = "rests on"
        constraints = [models.UniqueConstraint(fields=["response", "item", "evidence"], name="rests_on_it_once")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"rests on {self.evidence_id}"


@tracked
class NextStep(models.Model):
    """What somebody promised for one item: the promise itself is one of `support`, with its day and whether it was kept."""

    diagnosis = models.ForeignKey(Diagnosis, on_delete=models.CASCADE, related_name="next_steps")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("instruments.Item", on_delete=models.PROTECT, related_name="+")
    promise = models.OneToOneField("support.Promise", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"next step {self.pk}"
