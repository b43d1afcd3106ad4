"""Courses, sections, who teaches them and who is enrolled."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked_in_sets


class Course(models.Model):
    """What is taught."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=60, blank=True)
    sourced_id = models.CharField(max_length=260, unique=True, null=True, blank=True)

    def __str__(self) -> str:
        return self.name


@tracked_in_sets
class Section(models.Model):
    """A class: OneRoster's class, Ed-Fi's section. The homeroom is a section too.

    `teacher` takes the roll; who else teaches it stands in `Teaching`.
    """

    class Kind(models.TextChoices):
        HOMEROOM = "homeroom", _("homeroom")
        SCHEDULED = "scheduled", _("scheduled")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="sections")
    session = models.ForeignKey("roster.AcademicSession", on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="sections_taught")
    name = models.CharField(max_length=120)
    grade = models.SmallIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOMEROOM, db_default="homeroom")
    # As the source names them, with commas between.
    periods = models.CharField(max_length=100, blank=True, db_default="")
    sourced_id = models.CharField(max_length=260, unique=True)

    def __str__(self) -> str:
        return self.name


@tracked_in_sets
class Enrollment(models.Model):
    """A student in a section, with dates (`ends` is the last day enrolled)."""

    # The indexes below are found by section and by student; a second pair would only slow a million rows down.
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="enrollments", db_index=False)
    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="enrollments", db_index=False)
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["section", "begins"]), models.Index(fields=["student"])]

    def __str__(self) -> str:
        return f"enrollment {self.pk}"


@tracked_in_sets
class Teaching(models.Model):
    """Somebody teaches a section, from when to when; a section may have several teachers."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="teaching")
    teacher = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="teaching")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    primary = models.BooleanField(default=False)
    begins = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"teaching {self.pk}"
