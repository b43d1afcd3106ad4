"""When a school meets and when its rolls are due: calendar, bells, meetings, deadlines.

The network's `SchoolDay`s say which days are school days. A school's `CalendarDay` says what is different there on one
date. Which bells ring is found in this order: the day's own schedule, the schedule of that weekday. All times are the
school's local times; `late_minutes` moves the whole day.
"""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked


@tracked
class RollPolicy(models.Model):
    """How a school takes attendance. Without a row: one roll a homeroom a day, due at the organization's `roll_due`."""

    class Mode(models.TextChoices):
        DAY = "day", _("once a day, in each homeroom")
        HOMEROOM = "homeroom", _("in the homeroom's period, when it meets")
        PERIOD = "period", _("every period, in each section that meets")

    organization = models.OneToOneField("roster.Organization", on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.DAY)
    due_at = models.TimeField(null=True, blank=True, help_text="mode day: the time by which rolls are due")
    due_minutes = models.SmallIntegerField(
        default=10, validators=[MinValueValidator(0), MaxValueValidator(120)],
        help_text="other modes: minutes after the period begins",
    )  # fmt: skip
    absent_share = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.5"), db_default=Decimal("0.5"),
        help_text="a student is absent on a day when absent in at least this share of the periods submitted",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(absent_share__gt=0, absent_share__lte=1), name="share_is_a_share"),
            models.CheckConstraint(condition=Q(due_minutes__range=(0, 120)), name="due_within_two_hours"),
        ]

    def __str__(self) -> str:
        return f"rolls of {self.organization_id}: {self.mode}"


@tracked
class RollMode(models.Model):
    """From `begins` on the school takes attendance this way; before the first of these, as its `RollPolicy` says."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    begins = models.DateField()
    mode = models.CharField(max_length=8, choices=RollPolicy.Mode.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "begins"], name="one_roll_mode_per_day")]

    def __str__(self) -> str:
        return f"{self.mode} from {self.begins.isoformat()}"


class Period(models.Model):
    """A part of a school's day with a name of its own: "1", "Homeroom", "Lunch". When it rings is the schedule's."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=30)
    position = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_period_of_a_name")]

    def __str__(self) -> str:
        return self.name


class BellSchedule(models.Model):
    """A named order of bells. It rings on its `weekdays` (1 is Monday), and on days whose calendar names it."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    weekdays = ArrayField(models.SmallIntegerField(), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_bell_schedule_of_a_name")]

    def __str__(self) -> str:
        return self.name


class BellTime(models.Model):
    """When one period begins and ends by one schedule; a period without a time does not take place that day."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    schedule = models.ForeignKey(BellSchedule, on_delete=models.CASCADE, related_name="times")
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+")
    begins = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "period"], name="one_time_per_schedule_and_period"),
            models.CheckConstraint(condition=Q(begins__lt=F("ends")), name="bell_begins_before_it_ends"),
        ]

    def __str__(self) -> str:
        return f"bell {self.pk}"


class SectionMeeting(models.Model):
    """A section meets in a period: on a weekday (1 is Monday), on days of a type (A, B), or, with neither, every day."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.CASCADE, related_name="meetings")
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+")
    weekday = models.SmallIntegerField(null=True, blank=True)
    day_type = models.CharField(max_length=10, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["section", "period", "weekday", "day_type"],
                nulls_distinct=False,
                name="one_meeting_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(weekday__isnull=True) | Q(weekday__range=(1, 7)), name="weekday_from_monday_to_sunday"
            ),
        ]
        indexes = [models.Index(fields=["organization", "period"], name="meeting_organization_period")]

    def __str__(self) -> str:
        return f"meeting {self.pk}"


@tracked
class CalendarDay(models.Model):
    """What is different at one school on one date."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("as in the network")
        CLOSED = "closed", _("closed")
        EXTRA = "extra", _("extra school day")

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.NETWORK)
    schedule = models.ForeignKey(BellSchedule, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    late_minutes = models.SmallIntegerField(default=0)
    day_type = models.CharField(max_length=10, blank=True)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "date"], name="one_calendar_day_per_date"),
            models.CheckConstraint(condition=Q(late_minutes__range=(0, 360)), name="late_by_six_hours_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.date.isoformat()} {self.kind}"
