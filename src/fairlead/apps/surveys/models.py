"""Surveys: an administration of an instrument, its invitations, the sealed ballots, and what was published of them.

    Administration ─► SchoolAsked          where it is asked, and how many answered (counted at closing)
          │
          ├─► Invitation (one link)        who is asked; in an anonymous survey it names nobody
          │       ┆ only when confidential
          ├─► Ballot   SEALED ────────► Response, Answer, Note of `instruments`, all at once when the survey is closed
          │       ┆ only when confidential   ▲
          │     Tie     SEALED ──────────────┘
          ├─► Result                        the published table: what is withheld is not in it
          ├─► ClassResult                   of one class, behind a wall that opens to its teacher alone
          ├─► FamilyNotice                  a letter home with a link: whether the family opted out, never why
          └─► ClassSession                  a class on shared devices: a code for a day, and how many have finished

What keeps an answer from a name, in both modes:

- A ballot is written by one function, and neither it nor a tie can be read or written by the app's login: they have no
  grant for it at all.
- Ballots become responses when the survey is closed, all in one transaction and in random order. So neither a time, nor
  the order of rows, nor the number of the transaction that wrote a row (`xmin`) says which invitation it came from.
- Those responses name no author and no subject, have no time, no language and the same day.
- Groups smaller than the minimum are kept without their class, or as the organization's above: a school with one
  answer is no longer told by its school.

*Confidential*: the ballot, and then the tie, know the invitation, for the next form of the same person (before and
after) and for erasing. *Anonymous*: nothing does; the check constraints below see to it.
"""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked

_FIXED = "what an opened survey was promised to be does not change"


@tracked
class Administration(models.Model):
    """One time that an instrument is put to people: to whom, about what, from when to when, under which promise."""

    class Mode(models.TextChoices):
        CONFIDENTIAL = "confidential", _("confidential")
        ANONYMOUS = "anonymous", _("anonymous")

    class Asked(models.TextChoices):
        STAFF = "staff", _("staff")
        STUDENTS = "students", _("students")
        FAMILIES = "families", _("families")

    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", help_text="whose survey it is"
    )
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=12)
    mode = models.CharField(max_length=12, choices=Mode.choices)
    asked = models.CharField(max_length=8, choices=Asked.choices)
    role = models.CharField(
        max_length=16, blank=True, help_text="staff in this role; empty: all staff of the schools"
    )
    grade_low = models.SmallIntegerField(null=True, blank=True)
    grade_high = models.SmallIntegerField(null=True, blank=True)
    opens_on = models.DateField()
    closes_on = models.DateField(help_text="the last day on which an answer is taken")
    opt_out_until = models.DateField(
        null=True, blank=True, help_text="until then families may keep their child out by the link of their letter"
    )
    words = models.TextField(blank=True, help_text="the school's own words on the slip and above the questions")
    words_es = models.TextField(blank=True)
    made_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="no answer is taken any more")
    counted_at = models.DateTimeField(null=True, blank=True, help_text="the ballots were opened and counted")
    reminders = models.PositiveSmallIntegerField(default=0, help_text="how often was reminded")
    reminded_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=models.F("opens_on")), name="survey_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(counted_at=None) | Q(closed_at__isnull=False), name="survey_is_closed_before_counted"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="promise_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.opened_at IS NOT NULL AND ROW(OLD.organization_id, OLD.version_id, OLD.purpose, OLD.mode,
                       OLD.asked, OLD.role, OLD.grade_low, OLD.grade_high, OLD.opens_on, OLD.opened_at) IS DISTINCT FROM
                       ROW(NEW.organization_id, NEW.version_id, NEW.purpose, NEW.mode,
                       NEW.asked, NEW.role, NEW.grade_low, NEW.grade_high, NEW.opens_on, NEW.opened_at)
                       OR OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at
                       OR OLD.counted_at IS NOT NULL AND NEW.counted_at IS DISTINCT FROM OLD.counted_at THEN
                        RAISE EXCEPTION '{_FIXED}' USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"administration {self.pk}"


class SchoolAsked(models.Model):
    """A school in which a survey is asked. The counts are written once, at closing; one too small to tell stays empty."""

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="schools")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    slips_at = models.DateTimeField(null=True, blank=True, help_text="slips were last printed")
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="links were last sent by e-mail")
    mailed = models.PositiveIntegerField(default=0)
    not_mailed = models.PositiveIntegerField(default=0, help_text="without an address, or refused")
    invited = models.PositiveIntegerField(null=True, blank=True)
    opted_out = models.PositiveIntegerField(null=True, blank=True)
    no_permission = models.PositiveIntegerField(null=True, blank=True)
    declined = models.PositiveIntegerField(
        null=True, blank=True, help_text="said that they would rather not; empty: too few to tell"
    )
    notices_at = models.DateTimeField(null=True, blank=True, help_text="letters to families were last printed")
    answered = models.PositiveIntegerField(
        null=True, blank=True, help_text="empty: not counted yet, or too few to tell"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["administration", "organization"], name="asked_once_a_school")]

    def __str__(self) -> str:
        return f"school asked {self.pk}"


class Invitation(models.Model):
    """One link. It belongs to a person where answers are confidential, and to nobody where they are anonymous.

    Only a keyed hash of its secret is kept: who reads this table opens no link.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("not answered yet")
        ANSWERED = "answered", _("answered")
        DECLINED = "declined", _("does not want to take part")
        OPTED_OUT = "opted_out", _("opted out by the family")
        NO_PERMISSION = "no_permission", _("permission not given")

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="invitations")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    anonymous = models.BooleanField()
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    teacher = models.ForeignKey(
        "roster.Person",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="who taught the section when the survey was opened: about whose class it is",
    )
    state = models.CharField(max_length=13, choices=State.choices, default=State.WAITING)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    mailed = models.BooleanField(default=False, help_text="its secret went out by e-mail")

    class Meta:
        indexes = [models.Index(fields=["administration", "organization", "state"])]
        constraints = [
            models.CheckConstraint(condition=Q(anonymous=False) | Q(person=None), name="anonymous_invites_nobody_by_name"),
            models.UniqueConstraint(
                fields=["administration", "person", "section"], nulls_distinct=False, name="invited_once",
                condition=Q(anonymous=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Ballot(models.Model):
    """A form filled in, sealed until the survey is closed. No time and no number that grows: only a random id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    anonymous = models.BooleanField()
    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    answers = models.JSONField(help_text="by item: level, chosen, number, text, not_observed")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(anonymous=False) | Q(invitation=None), name="anonymous_ballot_keeps_no_link"
            )
        ]

    def __str__(self) -> str:
        return f"ballot {self.pk}"


class Tie(models.Model):
    """Which invitation a confidential response came from. Sealed; whoever erases the person cuts it."""

    response = models.OneToOneField(
        "instruments.Response", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"tie {self.pk}"


class Result(models.Model):
    """One published number: an item or a domain, at one organization. What is withheld is null, here and nowhere hidden."""

    class Part(models.TextChoices):
        ITEM = "item", _("item")
        DOMAIN = "domain", _("domain")

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        BOTTOM = "bottom", _("at most")
        TOP = "top", _("at least")
        VALUE = "value", _("withheld to protect another group")
        FEW = "few", _("not enough answers")

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="results")
    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=6, choices=Part.choices)
    key = models.SlugField()
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=State.choices)
    n = models.PositiveIntegerField(null=True, help_text="people behind it; empty where it may not be told")
    share = models.FloatField(null=True, help_text="of those who answered, who answered well; to a hundredth")
    most = models.FloatField(null=True, help_text="the upper end of what is told: the share itself where it is exact")
    low = models.FloatField(null=True, help_text="95 % interval")
    high = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["administration", "organization", "part", "key"], name="one_result_of_a_survey"
            ),
            models.CheckConstraint(
                condition=~Q(state="few") | Q(n=None, share=None, most=None, low=None, high=None),
                name="too_few_answers_are_not_stored",
            ),
            models.CheckConstraint(
                condition=~Q(state="value") | Q(share=None, most=None, low=None, high=None),
                name="a_withheld_answer_is_not_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"result {self.pk}"


class ClassResult(models.Model):
    """One number of one class, for its teacher: its wall opens it to that person alone, whatever they are asked above.

    A class is told only where its school's own number stands exactly, and together with the other classes of the school
    is protected as one lattice: nobody who knows one class gets a smaller rest by taking it away (`counting`).
    """

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, help_text="of its wall: that of the survey")
    section = models.ForeignKey("roster.Section", on_delete=models.CASCADE, related_name="+")
    teacher = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=6, choices=Result.Part.choices)
    key = models.SlugField()
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=Result.State.choices)
    n = models.PositiveIntegerField(null=True)
    share = models.FloatField(null=True)
    most = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["teacher", "administration"])]
        constraints = [
            models.UniqueConstraint(
                fields=["administration", "section", "part", "key"], name="one_result_of_a_class"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["few", "value"]) | Q(share=None, most=None, low=None, high=None),
                name="what_is_withheld_of_a_class_is_not_stored",
            ),
            models.CheckConstraint(condition=~Q(state="few") | Q(n=None), name="few_of_a_class_are_not_counted"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"class result {self.pk}"


@tracked
class FamilyNotice(models.Model):
    """A letter to the family of one student before a survey: whether they opted out, who wrote it down; never why."""

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="notices")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    opted_out = models.BooleanField(default=False)
    said_at = models.DateTimeField(null=True, blank=True, help_text="the family last said so, or took it back")
    entered_by = models.ForeignKey(
        "roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="from paper or the telephone; empty: by the family's own link",
    )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["administration", "student"], name="one_letter_a_student")]

    def __str__(self) -> str:
        return f"family notice {self.pk}"


class ClassSession(models.Model):
    """A class that answers on shared devices, on one day, behind one code. It knows nobody who answered."""

    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.CASCADE, related_name="+")
    opened_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    day = models.DateField()
    code = models.CharField(max_length=12, unique=True, help_text="of a day: it opens questions and no answer")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["administration", "section"], condition=Q(closed_at=None), name="one_open_session_a_class"
            )
        ]

    def __str__(self) -> str:
        return f"class session {self.pk}"


class Receipt(models.Model):
    """A form of a shared device that has arrived, by the random id that the device made: sent twice, it counts once.

    Sealed; it says neither who nor what, and goes when the survey is counted.
    """

    id = models.UUIDField(primary_key=True)
    administration = models.ForeignKey(Administration, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"receipt {self.pk}"
