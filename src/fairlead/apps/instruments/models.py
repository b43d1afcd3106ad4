"""Instruments with immutable versions, and visits: someone was in a room, when, how long, with what.

A visit's words and levels stand behind the wall of its purpose. That it *happened* (date, minutes, whether feedback
was closed) is a row of its own in `support.Contact`, which leaders may read; so this table need never be opened for a
count.
"""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked

# What has been published can be answered, and what can be answered must not change under the answers.
_PUBLISHED = "published versions are immutable: make the next version"
_VERSION_IS_FINAL = pgtrigger.Trigger(
    name="published_is_final",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__published_at__isnull=False),
    func=f"RAISE EXCEPTION '{_PUBLISHED}' USING ERRCODE = 'restrict_violation';",
)


def _part_is_final(table: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="published_is_final",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM instruments_version v WHERE v.published_at IS NOT NULL
                AND v.id IN (
                    CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.version_id END,
                    CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.version_id END
                )
            ) THEN
                RAISE EXCEPTION '{_PUBLISHED} ({table})' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,  # noqa: S608
    )


def _spanish() -> bool:
    return (get_language() or "").startswith("es")


class Instrument(models.Model):
    """A rubric, survey, review or scorecard. Its licence and restrictions of use are data, and are enforced."""

    class Kind(models.TextChoices):
        RUBRIC = "rubric", _("rubric")

    key = models.SlugField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    about = models.TextField(blank=True)
    about_es = models.TextField(blank=True)
    licence = models.CharField(max_length=120)
    restrictions = models.JSONField(default=dict, help_text='{"purposes": […], "because": "…", "because_es": "…"}')

    def __str__(self) -> str:
        return self.name_es if _spanish() else self.name

    def allows(self, purpose: str) -> bool:
        """Whether the instrument may be used for this purpose."""
        return purpose in self.restrictions.get("purposes", [purpose])

    @property
    def because(self) -> str:
        """Why its use is restricted."""
        return str(self.restrictions.get("because_es" if _spanish() else "because", ""))


class Version(models.Model):
    """One wording of an instrument. Once published it is final; versions are never averaged."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instrument", "number"], name="one_version_per_number")]
        triggers = [_VERSION_IS_FINAL]

    def __str__(self) -> str:
        return f"{self.instrument} {self.number}"


class Domain(models.Model):
    """A group of items."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="domains")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)

    class Meta:
        ordering = ["position"]
        triggers = [_part_is_final("domain")]

    def __str__(self) -> str:
        return self.name_es if _spanish() else self.name


class Item(models.Model):
    """One question. A rating has an anchor in words for each level, lowest first; a text has none."""

    class Kind(models.TextChoices):
        RATING = "rating", _("rating")
        TEXT = "text", _("text")

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="items")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="items")
    key = models.SlugField()
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    prompt = models.TextField()
    prompt_es = models.TextField()
    anchors = models.JSONField(default=list, help_text='[{"name": …, "name_es": …, "text": …, "text_es": …}]')

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_item_per_key")]
        triggers = [_part_is_final("item")]

    def __str__(self) -> str:
        return self.name_es if _spanish() else self.name

    @property
    def question(self) -> str:
        return self.prompt_es if _spanish() else self.prompt

    @property
    def levels(self) -> list[tuple[int, str, str]]:
        """(level, name, anchor) in the reader's language, lowest first."""
        es = "_es" if _spanish() else ""
        return [(i, a[f"name{es}"], a[f"text{es}"]) for i, a in enumerate(self.anchors, start=1)]


@tracked
class Visit(models.Model):
    """Someone was in a room. `shared_at` opens it to the subject; `closed_at` says that the feedback is closed."""

    token = models.UUIDField(
        unique=True,
        default=uuid.uuid4,
        editable=False,
        help_text="made by the form: a second arrival is no second visit",
    )
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    visitor = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    section = models.ForeignKey("roster.Section", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    began_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.TextField(blank=True)
    feedback = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.TextField(blank=True, help_text="when the feedback was given another way")

    class Meta:
        indexes = [
            models.Index(fields=["visitor", "-began_at"]),
            models.Index(fields=["subject", "-began_at"]),
            models.Index(fields=["organization", "-began_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=240), name="visit_of_1_to_240_minutes"
            ),
            models.CheckConstraint(condition=~models.Q(visitor=models.F("subject")), name="nobody_visits_themself"),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"visit {self.pk}"


@tracked
class ItemRating(models.Model):
    """The answer to one item in one visit. Purpose, people and organization are the visit's: the wall reads them here."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="ratings")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    visitor = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    not_observed = models.BooleanField(default=False)
    evidence = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "item"], name="one_rating_per_item"),
            models.CheckConstraint(
                condition=~models.Q(level__isnull=False, not_observed=True), name="a_level_or_not_observed"
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"rating {self.pk}"
