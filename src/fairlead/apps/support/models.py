"""Support, contacts and promises: the dose, open to leaders; never what was said.

What leaders, directors and the network may know of any help is that it happened: who, with whom, when, how long, for
which purpose, whether feedback was closed and promises were kept. That is what `Contact` and `Promise` hold, behind a
wall that opens each purpose's *dose* to whom the purpose × use table opens it; a colleague sees nothing. What was
*said* stands elsewhere, behind the wall of its purpose's *notes*: a visit's words in `instruments`, a promise's words
in `PromiseWords`. So counts need no hole in a wall, and no column has to be kept in step with rows that the counting
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

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    purpose = models.CharField(max_length=12)
    goal = models.CharField(max_length=200, blank=True)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)
    planned_minutes_per_month = models.PositiveSmallIntegerField()

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

    class Meta:
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"words of promise {self.promise_id}"
