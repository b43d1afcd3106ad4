"""Professional learning: a programme, its sessions, who was invited, who was there for how long; what it cost, and what tells
whether it did anything.

    Programme ─► Session ─► Attendance    minutes of one person, behind the wall of *improvement*'s dose
        ├─────► Invitation                to whom it was offered, from which day
        ├─────► Ingredient                what was used, at which price
        ├─────► Measured                  what stands for one of five levels; none: not measured
        └─────► Counted                   what the worker counted over all of it, small groups protected
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked

PURPOSE = "improvement"


@tracked
class Programme(models.Model):
    """What is learned together: what, for whom, toward what, by whom offered, from when to when."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    topic = models.CharField(max_length=120)
    for_whom = models.CharField(max_length=200)
    goal = models.CharField(max_length=500)
    begins = models.DateField()
    ends = models.DateField()
    made_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=models.F("begins")), name="a_programme_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Session(models.Model):
    """One meeting of a programme. Its code is worked out from the session and `renewed`; it stands in no table."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="sessions")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    begins_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=120, blank=True)
    online = models.BooleanField(default=False)
    about = models.CharField(max_length=200, blank=True)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    renewed = models.PositiveSmallIntegerField(default=0, help_text="how often the code was made anew")

    class Meta:
        indexes = [models.Index(fields=["organization", "begins_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=600), name="a_session_is_5_to_600_minutes"
            )
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


@tracked
class Invitation(models.Model):
    """To whom a programme is offered; sessions before `since` were not offered to them."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="invitations")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    since = models.DateField()
    walked_in = models.BooleanField(default=False, help_text="came without having been invited")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "person"], name="offered_once")]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


@tracked
class Attendance(models.Model):
    """Somebody's minutes in one session, how that was said, and by whom. Who led it stands here too, for its wall."""

    class Way(models.TextChoices):
        CODE = "code", _("typed the code")
        QR = "qr", _("scanned the code")
        PAPER = "paper", _("signed on paper")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="attendance")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=PURPOSE)
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=5, choices=Way.choices)
    entered_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    not_there_at = models.DateTimeField(null=True, blank=True, help_text="the person said: I was not there")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="there_once")]
        indexes = [models.Index(fields=["person", "session"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class WrongCode(models.Model):
    """A code that fitted no session: too many of them in a short time, and a person has to wait."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]

    def __str__(self) -> str:
        return f"wrong code {self.pk}"


@tracked
class Ingredient(models.Model):
    """One thing that the programme used: quantity × price, each with its source and its date."""

    class Kind(models.TextChoices):
        PARTICIPANTS = "participants", _("Participants' time")
        COACHES = "coaches", _("Coaches")
        FACILITATORS = "facilitators", _("Facilitators")
        SUBSTITUTES = "substitutes", _("Substitutes")
        STIPENDS = "stipends", _("Stipends")
        MATERIALS = "materials", _("Materials")
        TRAVEL = "travel", _("Travel")
        ROOMS = "rooms", _("Rooms")
        SALARY = "salary", _("Salary increases from credits and degrees")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="ingredients")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=120)
    quantity = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="empty: hours from the sign-ins"
    )
    unit = models.CharField(max_length=30)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    paid_by = models.CharField(max_length=80)
    quantity_source = models.CharField(max_length=200)
    price_source = models.CharField(max_length=200)
    priced_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0) & (Q(quantity=None) | Q(quantity__gte=0)), name="costs_are_not_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=False) | Q(kind="participants"), name="only_hours_come_from_sign_ins"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Measured(models.Model):
    """What stands for one of the five levels. What it names is read by its own app, as far as whoever asks may read it."""

    class Level(models.IntegerChoices):
        REACTIONS = 1, _("Reactions")
        LEARNING = 2, _("Learning")
        SUPPORT = 3, _("Organizational support")
        USE = 4, _("Use of what was learned")
        OUTCOMES = 5, _("Student outcomes")

    class Source(models.TextChoices):
        SURVEY = "survey", _("a survey")
        GROWTH = "growth", _("growth between two surveys")
        DIAGNOSIS = "diagnosis", _("a diagnosis of schools")
        VISITS = "visits", _("visits before and after")
        INDICATOR = "indicator", _("an indicator")
        FINDING = "finding", _("a finding of a registered plan")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="measured")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    reference = models.CharField(max_length=60, help_text="key or number of what it names, in its app")
    until = models.DateField(null=True, blank=True, help_text="of visits: the last day of the earlier time")
    since = models.DateField(null=True, blank=True, help_text="of visits: the first day of the later time")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "level", "source", "reference"], name="a_level_is_tied_once"
            ),
            models.CheckConstraint(
                condition=Q(source="visits", until__isnull=False, since__gt=models.F("until"))
                | (~Q(source="visits") & Q(until=None, since=None)),
                name="visits_are_of_two_times",
            ),
        ]

    def __str__(self) -> str:
        return f"level {self.level} of programme {self.programme_id}"


class Counted(models.Model):
    """What was counted over the whole programme, as far as everybody may know it who may know the programme."""

    class What(models.TextChoices):
        DOSE = "dose", _("minutes had of minutes offered")
        PRACTICE = "practice", _("whose practice changed between visits")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="counted")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    reference = models.CharField(max_length=60, blank=True)
    counted_at = models.DateTimeField()
    found = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "what", "reference"], name="counted_once")]

    def __str__(self) -> str:
        return f"{self.what} of programme {self.programme_id}"
