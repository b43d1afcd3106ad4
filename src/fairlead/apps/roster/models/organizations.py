"""The dated tree of organizations, and when they meet: sessions and school days."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organization(models.Model):
    """A node of the tree: network, city, district, school."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("network")
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        SCHOOL = "school", _("school")

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    sourced_id = models.CharField(max_length=260, unique=True)
    zip = models.CharField(max_length=10, blank=True)
    grade_low = models.SmallIntegerField(null=True, blank=True)
    grade_high = models.SmallIntegerField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="America/New_York")
    roll_due = models.TimeField(default=time(9, 15))
    invented = models.BooleanField(default=False)
    begins = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AcademicSession(models.Model):
    """A school year or a part of it."""

    class Kind(models.TextChoices):
        SCHOOL_YEAR = "schoolYear", _("school year")
        SEMESTER = "semester", _("semester")
        TERM = "term", _("term")
        GRADING_PERIOD = "gradingPeriod", _("grading period")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sessions")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.SCHOOL_YEAR, db_default="schoolYear")
    name = models.CharField(max_length=60)
    sourced_id = models.CharField(max_length=260, unique=True, null=True, blank=True)
    begins = models.DateField()
    ends = models.DateField()

    def __str__(self) -> str:
        return self.name


class SchoolDay(models.Model):
    """A day on which the organization's schools meet."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(AcademicSession, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "date"], name="one_school_day_per_date")]

    def __str__(self) -> str:
        return self.date.isoformat()
