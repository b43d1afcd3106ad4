"""The appraisal year of a school's leader, from goals to response; and which decisions are the school's.

Everything of an appraisal has the purpose *leadership*: whoever appraises, whoever is appraised and the network's lead
read it, and nobody else. What a source may be used for is said when it is brought in and never changes: a reason of the
rating cites only what was declared for appraisal (`migrations/0002_walls.py` keeps that in plain SQL too).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import purpose_is_fixed, tracked

PURPOSE = "leadership"


class Walled(models.Model):
    """What the wall reads in every row of an appraisal."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default=PURPOSE)
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


@tracked
class Appraisal(Walled):
    """One year of one principal with one supervisor."""

    class Stage(models.TextChoices):
        GOALS = "goals", _("goals are set")
        MIDYEAR = "midyear", _("mid-year talk")
        EVIDENCE = "evidence", _("evidence is gathered")
        SELF_REVIEW = "self", _("the principal's own review")
        RATING = "rating", _("written rating with reasons")
        RESPONSE = "response", _("the principal's response")
        CLOSED = "closed", _("closed")

    year = models.CharField(max_length=9)
    template = models.CharField(max_length=40, help_text="the stages and standards in force when it began")
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.GOALS)
    begun_on = models.DateField()
    midyear = models.CharField(max_length=2000, blank=True, help_text="what was said at mid-year")
    rated_at = models.DateTimeField(null=True, blank=True)
    respond_by = models.DateField(null=True, blank=True)
    response = models.CharField(max_length=4000, blank=True)
    responded_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    plan_goals = models.CharField(max_length=2000, blank=True, help_text="support plan: what is to be reached")
    plan_help = models.CharField(max_length=2000, blank=True, help_text="support plan: the help that is promised")
    plan_review = models.DateField(null=True, blank=True)

    class Meta:
        triggers = [purpose_is_fixed()]
        constraints = [
            models.UniqueConstraint(fields=["subject", "organization", "year"], name="one_appraisal_a_year"),
            models.CheckConstraint(condition=~models.Q(author=models.F("subject")), name="nobody_appraises_themself"),
            models.CheckConstraint(
                condition=models.Q(plan_goals="", plan_help="", plan_review=None)
                | (~models.Q(plan_goals="") & ~models.Q(plan_help="") & models.Q(plan_review__isnull=False)),
                name="a_support_plan_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"appraisal {self.pk}"


class Source(Walled):
    """One thing that is known about the year, and what it may be used for. It is never changed."""

    class Kind(models.TextChoices):
        GOAL = "goal", _("goal")
        RESULTS = "results", _("results of the school, in context")
        VOICE = "voice", _("voice of staff and families")
        OBSERVATION = "observation", _("observation of leadership")
        SELF_REVIEW = "self", _("the principal's own review")
        OTHER = "other", _("something else")

    class Declared(models.TextChoices):
        APPRAISAL = "appraisal", _("appraisal: may be cited")
        COACHING = "coaching", _("coaching: may not be cited")
        RESEARCH = "research", _("research: may not be cited")
        SURVEY = "survey", _("answers of single people: may not be cited")

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    declared = models.CharField(max_length=9, choices=Declared.choices)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=4000, blank=True)
    context = models.CharField(
        max_length=1000, blank=True, help_text="need of the school, coverage and uncertainty of its results"
    )
    response = models.ForeignKey(
        "instruments.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    origin = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="where it was gathered: indicator:KEY, survey:PK",
    )
    given_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        triggers = [purpose_is_fixed()]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind__in=("results", "voice")) | ~models.Q(context=""),
                name="results_have_a_context",
            )
        ]

    def __str__(self) -> str:
        return f"source {self.pk}"


@tracked
class Reason(Walled):
    """The level on one standard with its reason, the source that it cites, and what the principal answers."""

    class Answer(models.TextChoices):
        AGREE = "agree", _("agrees")
        DISAGREE = "disagree", _("disagrees")

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="reasons")
    standard = models.SlugField(max_length=20)
    level = models.SlugField(max_length=20)
    text = models.CharField(max_length=4000)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)

    class Meta:
        triggers = [purpose_is_fixed()]
        constraints = [models.UniqueConstraint(fields=["appraisal", "standard"], name="one_reason_a_standard")]

    def __str__(self) -> str:
        return f"reason {self.pk}"


class Amendment(Walled):
    """What is said of a closed appraisal afterwards. The appraisal itself stays as it was."""

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="amendments")
    text = models.CharField(max_length=4000)
    because = models.CharField(max_length=1000)
    given_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"amendment {self.pk}"


class PlanSupport(Walled):
    """A support that was opened for a support plan. What is said in it stays there: from here only its dose is seen."""

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="supports")
    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    promise = models.ForeignKey("support.Promise", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        triggers = [purpose_is_fixed()]
        constraints = [models.UniqueConstraint(fields=["appraisal", "support"], name="one_support_of_a_plan")]

    def __str__(self) -> str:
        return f"support of a plan {self.pk}"


class StageDay(models.Model):
    """The day by which a network means a stage of a year to be over. Never changed: the latest entry holds."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    year = models.CharField(max_length=9)
    stage = models.CharField(max_length=8, choices=Appraisal.Stage.choices)
    due = models.DateField()
    by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organization", "year"])]

    def __str__(self) -> str:
        return f"day of a stage {self.pk}"


class DecisionRight(models.Model):
    """Whose decision it is from a day on: of all schools of a network, or of one as an exception. Never changed."""

    class Holder(models.TextChoices):
        SCHOOL = "school", _("the school")
        SHARED = "shared", _("school and network together")
        NETWORK = "network", _("the network")

    organization = models.ForeignKey(
        "roster.Organization", on_delete=models.PROTECT, related_name="+", help_text="a network, or a school"
    )
    decision = models.SlugField(max_length=20, help_text="as in template.toml")
    holder = models.CharField(max_length=7, choices=Holder.choices)
    since = models.DateField()
    document = models.CharField(max_length=300)
    reason = models.CharField(max_length=1000)
    by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organization", "decision", "-since"])]
        constraints = [
            models.CheckConstraint(condition=~models.Q(document=""), name="a_right_rests_on_a_document"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_right_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"decision right {self.pk}"
