"""Support, contacts and promises: the dose, open to leaders; never what was said.

What leaders, directors and the network may know of any help is that it happened: who, with whom, when, how long, for
which purpose, whether feedback was closed and promises were kept. That is what `Contact` and `Promise` hold, behind a
wall that opens each purpose's *dose* to whom the purpose × use table opens it; a colleague sees nothing. What was
*said* stands elsewhere, behind the wall of its purpose's *notes*: a visit's words in `instruments`, a contact's in
`ContactWords`, a promise's in `PromiseWords`. So counts need no hole in a wall, and no column has to be kept in step with rows that the counting
person cannot see. The one exception is `Contact.feedback_*`: two dates that `instruments` writes in the transaction in
which it shares or closes feedback.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked


@tracked
class Support(models.Model):
    """A helping relationship: toward what, who leads, how much is planned. The goal is public to the school's leaders."""

    class Kind(models.TextChoices):
        TEACHER_COACHING = "teacher_coaching", _("Coaching of a teacher")
        PRINCIPAL_COACHING = "principal_coaching", _("Coaching of a principal")
        SUPERVISION = "supervision", _("Supervision of a principal")
        CONTENT_CYCLE = "content_cycle", _("Content learning cycle")
        LEADERSHIP_TEAM = "leadership_team", _("Instructional leadership team")
        CONSULTING = "consulting", _("Consulting with a city")
        WORKING_GROUP = "working_group", _("Working group")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    purpose = models.CharField(max_length=12)
    goal = models.CharField(max_length=200, blank=True)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)
    planned_minutes_per_month = models.PositiveSmallIntegerField()
    indicator = models.SlugField(blank=True, default="", db_default="", help_text="key of one of progress")
    template = models.SlugField(blank=True, default="", db_default="", help_text="key of a cycle's template")
    template_version = models.PositiveSmallIntegerField(null=True, blank=True)
    ended_because = models.CharField(max_length=400, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["lead", "begins"]), models.Index(fields=["organization", "kind"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


@tracked
class SupportParticipant(models.Model):
    """Who is supported."""

    support = models.ForeignKey(Support, on_delete=models.CASCADE, related_name="participants")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["support", "person"], name="one_participation_per_support")]

    def __str__(self) -> str:
        return f"participant {self.pk}"


@tracked
class Contact(models.Model):
    """What happened, without a word of what was said: the dose."""

    class Kind(models.TextChoices):
        VISIT = "visit", _("Classroom visit")
        MEETING = "meeting", _("Meeting")
        CALL = "call", _("Phone call")
        SCHOOL_VISIT = "school_visit", _("School visit")
        TEAM = "team", _("Team meeting")
        WORKSHOP = "workshop", _("Workshop or session")
        PLANNING = "planning", _("Planning together")

    token = models.UUIDField(null=True, blank=True, unique=True)  # made by the device on which it was logged
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    support = models.ForeignKey(Support, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts")
    visit = models.OneToOneField(
        "instruments.Visit", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    with_person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    purpose = models.CharField(max_length=12)
    feedback_shared_at = models.DateTimeField(null=True, blank=True)
    feedback_closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-at"]),
            models.Index(fields=["lead", "-at"]),
            models.Index(fields=["with_person", "-at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=600), name="contact_of_1_to_600_minutes"
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"contact {self.pk}"


@tracked
class Promise(models.Model):
    """That somebody promised something by a day, and whether it was kept. The words are in `PromiseWords`."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="promises")
    owner = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_to = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    due = models.DateField()
    kept_at = models.DateTimeField(null=True, blank=True)
    done_another_way = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["owner", "due"]), models.Index(fields=["organization", "due"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"promise {self.pk}"


@tracked
class PromiseWords(models.Model):
    """What was promised, and how it was done instead. Behind the wall of its purpose."""

    promise = models.OneToOneField(Promise, on_delete=models.CASCADE, related_name="words")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    owner = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    made_to = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=400)
    because = models.CharField(max_length=400, blank=True)
    evidence = models.CharField(max_length=400, blank=True, default="", db_default="")

    class Meta:
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"words of promise {self.promise_id}"


@tracked
class ContactPresence(models.Model):
    """One participant's own minutes of a contact, as the lead wrote them and as the participant says.

    A contact without presences had one participant, all of its minutes: `with_person`. With them, they are all of its
    participants. When, what kind and by whom are the contact's, which stays as it was written: a participant who is not
    its `with_person` reads them here, since the contact itself is behind the wall of the two people that it names.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="presences")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    support = models.ForeignKey(Support, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Contact.Kind.choices)
    minutes = models.PositiveSmallIntegerField()
    said_minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # 0: "I was not there"
    said_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]
        constraints = [
            models.UniqueConstraint(fields=["contact", "person"], name="one_presence_per_contact"),
            models.CheckConstraint(
                condition=models.Q(minutes__lte=600)
                & (models.Q(said_minutes__isnull=True) | models.Q(said_minutes__lte=600)),
                name="presence_of_at_most_600_minutes",
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"presence {self.pk}"


class ContactWords(models.Model):
    """What was said: notes addressed to a participant, or their answer. It stays as it is."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="words")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    text = models.CharField(max_length=4000)

    class Meta:
        indexes = [models.Index(fields=["reader", "-written_at"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"words of contact {self.contact_id}"


@tracked
class PlannedContact(models.Model):
    """A contact that is to come: when, with whom, for which purpose, and not a word about what."""

    token = models.UUIDField(unique=True)  # its name in calendars, for as long as it is planned
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    with_person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Contact.Kind.choices)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    sequence = models.PositiveSmallIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    became = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["lead", "at"]), models.Index(fields=["with_person", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=600), name="plan_of_1_to_600_minutes"
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"planned contact {self.pk}"


class CalendarFeed(models.Model):
    """A person's secret address for calendars. Its secret is kept as a hash; a new one ends the one before."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default="survey", help_text="of its wall: only one's own")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=5)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(revoked_at__isnull=True), name="one_open_feed_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
