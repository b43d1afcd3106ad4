"""What schools ask for, what was said and done about it, who was told when it took too long; and how leaders' time goes.

Two purposes: an ordinary request is *improvement* (about a school: asker, owner, principal, director and network read it),
a sensitive one is *safety* (asker, owner and network, nobody else). That a request exists and how long it takes stands
behind the purpose's *dose*, what is said in it behind its *notes*.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked

ORDINARY, SENSITIVE = "improvement", "safety"


@tracked
class Request(models.Model):
    """One thing that a school needs from the network, from asking to the school's own word that it is done."""

    class Urgency(models.TextChoices):
        TODAY = "today", _("Today: work or learning has stopped")
        SOON = "soon", _("This week")
        LATER = "later", _("It can wait")

    class State(models.TextChoices):
        ASKED = "asked", _("nobody has taken it yet")
        TAKEN = "taken", _("taken")
        WAITING = "waiting", _("waiting")
        SOLVED = "solved", _("solved, to be confirmed by the school")
        CONFIRMED = "confirmed", _("confirmed by the school")

    class On(models.TextChoices):
        SCHOOL = "school", _("the school")
        SUPPLIER = "supplier", _("a supplier or contractor")
        DISTRICT = "district", _("the district or the city")
        NETWORK = "network", _("somebody in the network")

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # made by the form: sent twice, kept once
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    kind = models.SlugField(max_length=20, help_text="as in rules.toml")
    urgency = models.CharField(max_length=5, choices=Urgency.choices)
    asker = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    owner = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    waiting_on = models.CharField(max_length=8, choices=On.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="taken, or first answered by the network")
    solved_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    another_way = models.BooleanField(default=False, help_text="done another way; the reason is a line")
    by_school = models.BooleanField(default=False, help_text="the school did it itself: nobody took it off its hands")
    rule = models.CharField(max_length=40, help_text="the pack of service levels that was in force")
    answer_due = models.DateField(help_text="the school day by whose end the first answer was to come")
    solve_due = models.DateField()
    hours = models.DecimalField(max_digits=5, decimal_places=2, help_text="estimate of a leader's hours, by kind")
    hours_low = models.DecimalField(max_digits=5, decimal_places=2)
    hours_high = models.DecimalField(max_digits=5, decimal_places=2)
    hours_said = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="the principal's own number, on confirming"
    )

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-asked_at"]),
            models.Index(fields=["state", "asked_at"]),
            models.Index(fields=["owner", "state"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours_said=None) | models.Q(hours_said__gte=0, hours_said__lte=80),
                name="said_0_to_80_hours",
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked") | models.Q(owner__isnull=False) | models.Q(by_school=True),
                name="what_is_taken_has_an_owner",
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


OPEN = (Request.State.ASKED, Request.State.TAKEN, Request.State.WAITING)


@tracked
class RequestLine(models.Model):
    """One step or one sentence of a request's conversation. Asker and owner stand here too, for its wall."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("asked")
        SAID = "said", _("wrote")
        TAKEN = "taken", _("takes it")
        HANDED = "handed", _("handed it on")
        WAITING = "waiting", _("is waiting")
        SOLVED = "solved", _("solved it")
        ANOTHER_WAY = "another", _("did it another way")
        CONFIRMED = "confirmed", _("confirmed it")
        REOPENED = "reopened", _("opened it again")

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="lines")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    asker = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    text = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["author", "-at"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"line {self.pk}"


class Escalation(models.Model):
    """Somebody was told that a service level was missed: once for each level of each request."""

    class Level(models.TextChoices):
        ANSWER = "answer", _("first answer")
        SOLVE = "solve", _("solution")

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="escalations")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    level = models.CharField(max_length=6, choices=Level.choices)
    told = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    mailed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "level"], name="one_escalation_a_level")]

    def __str__(self) -> str:
        return f"escalation {self.pk}"


ALONE = "coaching"  # a leader's time is nobody else's: author and subject read it, others that a week was shadowed


class Category(models.TextChoices):
    """What a leader's time goes to."""

    CLASSROOMS = "classrooms", _("In classrooms")
    COACHING = "coaching", _("Coaching and feedback")
    MEETINGS = "meetings", _("Meetings")
    FAMILIES = "families", _("Families and students")
    OPERATIONS = "operations", _("Operations")
    OWN = "own", _("Own work")


@tracked
class ShadowWeek(models.Model):
    """A week in which somebody else writes down where a leader's time goes: planned by the leader, as a baseline."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=ALONE)
    leader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    shadow = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField(help_text="a Monday")
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["leader", "begins"], name="shadowed_by_one_a_week"),
            models.CheckConstraint(condition=~models.Q(leader=models.F("shadow")), name="shadowed_by_somebody_else"),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"shadowed week {self.pk}"


@tracked
class TimeBlock(models.Model):
    """Some minutes of a leader's day: typed by the leader, or (with a week) by whoever shadows it."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # made by the form: sent twice, kept once
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=ALONE)
    leader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    recorder = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    week = models.ForeignKey(ShadowWeek, on_delete=models.CASCADE, null=True, blank=True, related_name="blocks")
    began_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=10, choices=Category.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["leader", "began_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=600), name="block_of_1_to_600"),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"block {self.pk}"


class TimeShare(models.Model):
    """What a leader chose to show their director of a shadowed week: minutes by category. Taken back, it is gone."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=ALONE)
    week = models.ForeignKey(ShadowWeek, on_delete=models.CASCADE, related_name="shares")
    leader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    director = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=10, choices=Category.choices)
    own_minutes = models.PositiveIntegerField()
    shadow_minutes = models.PositiveIntegerField()
    shared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["week", "category"], name="one_share_a_category")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"share {self.pk}"


class TimeAggregate(models.Model):
    """Leaders' time in one closed month over a whole network, counted once; without a number where leaders are few."""

    network = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    begins = models.DateField(help_text="first of the month")
    category = models.CharField(max_length=10, choices=Category.choices)
    leaders = models.PositiveIntegerField(help_text="principals in post")
    counted = models.PositiveIntegerField(null=True, help_text="of whom something is known; null: withheld")
    share = models.FloatField(
        null=True, help_text="mean over leaders of the share of their known minutes; null: withheld"
    )
    known = models.FloatField(null=True, help_text="mean share of the month's working hours that is known")
    least = models.PositiveSmallIntegerField(help_text="the smallest group that is shown")
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "begins", "category"], name="one_time_aggregate_a_month"),
            models.CheckConstraint(
                condition=models.Q(share__isnull=True) | models.Q(counted__gte=models.F("least")),
                name="a_small_group_has_no_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.begins:%Y-%m}"
