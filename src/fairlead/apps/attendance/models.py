"""Attendance's tables. Three values: present, absent, and *not submitted* – an expected roll that nobody has sent."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked
from fairlead.apps.attendance.family_models import CallClaim, FamilyAnswer, FamilyLink, FamilySettings

__all__ = [
    "SETTLED", "AttendanceMark", "CallClaim", "FamilyAnswer", "FamilyContact", "FamilyLink", "FamilySettings",
    "Reminder", "Roll",
]  # fmt: skip


@tracked
class Roll(models.Model):
    """The expectation that a section's attendance is submitted on a day (in a period of it) by a moment.

    `period` is empty where a roll is taken once a day. `taken_at` is when its taker says it was taken, if not at once.
    `submitted_at` is the time the first submission was received; it decides timeliness and never moves.
    A later submission is an amendment: it leaves its time and person here and the former marks in the history.
    """

    class Source(models.TextChoices):
        DESK = "desk", _("teacher's page")
        SUBSTITUTE = "substitute", _("substitute's link")
        PAPER = "paper", _("paper, typed in by the office")
        FILE = "file", _("file of a device, loaded by the office")

    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    section = models.ForeignKey("roster.Section", on_delete=models.PROTECT, related_name="+", db_index=False)
    date = models.DateField()
    period = models.ForeignKey("roster.Period", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    amended_at = models.DateTimeField(null=True, blank=True)
    amended_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source.choices, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    amended_source = models.CharField(max_length=10, choices=Source.choices, blank=True, default="", db_default="")
    substitute = models.ForeignKey(
        "attendance.SubstituteLink", on_delete=models.SET_NULL, null=True, blank=True, related_name="rolls_taken"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["section", "date", "period"], nulls_distinct=False, name="one_roll_per_section_date_period"
            ),
            models.CheckConstraint(
                condition=Q(amended_at__isnull=True) | Q(submitted_at__isnull=False),
                name="amended_only_when_submitted",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "date"], name="roll_organization_date"),
            models.Index(fields=["organization", "date"], condition=Q(period__isnull=False), name="roll_by_period"),
        ]

    def __str__(self) -> str:
        return f"roll {self.pk}"


@tracked
class SubstituteLink(models.Model):
    """A link by which a substitute takes one teacher's rolls of one day without an account.

    Only hashes are kept: of the link's secret, and of the secret given to the one browser that opened it first.
    With `roll` it opens that roll alone.
    """

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    teacher = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    roll = models.ForeignKey(Roll, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    date = models.DateField()
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    browser_hash = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "date"], name="substitute_organization_date")]

    def __str__(self) -> str:
        return f"substitute's link {self.pk}"


@tracked
class AttendanceMark(models.Model):
    """One student on one submitted roll. There is no mark for "not submitted": then the mark is missing."""

    class Status(models.TextChoices):
        PRESENT = "present", _("Present")
        ABSENT = "absent", _("Absent")

    class Reason(models.TextChoices):
        EXCUSED = "excused", _("Excused")
        UNEXCUSED = "unexcused", _("Unexcused")

    roll = models.ForeignKey(Roll, on_delete=models.CASCADE, related_name="marks", db_index=False)
    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    date = models.DateField()
    status = models.CharField(max_length=8, choices=Status.choices)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    explained_at = models.DateTimeField(null=True, blank=True)
    explained_by = models.ForeignKey(
        "roster.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    explanation = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["roll", "student"], name="one_mark_per_roll_and_student"),
            models.CheckConstraint(condition=Q(status__in=["present", "absent"]), name="mark_is_present_or_absent"),
            models.CheckConstraint(
                condition=Q(status="absent") | Q(reason="", explained_at__isnull=True, explanation=""),
                name="only_an_absence_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "date"], name="mark_organization_date"),
            # one student's year is read without the table itself: days in a row, share of days absent
            models.Index(fields=["student", "date"], include=["status", "organization"], name="mark_student_date"),
            models.Index(fields=["explained_by"], condition=Q(explained_by__isnull=False), name="mark_explained_by"),
        ]

    def __str__(self) -> str:
        return f"mark {self.pk}"


class Arrival(models.Model):
    """One taking of a roll as a device sent it: append-only, named by the device itself, so that it counts once.

    `taken_at` is when it was taken, corrected by how far the device's clock was off when it sent; `received_at`
    decides timeliness. `payload` keeps the marks as they came (student ids, never names), whatever became of them.
    """

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        AMENDED = "amended", _("Amended the roll")
        DUPLICATE = "duplicate", _("Said nothing new")
        SUPERSEDED = "superseded", _("Kept beside a later one")
        REFUSED = "refused", _("Refused")

    class Reason(models.TextChoices):
        INCOMPLETE = "incomplete", _("not everyone has a mark")
        CLASS_LIST = "class_list", _("the class list has changed since")
        MARK = "mark", _("a mark is neither present nor absent")
        NOT_YET = "not_yet", _("the roll is for a later day")

    id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    roll = models.ForeignKey(Roll, on_delete=models.CASCADE, related_name="arrivals")
    person = models.ForeignKey(
        "roster.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    device = models.UUIDField()
    claimed_at = models.DateTimeField()
    clock_offset = models.BigIntegerField()  # seconds to add to the device's clock
    clock_off = models.BooleanField()
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    payload = models.JSONField()
    loaded_by = models.ForeignKey(
        "roster.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False,
        help_text="who loaded it from an exported file, when the device did not send it itself",
    )  # fmt: skip
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    changed = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"arrival {self.pk}"

    @property
    def waited(self) -> bool:
        """Whether it was taken some time before it came: then both times are worth showing."""
        return self.clock_off or self.received_at - self.taken_at > timedelta(minutes=2)


class Reminder(models.Model):
    """Somebody asked for a roll that was missing; at the deadline Fairlead itself, once (`automatic`, nobody's name)."""

    NOBODY = "Fairlead"  # who asks when it asks by itself

    class Channel(models.TextChoices):
        IN_APP = "in_app", _("on the teacher's page")
        EMAIL = "email", _("on the teacher's page and by e-mail")

    class Email(models.TextChoices):
        WAITING = "waiting", _("e-mail waits")
        SENT = "sent", _("e-mail sent")
        NOT_NEEDED = "not_needed", _("not sent: the roll came first")
        FAILED = "failed", _("e-mail failed")
        BOUNCED = "bounced", _("address refused")

    roll = models.ForeignKey(Roll, on_delete=models.CASCADE, related_name="reminders")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    automatic = models.BooleanField(default=False, db_default=False)
    email_state = models.CharField(max_length=10, choices=Email.choices, blank=True, db_default="")
    email_at = models.DateTimeField(null=True, blank=True)
    email_error = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roll"], condition=Q(automatic=True), name="one_automatic_reminder_per_roll"
            )
        ]

    @property
    def by_name(self) -> str:
        """Who asked, in words: a person, or Fairlead by itself."""
        return self.sent_by.name if self.sent_by else self.NOBODY

    def __str__(self) -> str:
        return f"reminder {self.pk}"


@tracked
class FamilyContact(models.Model):
    """A try to reach a student's family about one day, with its outcome. Any way of reaching them counts."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        LEFT_MESSAGE = "left_message", _("Left a message")
        NO_ANSWER = "no_answer", _("No answer")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        EXPLAINED = "explained", _("Explained")
        OTHER_WAY = "other_way", _("Done another way")

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone")
        TEXT = "text", _("Text message, by hand")
        IN_PERSON = "in_person", _("In person")
        LETTER = "letter", _("Letter")
        LINK = "link", _("The family's own link")
        OTHER = "other", _("Another way")

    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    date = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    guardian = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    note = models.CharField(max_length=300, blank=True)
    channel = models.CharField(
        max_length=10, choices=Channel.choices, default=Channel.PHONE, db_default=Channel.PHONE
    )
    language = models.CharField(max_length=8, blank=True, db_default="", help_text="the language spoken")
    interpreter = models.BooleanField(default=False, db_default=False)
    return_on = models.DateField(null=True, blank=True, help_text="when the family says the student is back")
    phone = models.CharField(max_length=30, blank=True, db_default="", help_text="the number that was wrong")

    class Meta:
        indexes = [
            models.Index(fields=["guardian", "at"], condition=Q(outcome="wrong_number"), name="contact_wrong_number"),
            models.Index(fields=["organization", "date"], name="contact_organization_date"),
            models.Index(fields=["student", "date"], name="contact_student_date"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


# Outcomes after which the family knows, or has been left word: the student leaves the list of calls to make.
SETTLED = ("reached", "left_message", "explained", "other_way")

from fairlead.apps.attendance.aggregate_models import (  # noqa: E402, F401  (Django looks for models here)
    CityDataset,
    CityDaySubmission,
    CityMeasure,
    CityMeasureValue,
    CitySchool,
    SchoolDayAggregate,
    SchoolYearSubmission,
    SectionTaken,
)
