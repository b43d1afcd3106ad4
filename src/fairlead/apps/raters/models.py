"""How well people rate: cases with agreed levels, visits seen by two, and what both say of a rater.

    CalibrationSet ─► CalibrationCase ─► Response (part *standard*)          no child, no teacher in them
           ▲                 ▲
        Attempt ───────► AttemptCase ──► Response (part *calibration*)       by one rater
    SecondDraw ─► SecondLook ─► Visit's own Response and one of part *second* ─► RatedTwice

Levels stay in the tables of `instruments`, behind the purpose *calibration* or the visit's own. `AgreedWith` and
`Together` are what the worker has counted from them: a page reads a row and computes nothing. The first is about one
rater and stands behind the purpose of what it was counted from; the second names nobody.
"""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked
from fairlead.apps.instruments.words import in_words

CALIBRATION = "calibration"
_FINAL = "a published set is final: make another"


@tracked
class CalibrationSet(models.Model):
    """Cases of one version with agreed levels. `rule` says what passes, as `rules` reads it. Published, it is final."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    name_es = models.CharField(max_length=80, blank=True)
    rule = models.JSONField(default=dict)
    reused = models.BooleanField(default=True, help_text="used again by others: the agreed levels are never shown")
    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "version", "name"], name="one_calibration_set_per_name")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__published_at__isnull=False)
                & (
                    pgtrigger.Q(old__rule__df=pgtrigger.F("new__rule"))
                    | pgtrigger.Q(old__version__df=pgtrigger.F("new__version"))
                    | pgtrigger.Q(old__reused__df=pgtrigger.F("new__reused"))
                ),
                func=f"RAISE EXCEPTION '{_FINAL}' USING ERRCODE = 'restrict_violation';",
            )
        ]

    def __str__(self) -> str:
        return in_words(self.name, self.name_es)


class CalibrationCase(models.Model):
    """One lesson to rate: its script, a picture or page, or where it can be seen. Invented or agreed to; no child's data."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    calibration_set = models.ForeignKey(CalibrationSet, on_delete=models.CASCADE, related_name="cases")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    title_es = models.CharField(max_length=120, blank=True)
    script = models.TextField(blank=True)
    script_es = models.TextField(blank=True)
    link = models.URLField(blank=True, max_length=500)
    media_type = models.CharField(max_length=40, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    content = models.BinaryField(null=True)
    standard = models.ForeignKey(
        "instruments.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["calibration_set", "position"], name="one_case_per_position")]
        triggers = [
            pgtrigger.Trigger(
                name="published_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF EXISTS (
                        SELECT 1 FROM raters_calibrationset s WHERE s.published_at IS NOT NULL
                        AND s.id IN (
                            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.calibration_set_id END,
                            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.calibration_set_id END
                        )
                    ) THEN
                        RAISE EXCEPTION '{_FINAL}' USING ERRCODE = 'restrict_violation';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,  # noqa: S608
            )
        ]

    def __str__(self) -> str:
        return in_words(self.title, self.title_es)

    @property
    def words(self) -> str:
        return in_words(self.script, self.script_es)


class Attempt(models.Model):
    """One rater's way through a set. `result` is written by the worker when all cases are in, as `judging` says."""

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=CALIBRATION)
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    calibration_set = models.ForeignKey(CalibrationSet, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    passed = models.BooleanField(null=True)
    result = models.JSONField(default=dict)
    certificate = models.ForeignKey(
        "instruments.Certificate", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["person", "-begun_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "calibration_set"],
                condition=models.Q(submitted_at=None),
                name="one_open_attempt_per_set",
            )
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class AttemptCase(models.Model):
    """A case of an attempt that has been rated: which response it is."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=CALIBRATION)
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="cases")
    case = models.ForeignKey(CalibrationCase, on_delete=models.PROTECT, related_name="+")
    response = models.OneToOneField("instruments.Response", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "case"], name="a_case_is_rated_once")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"case {self.case_id} of attempt {self.attempt_id}"


class SecondDraw(models.Model):
    """A draw of visits that a second rater joins: committed to first, then drawn from the list as it stands that day."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, help_text="of the visits")
    wall = models.CharField(
        max_length=12,
        default=CALIBRATION,
        help_text="its own purpose: a rater does not read the seed before the draw",
    )
    begins = models.DateField()
    ends = models.DateField()
    share = models.FloatField(help_text="of each rater's teachers")
    commitment = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    seed = models.CharField(max_length=64)
    salt = models.CharField(max_length=64)
    drawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("begins")), name="a_draw_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(share__gt=0, share__lt=1), name="a_draw_takes_a_part"),
        ]

    def __str__(self) -> str:
        return f"draw {self.pk}"


@tracked
class SecondLook(models.Model):
    """One ticket of a draw: a rater and a teacher. Drawn, it asks the second rater along on the rater's next visit."""

    class Refused(models.TextChoices):
        TEACHER = "teacher", _("the teacher would rather not")
        NO_VISIT = "no_visit", _("there was no visit in this time")
        NO_SECOND = "no_second", _("no second rater could come")
        OTHER = "other", _("another reason")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    draw = models.ForeignKey(SecondDraw, on_delete=models.CASCADE, related_name="looks")
    rater = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    begins = models.DateField(help_text="this and the version as the draw says: a rater does not read the draw")
    ends = models.DateField()
    position = models.PositiveIntegerField(help_text="in the order of the draw among the rater's teachers; 0 first")
    drawn = models.BooleanField()
    visit = models.ForeignKey("instruments.Visit", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    response = models.OneToOneField(
        "instruments.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    refused_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=10, choices=Refused.choices, blank=True)

    class Meta:
        indexes = [models.Index(fields=["second", "refused_at"]), models.Index(fields=["rater"])]
        constraints = [models.UniqueConstraint(fields=["draw", "rater", "subject"], name="one_ticket_per_pair")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"look {self.pk}"


class RatedTwice(models.Model):
    """A visit whose two responses are both in. Both raters are its authors: each may read the other's levels, no words."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    look = models.OneToOneField(SecondLook, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    rater = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    levels = models.JSONField(help_text="by item: the first rater's and the second's; empty where it was not seen")

    class Meta:
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"rated twice {self.pk}"


class Basis(models.TextChoices):
    """From what a number about raters was counted."""

    CASES = "cases", _("calibration cases")
    VISITS = "visits", _("visits scored twice")


class AgreedWith(models.Model):
    """What is known of one rater with one version: counted by the worker, shown with `behind`, the number it rests on."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, help_text="of what it was counted from")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=6, choices=Basis.choices)
    behind = models.PositiveIntegerField(help_text="visits scored twice, or cases")
    numbers = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person", "version", "basis", "purpose"], name="one_count_per_rater"
            )
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class Together(models.Model):
    """All raters of a network with one version together; it names nobody."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, help_text="of what it was counted from")
    version = models.ForeignKey("instruments.Version", on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=6, choices=Basis.choices)
    behind = models.PositiveIntegerField()
    raters = models.PositiveIntegerField()
    numbers = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "version", "basis", "purpose"], name="one_count_of_all_raters"
            )
        ]

    def __str__(self) -> str:
        return f"agreement of all {self.pk}"


class EndNotice(models.Model):
    """A rater has been told that a certificate ends soon; once for each."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    certificate = models.OneToOneField("instruments.Certificate", on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"notice {self.pk}"
