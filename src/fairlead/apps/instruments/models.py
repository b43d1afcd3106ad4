"""Instruments and what they are answered with: one engine for rubrics, surveys, assessments, reviews and scorecards.

The shape, from the wording down to one answer:

    Instrument ─► Version ─► Domain ─► Item          the catalogue: no person in it
                     │                   ▲
                     ▼                   │
    Visit ─────► Response ─► Answer ─────┘           a version, answered by `author`, about `subject`
                     ├─────► Note                    its words: an answer in words, evidence tagged to items
                     └─────► Attachment              its pictures and files

*Instrument* carries licence and restrictions; `policy` enforces them, and every use asks it. A *Version* is one wording
(or one form: *before*, *after*); once published it is final, and an `Item` says by `same_as` which item of an earlier
version it repeats unchanged: the anchors by which scores are linked. Scores of different versions are never averaged.

*Response* is one form filled in, whatever it is about: a visit (its own response has the visit's token as its id, a
second rater's hangs on the same visit), a survey, an assessment, a school. What later rooms add (an administration, an
assignment under review) refers to a response or is referred to by it; the walls and answers stay as they are.

- Numbers and words stand behind different walls: *Response* and *Answer* behind the wall of *scores*, *Note* and
  *Attachment* behind that of *notes*. Organization, purpose, author and subject are the response's, repeated in every row,
  since a wall reads its own row only.
- `author` and `subject` may be empty. About a school or a class there is no subject: `organization` and `section` say it.
  Answers of a survey name no subject either, for a subject may read every row about themself.
- Answers of a survey, *confidential* or *anonymous*, name no author either, for whoever tells PostgreSQL who they are
  reads their own rows: they come by `nameless`, with no time, no language and no order. What ties a confidential one to
  its invitation is sealed in `surveys`; nothing ties an *anonymous* one, and PostgreSQL refuses a row that tries to.

A visit's words and levels stand behind the wall of its purpose. That it *happened* (date, minutes, whether feedback
was closed) is a row of its own in `support.Contact`, which leaders may read; so this table need never be opened for a
count.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked
from fairlead.apps.instruments.words import in_words

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


# A certificate is given by whoever trains raters, or by the worker for a calibration passed; never by its holder.
_NOBODY_CERTIFIES_THEMSELF = pgtrigger.Trigger(
    name="nobody_certifies_themself",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF current_user = 'fairlead_app' AND nullif(current_setting('fairlead.person', true), '')::bigint IN (
            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.person_id END,
            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.person_id END
        ) THEN
            RAISE EXCEPTION 'nobody certifies themself' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    """,
)


# A key of a domain or item: it is a column in files and a name in results, so it is one in every tool.
KEY = RegexValidator(r"^[a-z][a-z0-9_-]{0,49}\Z", _("Small letters, digits, “-” and “_”; a letter first."))


def said_at(at: datetime | None, text: str) -> str:
    """A line of a script as it is read: its minute, then its words."""
    return f"{timezone.localtime(at):%H:%M} – {text.strip()}" if at else text.strip()


class Instrument(models.Model):
    """A rubric, survey, review or scorecard. Its licence and restrictions of use are data, enforced by `policy`."""

    class Kind(models.TextChoices):
        OBSERVATION = "observation", _("observation")
        WALKTHROUGH = "walkthrough", _("walkthrough")
        STUDENT_SURVEY = "student_survey", _("student survey")
        KNOWLEDGE = "knowledge", _("knowledge assessment")
        BELIEFS = "beliefs", _("teacher beliefs")
        ASSIGNMENT_REVIEW = "assignment_review", _("assignment review")
        CONDITIONS = "conditions", _("enabling conditions")
        LEADERSHIP_TEAM = "leadership_team", _("leadership team review")
        APPRAISAL = "appraisal", _("appraisal rubric")
        SELECTION = "selection", _("selection scorecard")
        CITY_READINESS = "city_readiness", _("city readiness")

    key = models.SlugField(unique=True, validators=[KEY])
    kind = models.CharField(max_length=20, choices=Kind.choices)
    organization = models.ForeignKey(
        "roster.Organization",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="whose it is: there and below it is offered; empty: brought along by Fairlead",
    )
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120, blank=True)
    about = models.TextField(blank=True)
    about_es = models.TextField(blank=True)
    licence = models.CharField(max_length=120)
    source = models.CharField(max_length=250, blank=True, help_text="who wrote it, where it is found")
    restrictions = models.JSONField(default=dict, help_text="as `policy.Restrictions` reads them")
    retired_at = models.DateTimeField(null=True, blank=True, help_text="no longer offered; what was answered stays")

    def __str__(self) -> str:
        return in_words(self.name, self.name_es)

    @property
    def description(self) -> str:
        return in_words(self.about, self.about_es)


class Version(models.Model):
    """One wording of an instrument, or one of its forms. Once published it is final; versions are never averaged."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    form = models.SlugField(
        blank=True, validators=[KEY], help_text="one of several forms in use side by side: before"
    )
    form_name = models.CharField(max_length=60, blank=True)
    form_name_es = models.CharField(max_length=60, blank=True)
    notes = models.TextField(blank=True, help_text="what is new in this version, and why")
    notes_es = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instrument", "number"], name="one_version_per_number")]
        triggers = [_VERSION_IS_FINAL]

    def __str__(self) -> str:
        form = in_words(self.form_name, self.form_name_es)
        return f"{self.instrument} {self.number}" + (f" ({form})" if form else "")

    @property
    def what_is_new(self) -> str:
        return in_words(self.notes, self.notes_es)


class Domain(models.Model):
    """A group of items, with words to read before them where they need any."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="domains")
    key = models.SlugField(validators=[KEY])
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120, blank=True)
    about = models.TextField(blank=True)
    about_es = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_domain_per_key")]
        triggers = [_part_is_final("domain")]

    def __str__(self) -> str:
        return in_words(self.name, self.name_es)

    @property
    def description(self) -> str:
        return in_words(self.about, self.about_es)


class Item(models.Model):
    """One question.

    `anchors` are the levels of a rating, lowest first, each with its words; `options` the answers of a choice or the
    points of a Likert scale. Both are counted from 1, and that number is what `Answer.level` keeps: how it is *scored*
    (reversed, right or wrong) is worked out from the item (`scoring`), so that what was ticked is never lost.
    """

    class Kind(models.TextChoices):
        RATING = "rating", _("rating")
        CHOICE = "choice", _("one choice")
        MULTIPLE = "multiple", _("several choices")
        LIKERT = "likert", _("agreement")
        NUMBER = "number", _("number")
        TEXT = "text", _("text")
        PHOTO = "photo", _("photo or file")
        NOTE = "note", _("evidence notes")

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="items")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="items")
    key = models.SlugField(validators=[KEY])
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120, blank=True)
    prompt = models.TextField(blank=True)
    prompt_es = models.TextField(blank=True)
    anchors = models.JSONField(
        default=list, blank=True, help_text='[{"name": …, "name_es": …, "text": …, "text_es": …}]'
    )
    options = models.JSONField(default=list, blank=True, help_text='[{"name": …, "name_es": …}]')
    correct = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    reverse = models.BooleanField(default=False, help_text="agreeing says the opposite of what the domain measures")
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    unit_es = models.CharField(max_length=30, blank=True)
    required = models.BooleanField(default=False)
    may_be_unseen = models.BooleanField(
        default=True, help_text='"not observed" (for a survey: "I do not know") may be said'
    )
    same_as = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="the item of an earlier version that this one repeats unchanged: an anchor for linking",
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_item_per_key")]
        triggers = [_part_is_final("item")]

    def __str__(self) -> str:
        return in_words(self.name, self.name_es)

    @property
    def question(self) -> str:
        return in_words(self.prompt, self.prompt_es)

    @property
    def measured_in(self) -> str:
        return in_words(self.unit, self.unit_es)

    @property
    def levels(self) -> list[tuple[int, str, str]]:
        """(number, name, words) of what can be chosen, in the reader's language: levels lowest first, options in order."""
        return [
            (i, in_words(row["name"], row.get("name_es", "")), in_words(row.get("text", ""), row.get("text_es", "")))
            for i, row in enumerate(self.anchors or self.options, start=1)
        ]


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


class _Walled(models.Model):
    """What a wall reads in its own row: the response's organization, purpose, author and subject."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


@tracked
class Response(_Walled):
    """One form filled in: a version, answered by somebody about something. Its shape is told at the top of this module."""

    class Part(models.TextChoices):
        SINGLE = "single", _("on its own")
        SECOND = "second", _("a second rater's")
        STANDARD = "standard", _("the agreed levels of a calibration")
        CALIBRATION = "calibration", _("of a calibration")
        INDIVIDUAL = "individual", _("before the consensus")
        CONSENSUS = "consensus", _("the consensus")

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False, help_text="made where it was filled in"
    )
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=12, choices=Part.choices, default=Part.SINGLE)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, null=True, blank=True, related_name="responses")
    section = models.ForeignKey("roster.Section", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    anonymous = models.BooleanField(default=False)
    day = models.DateField(help_text="the school's day it was filled in, or that the visit was on")
    submitted_at = models.DateTimeField(null=True, blank=True, help_text="empty: a draft, or anonymous")
    language = models.CharField(max_length=2, default="en", help_text="in which it was read")

    class Meta:
        indexes = [models.Index(fields=["version", "organization", "day"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(anonymous=False)
                | models.Q(author=None, subject=None, submitted_at=None, visit=None),
                name="an_anonymous_response_keeps_no_link",
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"response {self.pk}"


@tracked
class Answer(_Walled):
    """The answer to one item in one response, as it was ticked: the number of a level or option, several, or a measure."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    chosen = ArrayField(models.PositiveSmallIntegerField(), null=True, blank=True, help_text="of several choices")
    number = models.FloatField(null=True, blank=True)
    not_observed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "item"], name="one_answer_per_item"),
            models.CheckConstraint(
                condition=models.Q(not_observed=False) | models.Q(level=None, chosen=None, number=None),
                name="answered_or_not_observed",
            ),
        ]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"answer {self.pk}"


@tracked
class Note(_Walled):
    """Words of a response: the answer to a text item, or evidence, tagged with the keys of the items that it is for.

    A script of a visit is its evidence in the order of `at`: what was seen or heard, with the minute it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="made where it was written")
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="notes")
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="the text item answered"
    )
    tags = ArrayField(models.SlugField(), default=list, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["response", "at"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Attachment(_Walled):
    """A picture or file of a response. In the database, so that walls, backup and erasing hold for it as for words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="attachments")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    media_type = models.CharField(max_length=40)
    name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def is_shown(self) -> bool:
        """Whether a page shows it; a PDF is saved and opened elsewhere."""
        return self.media_type.startswith("image/")

    @property
    def shows(self) -> str:
        """What it shows, in words: what its author wrote, or that nobody has said it."""
        return self.name or str(_("A picture without a description"))


@tracked
class Certificate(models.Model):
    """Somebody may rate with an instrument: since when, until when, on what ground. `policy` asks for it."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(
        max_length=12, default="calibration", db_default="calibration", help_text="of its wall"
    )
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    earned_on = models.DateField()
    ends_on = models.DateField(
        null=True, blank=True, help_text="revoked, or said by its giver; else by the instrument"
    )
    ground = models.CharField(max_length=250, blank=True, help_text="which calibration, which training")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "instrument", "earned_on"], name="one_certificate_a_day")
        ]
        triggers = [purpose_is_fixed(), _NOBODY_CERTIFIES_THEMSELF]

    def __str__(self) -> str:
        return f"certificate {self.pk}"


@tracked
class Consent(models.Model):
    """A teacher lets the levels of coaching visits to them enter indicators and studies: from which day, of whose visits.

    Never the words, never an appraisal. `consents` carries the levels over, as responses of purpose *research*, and takes
    them back when the consent is revoked. Whoever reads scores of research sees it; the coach and the principal do not.
    """

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default="research", help_text="for what the levels may be used")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    visitor = models.ForeignKey(
        "roster.Person",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="empty: anybody's",
    )
    begins = models.DateField(help_text="visits from this day on")
    given_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "revoked_at"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class TechnicalResult(models.Model):
    """How well a version measures in a network, as computed on a day. Coefficients and counts: no person, no answer."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    computed_at = models.DateTimeField()
    found = models.JSONField(help_text="as `measuring.measure` gives it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "organization", "day"], name="one_technical_result_a_day")
        ]

    def __str__(self) -> str:
        return f"technical result {self.pk}"
