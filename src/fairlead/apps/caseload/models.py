"""The caseload's tables. Need is a school's, not a child's; plans name members of staff."""

from __future__ import annotations

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked


@tracked
class NeedScore(models.Model):
    """One school's need by one version of a recipe on a day, with all that it was made of."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    recipe = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    as_of = models.DateField()
    value = models.FloatField(null=True, help_text="0 to 100; empty when too little is known")
    rank = models.PositiveSmallIntegerField(null=True, help_text="1 is the greatest need")
    scored = models.PositiveSmallIntegerField(help_text="how many schools the rank is among")
    tier = models.CharField(max_length=20, blank=True)
    coverage = models.FloatField(help_text="part of the recipe's weight with a value, 0 to 1")
    contributions = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    sensitivity = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "recipe", "version", "as_of"], name="one_need_per_school_recipe_and_day"
            ),
        ]
        indexes = [models.Index(fields=["recipe", "-as_of"])]

    def __str__(self) -> str:
        return f"need {self.organization_id} {self.as_of}"


@tracked
class NeedRecipe(models.Model):
    """A version of a recipe of need that a network made itself. A published one is final: a change is a new version."""

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    key = models.SlugField(max_length=40)
    number = models.PositiveSmallIntegerField(help_text="1 for the first version")
    label = models.CharField(max_length=120)
    content = models.JSONField(help_text="weights, rules, tiers and loads, as a shipped recipe has them in its file")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, related_name="+")
    because = models.CharField(max_length=500, blank=True, help_text="why the network weighs so")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "key", "number"], name="one_recipe_per_key_and_number"),
            models.UniqueConstraint(
                fields=["organization", "key"], condition=Q(published_at=None), name="one_draft_per_recipe"
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | (Q(published_at__isnull=False, published_by__isnull=False) & ~Q(because="")),
                name="published_by_somebody_because",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_published_recipe_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.published_at IS NOT NULL AND ROW(OLD.organization_id, OLD.key, OLD.number, OLD.label, OLD.content,"
                    " OLD.published_at, OLD.because) IS DISTINCT FROM ROW(NEW.organization_id, NEW.key, NEW.number,"
                    " NEW.label, NEW.content, NEW.published_at, NEW.because)"
                ),
            ),
            pgtrigger.Protect(
                name="a_published_recipe_stays",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.number}"


@tracked
class DirectorSpan(models.Model):
    """What a director brings to a plan: grades, languages and kinds of work known, and schools they may not serve."""

    person = models.OneToOneField("roster.Person", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    grade_low = models.SmallIntegerField()
    grade_high = models.SmallIntegerField()
    languages = models.JSONField(default=list, help_text="codes of languages spoken with families")
    knows = models.JSONField(default=list, help_text="indicators of need whose work this director knows well")
    apart = models.JSONField(default=list, help_text="schools this director may not serve, by number; never why")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade_low__lte=models.F("grade_high")), name="span_low_to_high"
            ),
        ]

    def __str__(self) -> str:
        return f"span {self.person_id}"


class ZipPoint(models.Model):
    """Where a ZIP code is, for travel times (the Census Bureau's gazetteer has real ones). A catalogue, no person's data."""

    zip = models.CharField(max_length=10, unique=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.zip


@tracked
class CaseloadPlan(models.Model):
    """Who serves which schools in a school year: last year's, the chosen one, or one made to compare."""

    class Status(models.TextChoices):
        CHOSEN = "chosen", _("Chosen")
        ALTERNATIVE = "alternative", _("Alternative")
        LAST_YEAR = "last_year", _("Last year's")
        REPLACED = "replaced", _("Replaced")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("roster.AcademicSession", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=Status.choices)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    settings = models.JSONField(
        default=dict, help_text="what the plan was asked for: recipe, need's day, load, locks"
    )
    solver = models.JSONField(
        default=dict, help_text="status, objective, bound, gap, effort; empty for a plan by hand"
    )
    chosen_because = models.CharField(max_length=500, blank=True)
    chosen_at = models.DateTimeField(null=True)
    chosen_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    effective_from = models.DateField(null=True, help_text="empty: from the first day of its school year")
    effective_until = models.DateField(null=True, help_text="for a replaced plan: its last day")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "session"],
                condition=models.Q(status="chosen"),
                name="one_chosen_plan_per_session",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name


@tracked
class CaseloadAssignment(models.Model):
    """One school's place in a plan. `organization` is the school: its principal may see who serves it, and how much."""

    plan = models.ForeignKey(CaseloadPlan, on_delete=models.CASCADE, related_name="assignments")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    director = models.ForeignKey("roster.Person", on_delete=models.PROTECT, null=True, related_name="+")
    added = models.PositiveSmallIntegerField(
        null=True, help_text="in place of a person: the how-many-eth director that a plan adds"
    )
    minutes_per_month = models.PositiveSmallIntegerField()
    wanted = models.PositiveSmallIntegerField(null=True, help_text="minutes that its tier of need asked for")
    reason = models.JSONField(default=dict, help_text="why this director: codes, and what the choice cost in minutes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "organization"], name="one_director_per_school_and_plan"),
            models.CheckConstraint(
                condition=Q(director__isnull=False, added=None) | Q(director=None, added__isnull=False, added__gt=0),
                name="a_person_or_an_added_director",
            ),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"


class PlanRequest(models.Model):
    """A plan that was asked for: the worker solves its problem, written down whole when it was asked."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for the worker")
        RUNNING = "running", _("Being worked out")
        DONE = "done", _("Made")
        CLASH = "clash", _("No such plan")
        FAILED = "failed", _("Failed")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("roster.AcademicSession", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    asked_by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    settings = models.JSONField(default=dict, help_text="as the plan will keep them")
    problem = models.JSONField(default=dict, help_text="schools, directors and rules by number, as they stood")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    plan = models.ForeignKey(CaseloadPlan, on_delete=models.SET_NULL, null=True, related_name="+")
    clashes = models.JSONField(default=list, help_text="rules that cannot all hold: kind, school, director, limit")
    trouble = models.CharField(max_length=12, blank=True, help_text="why it failed: crashed, too_long or none_found")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", began_at=None, ended_at=None)
                | Q(state="running", began_at__isnull=False, ended_at=None)
                | Q(state__in=["done", "clash", "failed"], ended_at__isnull=False),
                name="a_request_says_how_far_it_is",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-asked_at"])]

    def __str__(self) -> str:
        return f"plan request {self.pk}"
