"""The roster's tables. Every row about a person carries its organization, for the wall behind it."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked
from fairlead.apps.roster.names import sort_key


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
    sourced_id = models.CharField(max_length=100, unique=True)
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


@tracked
class Person(models.Model):
    """Anyone: student, member of staff, guardian. `organization` keeps the record (OneRoster's primaryOrg)."""

    class Kind(models.TextChoices):
        STUDENT = "student", _("student")
        STAFF = "staff", _("staff")
        GUARDIAN = "guardian", _("guardian")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="people")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    sort_name = models.CharField(max_length=220, editable=False)
    born = models.DateField(null=True, blank=True)
    grade = models.SmallIntegerField(null=True, blank=True, help_text="0 is kindergarten")
    language = models.CharField(max_length=8, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    sourced_id = models.CharField(max_length=100, unique=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "kind", "sort_name"])]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = sort_key(self.family_name, self.given_name)
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def __str__(self) -> str:
        return self.name


@tracked
class Demographics(models.Model):
    """What federal reporting asks of a student, apart from the person so that few pages read it."""

    class RaceEthnicity(models.TextChoices):
        ASIAN = "asian", _("Asian")
        BLACK = "black", _("Black or African American")
        HISPANIC = "hispanic", _("Hispanic or Latino")
        WHITE = "white", _("White")
        TWO_OR_MORE = "two_or_more", _("Two or more races")
        OTHER = "other", _("Another race or ethnicity")

    class Gender(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        NONBINARY = "nonbinary", _("Nonbinary")

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="demographics")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    gender = models.CharField(max_length=10, choices=Gender.choices, blank=True)
    race_ethnicity = models.CharField(max_length=12, choices=RaceEthnicity.choices, blank=True)
    economically_disadvantaged = models.BooleanField(null=True)
    english_learner = models.BooleanField(null=True)
    disability = models.BooleanField(null=True)

    def __str__(self) -> str:
        return f"demographics {self.pk}"


@tracked
class Role(models.Model):
    """Ties a person to an organization, with dates."""

    class Kind(models.TextChoices):
        TEACHER = "teacher", _("Teacher")
        OFFICE = "office", _("School office")
        PRINCIPAL = "principal", _("Principal")
        COACH = "coach", _("Coach")
        DIRECTOR = "director", _("Director")
        NETWORK_LEAD = "network_lead", _("Network lead")
        ANALYST = "analyst", _("Analyst")
        CITY_LEAD = "city_lead", _("City lead")
        TALENT = "talent", _("Talent lead")
        AUDITOR = "auditor", _("Auditor")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Kind.choices)
    fte = models.DecimalField(max_digits=3, decimal_places=2, default=1)
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "role"])]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id}"


@tracked
class Guardianship(models.Model):
    """Who may be called about a student, in which order, and whether the family allowed it."""

    student = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="guardianships")
    guardian = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="wards")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=40)
    may_contact = models.BooleanField(default=True)
    rank = models.SmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"guardianship {self.pk}"


class AcademicSession(models.Model):
    """A school year or a part of it."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sessions")
    name = models.CharField(max_length=60)
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


class Course(models.Model):
    """What is taught."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.name


@tracked
class Section(models.Model):
    """A class: OneRoster's class, Ed-Fi's section. The homeroom is a section too."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sections")
    session = models.ForeignKey(AcademicSession, on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sections_taught")
    name = models.CharField(max_length=120)
    grade = models.SmallIntegerField(null=True)
    sourced_id = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


@tracked
class Enrollment(models.Model):
    """A student in a section, with dates (`ends` is the last day enrolled)."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="enrollments")
    student = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="enrollments")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["section", "begins"]), models.Index(fields=["student"])]

    def __str__(self) -> str:
        return f"enrollment {self.pk}"
