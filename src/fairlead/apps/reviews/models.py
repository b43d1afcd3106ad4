"""A review of assignments, from its plan to its result; and the standards that assignments are held against.

    Review ─► Secret        the seed, until the draw
       ├────► Reviewer      who judges
       ├────► Piece ─► Copy a drawn day of a drawn classroom, and what students were given on it
       └────► Result        stored once, at closing

    Framework ─► Standard ◄─ Association    CASE, as it was loaded: no person in it

A piece says who judges it; *what* they judged is a `Response` of the instruments, written through their services and behind
their wall. So that nobody sees another's levels too early, levels of a piece come only from one function of the database
(`reviews_levels`), which is silent until both reviewers are in.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked


class Framework(models.Model):
    """A framework of standards (CFDocument)."""

    identifier = models.UUIDField(unique=True)
    title = models.CharField(max_length=300)
    creator = models.CharField(max_length=300, blank=True)
    uri = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, blank=True)

    def __str__(self) -> str:
        return self.title


class Standard(models.Model):
    """One standard (CFItem)."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="standards")
    identifier = models.UUIDField()
    code = models.CharField(max_length=80, blank=True)
    statement = models.TextField()
    kind = models.CharField(max_length=60, blank=True)
    grades = ArrayField(models.CharField(max_length=10), default=list, help_text="CEDS codes: KG, 01, 02 …")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "identifier"], name="one_standard_per_identifier")
        ]
        indexes = [models.Index(fields=["framework", "code"])]

    def __str__(self) -> str:
        return self.code or self.statement[:60]


class Association(models.Model):
    """How two standards hang together (CFAssociation): one is part of the other, comes before it, is related to it."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="associations")
    identifier = models.UUIDField()
    kind = models.CharField(max_length=40)
    origin = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="going_out")
    destination = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="coming_in")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "identifier"], name="one_association_per_identifier")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


@tracked
class Review(models.Model):
    """The plan, fixed when it is made: whose classrooms, which days, how many are drawn, what counts as of the grade."""

    class Compare(models.TextChoices):
        NOTHING = "", _("no groups")
        POOR = "economically_disadvantaged", _("economically disadvantaged")
        LEARNERS = "english_learner", _("learning English")
        DISABILITY = "disability", _("with a disability")
        ASIAN = "asian", _("Asian")
        BLACK = "black", _("Black")
        HISPANIC = "hispanic", _("Hispanic")
        WHITE = "white", _("White")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=60)
    purpose = models.CharField(max_length=12)
    grade_low = models.SmallIntegerField()
    grade_high = models.SmallIntegerField()
    begins = models.DateField()
    ends = models.DateField()
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    item_key = models.CharField(max_length=50, help_text="the item that says whether an assignment is of the grade")
    least_level = models.PositiveSmallIntegerField(default=3, help_text="from this level on it is")
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    classrooms = models.PositiveSmallIntegerField(help_text="of each school and grade")
    assignments = models.PositiveSmallIntegerField(help_text="of each classroom")
    hours = models.FloatField(default=180, help_text="a year in the subject: assumed, and shown")
    compare = models.CharField(max_length=30, choices=Compare.choices, blank=True)
    commitment = models.CharField(max_length=64)
    seed = models.CharField(max_length=64, blank=True, help_text="empty until the draw")
    salt = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    drawn_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(begins__lte=models.F("ends")), name="review_begins_before_it_ends"),
            models.CheckConstraint(
                condition=Q(grade_low__lte=models.F("grade_high")), name="review_from_low_to_high_grade"
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return self.name


class Secret(models.Model):
    """What the commitment was made of; gone when it is drawn, for then the review says it."""

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="secret")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    seed = models.CharField(max_length=64)
    salt = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"secret of review {self.review_id}"


@tracked
class Reviewer(models.Model):
    """Somebody judges in a review. `home`: the organization of their role; work of it is not dealt to them if avoidable."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reviewers")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    home = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="one_reviewer_per_person")]

    def __str__(self) -> str:
        return f"reviewer {self.pk}"


class _Judged(models.Model):
    """Who judges, repeated where a wall reads it: they may be of another school."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    second = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    third = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


@tracked
class Piece(_Judged):
    """The work of one drawn day in one drawn classroom. `chance` is the product of both draws', as it was planned."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        COLLECTED = "collected", _("collected")
        NONE = "none", _("no assignment that day")

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="pieces")
    section = models.ForeignKey("roster.Section", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    teacher = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    classroom = models.PositiveIntegerField(help_text="its number in the draw: what results know it by")
    grade = models.SmallIntegerField()
    day = models.DateField()
    place = models.PositiveSmallIntegerField(help_text="of the day in the classroom's draw, from 0")
    chance_of_classroom = models.FloatField()
    days = models.PositiveSmallIntegerField(help_text="that could have been drawn")
    chance = models.FloatField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    because = models.CharField(max_length=250, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    first_response = models.UUIDField(null=True, blank=True)
    second_response = models.UUIDField(null=True, blank=True)
    third_response = models.UUIDField(null=True, blank=True)
    differs = models.BooleanField(null=True, blank=True, help_text="empty until both are in")
    reason = models.TextField(blank=True, help_text="of the third, whose decision stands")
    weight = models.FloatField(null=True, blank=True, help_text="1 ÷ its chance, with the days asked for; at closing")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "classroom", "day"], name="one_piece_per_classroom_and_day")
        ]

    def __str__(self) -> str:
        return f"piece {self.pk}"


class Copy(_Judged):
    """What students were given: a picture or PDF, or its words. Not kept in the history: a file changed is a file replaced."""

    piece = models.OneToOneField(Piece, on_delete=models.CASCADE, related_name="copy")
    media_type = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(blank=True, default=b"")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"copy of piece {self.piece_id}"


class Result(models.Model):
    """What a review found, as it was computed when it was closed. Pages show it and compute nothing."""

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="result")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    found = models.JSONField()

    def __str__(self) -> str:
        return f"result of review {self.review_id}"
