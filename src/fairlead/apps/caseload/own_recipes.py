"""Recipes that a network makes itself: drafted on a page, published with a reason, final from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import recipes, selectors, services
from fairlead.apps.caseload.models import NeedRecipe
from fairlead.apps.caseload.recipes import PublishedRecipe
from fairlead.apps.caseload.selectors import KeptPlan, Need
from fairlead.science.allocation.moved import Moved, why_moved
from fairlead.science.allocation.need import NeedIndex, RecipeError, SchoolNeed, need_index


def published(scope: Scope) -> list[NeedRecipe]:
    """Versions that networks of this person have published, the latest first."""
    found = NeedRecipe.objects.filter(organization_id__in=scope.up_org_ids, published_at__isnull=False)
    return list(found.select_related("published_by").order_by("-published_at", "-number"))


def drafts(scope: Scope) -> list[NeedRecipe]:
    """Drafts of the networks that this person works for."""
    return list(NeedRecipe.objects.filter(organization_id__in=scope.org_ids, published_at=None).order_by("pk"))


def draft(scope: Scope, pk: int) -> NeedRecipe | None:
    return next((one for one in drafts(scope) if one.pk == pk), None)


def read(row: NeedRecipe) -> PublishedRecipe:
    """A network's recipe as science and pages take it; the words of indicators and tiers are the shipped ones."""
    words = recipes.recipe().data
    ingredients = {i["indicator"]: i for i in words["ingredients"]}
    tiers = {t["key"]: t for t in words["tiers"]}
    told = ("label", "label_es", "meaning", "meaning_es", "why", "why_es")
    data = {
        "key": row.key,
        "version": str(row.number),
        "label": row.label,
        "about": words["about"],
        "about_es": words["about_es"],
        "source": row.because.rstrip("."),
        "confidence": "network",
        "min_coverage": row.content["min_coverage"],
        "load": row.content["load"],
        "costs": row.content["costs"],
        "ingredients": [{w: ingredients[i["indicator"]][w] for w in told} | i for i in row.content["ingredients"]],
        "tiers": [{w: tiers[t["key"]][w] for w in ("label", "label_es")} | t for t in row.content["tiers"]],
    }
    return recipes.read(data)


def find(scope: Scope, key: str, version: str | None = None) -> PublishedRecipe | None:
    """A recipe by its key: one of this person's networks (the latest version, or the one asked for), or a shipped one."""
    if key in recipes.keys():  # noqa: SIM118  (a function, not a mapping)
        return recipes.recipe(key)
    row = next((r for r in published(scope) if r.key == key and version in (None, str(r.number))), None)
    return read(row) if row else None


def usable(scope: Scope) -> list[PublishedRecipe]:
    """The latest version of each recipe that needs and plans can be shown by: the network's own first."""
    latest = {row.key: row for row in reversed(published(scope))}
    return [read(row) for row in latest.values()] + list(map(recipes.recipe, recipes.keys()))


def of_plan(scope: Scope, plan: KeptPlan | None) -> PublishedRecipe:
    """The recipe that a plan was made by, in its latest version as needs are; the shipped one without a plan that names any."""
    return (find(scope, plan.settings["recipe"]) if plan and "recipe" in plan.settings else None) or recipes.recipe()


def content_of(recipe: PublishedRecipe) -> dict[str, Any]:
    """The numbers of a recipe, without words: what a draft begins with."""
    ingredients = ("indicator", "weight", "direction", "normalisation", "missing", "cap")
    return {
        "min_coverage": recipe.data["min_coverage"],
        "load": dict(recipe.data["load"]),
        "costs": dict(recipe.data["costs"]),
        "ingredients": [{k: i[k] for k in ingredients if k in i} for i in recipe.data["ingredients"]],
        "tiers": [{k: t[k] for k in ("key", "share", "minutes", "least", "priority")} for t in recipe.data["tiers"]],
    }


@transaction.atomic
def begin(scope: Scope, network_id: int, key: str, label: str = "") -> NeedRecipe:
    """A draft that begins as a copy: of a shipped recipe, or as the next version of the network's own."""
    source = find(scope, key)
    if source is None:
        raise ValidationError(_("There is no such recipe: %(key)s.") % {"key": key})
    own = NeedRecipe.objects.filter(organization_id=network_id)
    mine = key not in recipes.keys()  # noqa: SIM118  (a function, not a mapping)
    if mine and (open_one := own.filter(key=key, published_at=None).first()):
        return open_one
    if mine:
        number = 1 + (own.filter(key=key).aggregate(most=Max("number"))["most"] or 0)
    else:
        key, number = f"n{network_id}-{own.values('key').distinct().count() + 1}", 1
    return NeedRecipe.objects.create(
        organization_id=network_id,
        key=key,
        number=number,
        label=label or (source.label if mine else _("Our need index")),
        content=content_of(source),
        made_at=clock.now(),
        made_by_id=scope.person_id,
    )


def checked(row: NeedRecipe) -> PublishedRecipe:
    """The recipe, if it can be used; ValidationError says what is wrong with it."""
    try:
        found = read(row)
        need_index(found.science, ["A", "B"], {i.indicator: [0.1, 0.2] for i in found.science.ingredients})
    except RecipeError as error:
        raise ValidationError(str(error)) from error
    return found


def change(row: NeedRecipe, label: str, content: Mapping[str, Any]) -> NeedRecipe:
    """Keep a draft's new name and numbers."""
    row.label, row.content = label, dict(content)
    checked(row)
    row.save(update_fields=["label", "content"])
    return row


@transaction.atomic
def publish(
    scope: Scope, row: NeedRecipe, because: str, *, at: datetime | None = None, as_of: date | None = None
) -> NeedRecipe:
    """Make a draft final, and work out every school's need by it."""
    if not because.strip():
        raise ValidationError(_("Say why the network weighs so: schools will read it."))
    checked(row)
    row.because, row.published_at, row.published_by_id = because.strip(), at or clock.now(), scope.person_id
    row.save(update_fields=["because", "published_at", "published_by"])
    services.recompute_need(
        scope, row.organization_id, as_of or services.last_whole_day(), row.key, published=read(row)
    )
    return row


# What would move, and what moved -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """The needs of one day by one version, with the values that they were made of."""

    needs: tuple[Need, ...]

    @property
    def keys(self) -> list[str]:
        return [str(n.organization_id) for n in self.needs]

    def values(self, keys: Sequence[str]) -> dict[str, list[float | None]]:
        """Each indicator's value at these schools; None where none was known on that day."""
        raw = {str(n.organization_id): {c["indicator"]: c["raw"] for c in n.contributions} for n in self.needs}
        known = sorted({name for one in raw.values() for name in one})
        return {name: [raw.get(key, {}).get(name) for key in keys] for name in known}


@dataclass(frozen=True)
class Preview:
    """A school under the recipe that stands and under the draft."""

    school: str
    now: Need
    then: SchoolNeed

    @property
    def moves(self) -> bool:
        return (self.now.tier or None) != self.then.tier


def preview(scope: Scope, row: NeedRecipe, on: date) -> list[Preview]:
    """Where each school would stand by a draft, on the latest values there are. Schools that move first."""
    draft_ = checked(row)
    versions = [r for r in published(scope) if r.key == row.key]
    found = selectors.needs(scope, on, row.key if versions else recipes.DEFAULT)
    every = selectors.needs(scope, on)  # the shipped recipe weighs every indicator: its rows hold every value
    stored = Stored(tuple(every))
    values = stored.values(stored.keys)
    if not every or any(i.indicator not in values for i in draft_.science.ingredients):
        return []
    index: NeedIndex = need_index(draft_.science, stored.keys, values)
    then = {s.school: s for s in index.schools}
    rows = [Preview(n.school, n, then[str(n.organization_id)]) for n in found if str(n.organization_id) in then]
    return sorted(rows, key=lambda r: (not r.moves, r.then.rank or 999, r.school))


@dataclass(frozen=True)
class Told:
    """Why a school moved between two indices: with both recipes for their words."""

    moved: Moved
    before: PublishedRecipe
    after: PublishedRecipe


def moved(scope: Scope, school_id: int, before: tuple[str, str, date], after: tuple[str, str, date]) -> Told | None:
    """Between two stored indices (recipe, version, day): contributions side by side; None when one is not there."""
    stored = [Stored(tuple(selectors.needs_of(scope, *which))) for which in (before, after)]
    old, new = (find(scope, which[0], which[1]) for which in (before, after))
    keys = [k for k in stored[0].keys if k in set(stored[1].keys)]
    if old is None or new is None or str(school_id) not in keys:
        return None
    wanted = {i.indicator for r in (old, new) for i in r.science.ingredients}
    pairs = []
    for one, which in zip(stored, (before, after), strict=True):
        values = one.values(keys)
        if wanted - set(values):  # another recipe's rows of the same day know the others
            for other in selectors.need_days(scope):
                if other[2] == which[2]:
                    values = Stored(tuple(selectors.needs_of(scope, *other))).values(keys) | values
        pairs.append({name: values.get(name, [None] * len(keys)) for name in wanted})
    return Told(why_moved(str(school_id), keys, (old.science, pairs[0]), (new.science, pairs[1])), old, new)
