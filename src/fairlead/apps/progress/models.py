"""What has been counted (behind the wall), and what has been published of it (withheld numbers are not in there)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reading(models.Model):
    """One indicator at one school in one week, as it was counted. Made anew from the facts; never typed."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=40)
    definition = models.CharField(max_length=12, help_text="version of the indicator's definition")
    begins = models.DateField()
    ends = models.DateField()
    n = models.IntegerField(help_text="size of the group that the number is about")
    numerator = models.FloatField()
    denominator = models.FloatField()
    observed = models.FloatField()
    expected = models.FloatField()
    rows = models.IntegerField(help_text="rows of facts that were read")
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "indicator", "begins"], name="one_reading_per_week"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.begins}"


class GroupReading(models.Model):
    """The true lattice of one published month: for people who may see the rows."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    table = models.ForeignKey("progress.PublishedTable", on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=40)
    category = models.CharField(max_length=40)
    n = models.IntegerField()
    numerator = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.group} {self.category}"


class PublishedTable(models.Model):
    """One indicator in one month, published once: organization level x one group."""

    network = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=40)
    definition = models.CharField(max_length=12)
    begins = models.DateField()
    ends = models.DateField()
    published_at = models.DateTimeField()
    min_n = models.SmallIntegerField()
    rule = models.CharField(max_length=120, help_text="source of the rule for small groups")
    coverage = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "indicator", "begins"], name="published_once_per_month"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.begins:%Y-%m}"


class WithheldTable(models.Model):
    """An indicator that a check kept out of a month's tables: which check, and its numbers. No person stands in it."""

    network = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=40)
    definition = models.CharField(max_length=12)
    begins = models.DateField()
    decided_at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    found = models.JSONField(help_text="the check's numbers, and the key of the indicator with which it disagrees")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "indicator", "begins"], name="withheld_once_per_month"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.begins:%Y-%m}: {self.kind}"


class PublishedCell(models.Model):
    """One cell as anybody with an agreement may read it. What is withheld is null, here and nowhere hidden."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        BOTTOM = "bottom", _("at most")
        TOP = "top", _("at least")
        VALUE = "value", _("withheld to protect another group")
        PRIMARY = "primary", _("withheld: a small group")
        COMPLEMENTARY = "complementary", _("withheld to protect a small group")

    table = models.ForeignKey(PublishedTable, on_delete=models.CASCADE, related_name="cells")
    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=40)
    category = models.CharField(max_length=40)
    state = models.CharField(max_length=13, choices=State.choices)
    n = models.IntegerField(null=True)
    numerator = models.IntegerField(null=True)
    low = models.FloatField(null=True, help_text="the share, or the lower end of what is told of it")
    high = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "organization", "group", "category"], name="one_published_cell"),
            models.CheckConstraint(
                condition=models.Q(state="shown") | models.Q(numerator__isnull=True),
                name="a_withheld_numerator_is_not_stored",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["primary", "complementary"])
                | models.Q(n__isnull=True, low__isnull=True, high__isnull=True),
                name="a_withheld_group_is_not_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.category}: {self.state}"
