"""Studies, plans, lotteries, runs, findings, claims. A registered plan cannot be changed, by nobody."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked


class Study(models.Model):
    """A question about a programme, with the extract of records that can answer it."""

    key = models.SlugField(max_length=60, unique=True)
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    title_es = models.CharField(max_length=200)
    extract = models.CharField(max_length=40, help_text="which extract answers it, see extracts.py")
    invented = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.key


@pgtrigger.register(
    pgtrigger.Protect(
        name="registered_plan_stands",
        operation=pgtrigger.Update | pgtrigger.Delete,
        condition=pgtrigger.Q(old__registered_at__isnull=False),
    )
)
class Plan(models.Model):
    """What was intended, in TOML. A draft until it is registered; from then on the database refuses any change."""

    class Label(models.TextChoices):
        PROSPECTIVE = "prospective", _("prospective")
        RETROSPECTIVE = "retrospective", _("retrospective")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="plans")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    hash = models.CharField(max_length=64, blank=True)
    written_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    registered_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField(null=True)
    label = models.CharField(max_length=14, choices=Label.choices, blank=True)
    outcomes_from = models.DateField(null=True, help_text="day of the first outcome, as known at registration")
    seen_before = models.JSONField(default=list, help_text="who had looked at these outcomes before: from the log")

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.study_id}"


class Lottery(models.Model):
    """A stratified draw whose seed was committed to before the list was drawn."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="lottery")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    commitment = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    seed = models.CharField(max_length=100, blank=True)
    salt = models.CharField(max_length=100, blank=True)
    share = models.FloatField()
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "lotteries"

    def __str__(self) -> str:
        return f"lottery {self.pk}"


@tracked
class Ticket(models.Model):
    """One person's place in a lottery."""

    lottery = models.ForeignKey(Lottery, on_delete=models.CASCADE, related_name="tickets")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    selected = models.BooleanField()

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class Run(models.Model):
    """One execution of a registered plan on a frozen extract, with everything that came out."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="runs")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    extract_file = models.CharField(max_length=120)
    data_hash = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    erased_rows = models.PositiveIntegerField(default=0)
    result = models.JSONField()

    def __str__(self) -> str:
        return f"run {self.pk}"


class Finding(models.Model):
    """One estimate of a run in its native unit, with its standard error. Never averaged, never rescaled here."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="findings")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=60)
    model = models.CharField(max_length=60)
    primary = models.BooleanField()
    unit = models.CharField(max_length=60)
    estimate = models.FloatField()
    se = models.FloatField()
    p = models.FloatField()
    n = models.PositiveIntegerField()
    rating = models.CharField(max_length=20)
    provisional = models.BooleanField()

    def __str__(self) -> str:
        return f"finding {self.pk}"


@tracked
class Claim(models.Model):
    """A sentence people may repeat. It says no more than its finding; the check is done when it is written."""

    class State(models.TextChoices):
        STANDING = "standing", _("standing")
        WITHDRAWN = "withdrawn", _("withdrawn")

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="claims")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)
    sentence = models.TextField()
    independence = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STANDING)
    written_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    expires_on = models.DateField()

    def __str__(self) -> str:
        return f"claim {self.pk}"
