"""People and what ties them to organizations and to each other."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked_in_sets
from fairlead.apps.roster.names import sort_key


@tracked_in_sets
class Person(models.Model):
    """Anyone: student, member of staff, guardian. `organization` keeps the record (OneRoster's primaryOrg)."""

    class Kind(models.TextChoices):
        STUDENT = "student", _("student")
        STAFF = "staff", _("staff")
        GUARDIAN = "guardian", _("guardian")

    # No index of its own: the one below begins with it, and a district's million rows pay for each.
    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="people", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    sort_name = models.CharField(max_length=220, editable=False)
    born = models.DateField(null=True, blank=True)
    grade = models.SmallIntegerField(null=True, blank=True, help_text="0 is kindergarten")
    language = models.CharField(max_length=8, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    zip = models.CharField(max_length=10, blank=True, db_default="")
    sourced_id = models.CharField(max_length=260)

    class Meta:
        indexes = [models.Index(fields=["organization", "kind", "sort_name"])]
        constraints = [models.UniqueConstraint(fields=["sourced_id"], name="one_person_per_sourced_id")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = sort_key(self.family_name, self.given_name)
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def __str__(self) -> str:
        return self.name


@tracked_in_sets
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
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    gender = models.CharField(max_length=10, choices=Gender.choices, blank=True)
    race_ethnicity = models.CharField(max_length=12, choices=RaceEthnicity.choices, blank=True)
    economically_disadvantaged = models.BooleanField(null=True)
    english_learner = models.BooleanField(null=True)
    disability = models.BooleanField(null=True)
    home_language = models.CharField(max_length=8, blank=True, db_default="")

    def __str__(self) -> str:
        return f"demographics {self.pk}"


@tracked_in_sets
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
        DATA_MANAGER = "data_manager", _("Data manager")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Kind.choices)
    fte = models.DecimalField(max_digits=3, decimal_places=2, default=1)
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)
    # The import's source that says so; empty for a role given by hand, which no file closes.
    source = models.CharField(max_length=160, blank=True, db_default="")

    class Meta:
        indexes = [models.Index(fields=["organization", "role"])]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id}"


@tracked_in_sets
class Guardianship(models.Model):
    """Who may be called about a student, in which order, and whether the family allowed it."""

    student = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="guardianships")
    guardian = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="wards")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=40)
    may_contact = models.BooleanField(default=True)
    rank = models.SmallIntegerField(default=1)
    ends = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=160, blank=True, db_default="")

    def __str__(self) -> str:
        return f"guardianship {self.pk}"


class PersonIdentifier(models.Model):
    """Under which identifier a source knows a person: what keeps one person one, across sources and years.

    `source` is a network's student information system (`tidewater:powerschool`) or a numbering that several systems
    share (`tidewater:state/student`). `ends`: the last day on which the source still listed the person. `shared`: the
    numbers of other systems that the source last gave with it.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identifiers")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=160)
    value = models.CharField(max_length=160)
    shared = models.CharField(max_length=1000, blank=True, db_default="")
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "value"], name="one_person_per_identifier")]

    def __str__(self) -> str:
        return f"identifier {self.pk}"
