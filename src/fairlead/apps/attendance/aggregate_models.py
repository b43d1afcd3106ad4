"""A city's published school-days: one number a school and day, no person. `attendance_pct` null: not submitted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CityDataset(models.Model):
    """A city's published attendance: whose it is, who loaded it, and what its rows came to."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    key = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=500)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    changed_at = models.DateTimeField(help_text="when an import last changed a row")
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    counted = models.JSONField(default=dict, help_text="rows of the last file that changed anything, by outcome")
    checked = models.JSONField(default=dict, help_text="what the sanity checks found")

    def __str__(self) -> str:
        return self.name


class CitySchool(models.Model):
    """A school of the city's file, by the city's own code. Not an organization of this network."""

    dataset = models.ForeignKey(CityDataset, on_delete=models.CASCADE, related_name="schools")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "code"], name="one_city_school_per_code")]

    def __str__(self) -> str:
        return self.name or self.code


class SchoolDayAggregate(models.Model):
    """One school on one day as the city published it. No row: nothing was expected, or the file does not have it."""

    pk = models.CompositePrimaryKey("school_id", "date")
    # Written by one statement that joins the schools; checking a million rows again took longer than writing them.
    school = models.ForeignKey(
        CitySchool, on_delete=models.CASCADE, related_name="days", db_index=False, db_constraint=False
    )
    date = models.DateField()
    attendance_pct = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(attendance_pct__isnull=True) | Q(attendance_pct__range=(0, 100)),
                name="attendance_is_a_percentage",
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.date}"


class SchoolYearSubmission(models.Model):
    """What a school's days of one school year come to, counted at import. `year` is the one in which it begins."""

    school = models.ForeignKey(CitySchool, on_delete=models.CASCADE, related_name="years")
    year = models.SmallIntegerField()
    expected = models.IntegerField()
    missing = models.IntegerField()
    share = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    recent_expected = models.IntegerField()
    recent_missing = models.IntegerField()
    p_value = models.FloatField(null=True)
    kind = models.CharField(max_length=12)
    rule = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "year"], name="one_submission_year_per_school")]
        indexes = [models.Index(fields=["year", "kind"], name="submission_year_kind")]

    def __str__(self) -> str:
        return f"{self.school_id} {self.year}"


class CityDaySubmission(models.Model):
    """One day of the city, counted at import, beside the city's own published total where there is one."""

    dataset = models.ForeignKey(CityDataset, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    schools = models.IntegerField()
    missing = models.IntegerField()
    mean_pct = models.FloatField(null=True, help_text="mean over schools, not over students")
    published_pct = models.FloatField(null=True, help_text="the city's own total of the day")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "date"], name="one_city_day")]

    def __str__(self) -> str:
        return f"{self.date}"


class CityMeasure(models.Model):
    """A field of a city's file, said to be a measure, with what the sanity checks found. Broken: no value is kept."""

    class Verdict(models.TextChoices):
        OK = "ok", _("nothing found against it")
        DOUBT = "doubt", _("look before quoting")
        BROKEN = "broken", _("do not quote")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    measure = models.CharField(max_length=40)
    column = models.CharField(max_length=100, help_text="what the file calls it, or was made to call it")
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=500)
    checked_at = models.DateTimeField()
    n = models.IntegerField()
    missing = models.IntegerField()
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    evidence = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "measure", "column", "file"], name="one_city_measure")
        ]

    def __str__(self) -> str:
        return f"{self.column} as {self.measure}"


class CityMeasureValue(models.Model):
    """One school's value of a measure that was not found broken."""

    measure = models.ForeignKey(CityMeasure, on_delete=models.CASCADE, related_name="values")
    code = models.CharField(max_length=20)
    value = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "code"], name="one_city_value_per_school")]

    def __str__(self) -> str:
        return f"{self.code}: {self.value}"


class SectionTaken(models.Model):
    """Another system says that a section's attendance was taken on a day (Ed-Fi: SectionAttendanceTakenEvent).

    It names no hour: of such a section one can tell whether attendance was taken, and not whether it was on time.
    """

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    taken_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "date"], name="one_taking_per_section_and_date")]

    def __str__(self) -> str:
        return f"{self.section_id} {self.date}"
