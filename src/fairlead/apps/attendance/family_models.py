"""Tables about reaching families: who is calling now, one-time links, what the family answered, what a school chose."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked


@tracked
class FamilySettings(models.Model):
    """What one school chose. A school without a row has the defaults."""

    organization = models.OneToOneField("roster.Organization", on_delete=models.CASCADE, related_name="+")
    remind_at_deadline = models.BooleanField(default=True)
    message_families = models.BooleanField(default=False)
    link_days = models.PositiveSmallIntegerField(default=7)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(link_days__gte=1, link_days__lte=30), name="link_lives_1_to_30_days")
        ]

    def __str__(self) -> str:
        return f"family settings {self.pk}"


class CallClaim(models.Model):
    """Somebody is calling this family now, so that a second clerk calls another. It runs out by itself."""

    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    by = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "date"], name="one_claim_per_student_and_day")]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class FamilyLink(models.Model):
    """A one-time link with which one guardian may explain one absence of one student.

    Only the token's hash is kept: who reads this table cannot open a link.
    """

    class Sent(models.TextChoices):
        BY_HAND = "by_hand", _("given by hand")
        EMAIL = "email", _("sent by e-mail")
        FAILED = "failed", _("e-mail failed")
        BOUNCED = "bounced", _("address refused")

    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    guardian = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    language = models.CharField(max_length=8, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    sent = models.CharField(max_length=8, choices=Sent.choices, default=Sent.BY_HAND)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["student", "date"], name="link_student_date")]

    def __str__(self) -> str:
        return f"family link {self.pk}"


class FamilyAnswer(models.Model):
    """What a guardian wrote through a link. Whether the absence is excused is the school's decision, kept here too."""

    class Reason(models.TextChoices):
        ILLNESS = "illness", _("Illness")
        APPOINTMENT = "appointment", _("Medical or dental appointment")
        BEREAVEMENT = "bereavement", _("A death in the family")
        RELIGION = "religion", _("Religious observance")
        EMERGENCY = "emergency", _("Family emergency")
        LEGAL = "legal", _("Court or another official appointment")
        OTHER = "other", _("Another reason")

    class Decision(models.TextChoices):
        EXCUSED = "excused", _("Accepted: excused")
        UNEXCUSED = "unexcused", _("Accepted: not excused")
        SET_ASIDE = "set_aside", _("Set aside")

    link = models.OneToOneField(FamilyLink, on_delete=models.CASCADE, related_name="answer")
    student = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    guardian = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    date = models.DateField()
    at = models.DateTimeField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    words = models.CharField(max_length=300, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, db_default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "illness",
                        "appointment",
                        "bereavement",
                        "religion",
                        "emergency",
                        "legal",
                        "other",
                    ]
                ),
                name="answer_has_a_known_reason",
            )
        ]
        indexes = [
            models.Index(fields=["student", "date"], name="answer_student_date"),
            models.Index(fields=["organization"], condition=Q(decision=""), name="answer_waiting"),
        ]

    def __str__(self) -> str:
        return f"family answer {self.pk}"
