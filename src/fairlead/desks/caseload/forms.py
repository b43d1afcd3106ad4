"""What may be asked: the numbers of a recipe, a scenario's directors and weights, why a plan is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead import clock
from fairlead.apps.caseload.planning import Staffing
from fairlead.apps.caseload.recipes import PublishedRecipe, recipe
from fairlead.science.allocation.caseload import Weights

NORMALISATIONS = (
    ("rank", gettext_lazy("by rank")),
    ("minmax", gettext_lazy("from lowest to highest")),
    ("zscore", gettext_lazy("by standard deviations")),
)
MISSING = (
    ("renormalise", gettext_lazy("the others count for more")),
    ("middle", gettext_lazy("50 points")),
    ("unscored", gettext_lazy("no index for that school")),
)
DIRECTIONS = (("more_is_need", gettext_lazy("more is need")), ("less_is_need", gettext_lazy("less is need")))
GRAIN = 15  # a plan hands out quarters of an hour
COSTS = {
    "break_continuity": gettext_lazy("A school gets another director"),
    "grade_mismatch": gettext_lazy("A grade its director does not know"),
    "travel": gettext_lazy("A minute on the road"),
    "language_mismatch": gettext_lazy("A director who does not speak its families’ language"),
    "expertise_mismatch": gettext_lazy("A director who does not know the work it needs most"),
    "deep_shortfall": gettext_lazy("A minute missing beyond a quarter, times the tier’s priority"),
}


class RecipeForm(forms.Form):
    """A recipe's numbers: one row for each indicator there is, one for each tier."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    min_coverage = forms.IntegerField(
        label=gettext_lazy("Percent of the weight that must have a value"), min_value=1, max_value=100
    )
    schools_per_fte = forms.FloatField(
        label=gettext_lazy("Schools for each full-time director, at most"), min_value=1, max_value=30
    )
    minutes_per_fte = forms.IntegerField(
        label=gettext_lazy("Minutes a month a full-time director has for schools"), min_value=60, max_value=9600
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = recipe()
        for one in self.words.ingredients:
            name, key = one.label, one.indicator
            self._add(f"{key}-weight", _("Weight: %(name)s") % {"name": name}, 0, 100)
            self._pick(f"{key}-direction", _("Direction: %(name)s") % {"name": name}, DIRECTIONS)
            self._pick(f"{key}-normalisation", _("Points: %(name)s") % {"name": name}, NORMALISATIONS)
            self._pick(f"{key}-missing", _("When missing: %(name)s") % {"name": name}, MISSING)
            self.fields[f"{key}-cap"] = forms.FloatField(
                label=_("Cap: %(name)s") % {"name": name}, min_value=0.5, max_value=10, required=False
            )
        for tier in self.words.tiers:
            label = tier.label
            self._add(f"{tier.key}-share", _("Percent of schools: %(name)s") % {"name": label}, 1, 100)
            self._add(f"{tier.key}-minutes", _("Minutes a month: %(name)s") % {"name": label}, 0, 9600)
            self._add(f"{tier.key}-least", _("At least: %(name)s") % {"name": label}, 0, 9600)

    def _add(self, name: str, label: str, low: int, high: int) -> None:
        self.fields[name] = forms.IntegerField(label=label, min_value=low, max_value=high)

    def _pick(self, name: str, label: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices)

    @property
    def ingredient_rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        parts = ("weight", "direction", "normalisation", "cap", "missing")
        return [(i, [self[f"{i.indicator}-{part}"] for part in parts]) for i in self.words.ingredients]

    @property
    def tier_rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(t, [self[f"{t.key}-{part}"] for part in ("share", "minutes", "least")]) for t in self.words.tiers]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if self.errors:
            return told
        if not any(told[f"{i.indicator}-weight"] for i in self.words.ingredients):
            self.add_error(None, _("Give at least one indicator a weight above 0."))
        for i in self.words.ingredients:
            cap, points = told[f"{i.indicator}-cap"], told[f"{i.indicator}-normalisation"]
            if points == "zscore" and cap is None and told[f"{i.indicator}-weight"]:
                self.add_error(
                    f"{i.indicator}-cap", _("Say how many standard deviations stand for 100 points, such as 2.5.")
                )
        total = sum(told[f"{t.key}-share"] for t in self.words.tiers)
        if total != 100:
            self.add_error(
                None, _("The tiers must share 100 %% of the schools; these add up to %(n)s %%.") % {"n": total}
            )
        for t in self.words.tiers:
            if told[f"{t.key}-minutes"] % GRAIN or told[f"{t.key}-least"] % GRAIN:
                self.add_error(f"{t.key}-minutes", _("Minutes are handed out in quarters of an hour: 15, 30, 45 …"))
            if told[f"{t.key}-least"] > told[f"{t.key}-minutes"]:
                self.add_error(f"{t.key}-least", _("At least cannot be more than what the tier asks for."))
        return told

    def content(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers as a recipe keeps them; what the form does not ask stays as it was."""
        told = self.cleaned_data
        ingredients = []
        for i in self.words.ingredients:
            if not told[f"{i.indicator}-weight"]:
                continue
            one = {"indicator": i.indicator} | {
                part: told[f"{i.indicator}-{part}"] for part in ("weight", "direction", "normalisation", "missing")
            }
            if told[f"{i.indicator}-cap"] is not None and one["normalisation"] != "rank":
                one["cap"] = told[f"{i.indicator}-cap"]
            ingredients.append(one)
        load = {
            "schools_per_fte": told["schools_per_fte"],
            "minutes_per_fte": told["minutes_per_fte"],
            "minutes_per_visit": before["load"]["minutes_per_visit"],
        }
        tiers = [
            {
                "key": t.key,
                "share": told[f"{t.key}-share"] / 100,
                "minutes": told[f"{t.key}-minutes"],
                "least": told[f"{t.key}-least"],
                "priority": t.priority,
            }
            for t in self.words.tiers
        ]
        return {
            "min_coverage": told["min_coverage"] / 100,
            "load": load,
            "costs": before["costs"],
            "ingredients": ingredients,
            "tiers": tiers,
        }

    @staticmethod
    def shown(label: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """A draft as the form first shows it."""
        told: dict[str, Any] = {
            "label": label,
            "min_coverage": round(100 * content["min_coverage"]),
            "schools_per_fte": content["load"]["schools_per_fte"],
            "minutes_per_fte": content["load"]["minutes_per_fte"],
        }
        for i in recipe().ingredients:
            one = next((o for o in content["ingredients"] if o["indicator"] == i.indicator), None)
            told |= {
                f"{i.indicator}-{part}": (one or i.data).get(part)
                for part in ("direction", "normalisation", "missing", "cap")
            }
            told[f"{i.indicator}-weight"] = round(one["weight"]) if one else 0
        for t in content["tiers"]:
            told |= {f"{t['key']}-{part}": t[part] for part in ("minutes", "least")}
            told[f"{t['key']}-share"] = round(100 * t["share"])
        return told


class PublishForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why the network weighs so"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Every school whose need it says can read this."),
    )


class ScenarioForm(forms.Form):
    """A plan as somebody imagines it: directors, load, weights, and who stays."""

    name = forms.CharField(label=gettext_lazy("Name of this scenario"), max_length=120, required=False)
    recipe = forms.ChoiceField(label=gettext_lazy("By which recipe of need"))
    load = forms.FloatField(
        label=gettext_lazy("Schools for each full-time director, at most"), min_value=1, max_value=30, initial=5
    )
    added = forms.FloatField(label=gettext_lazy("Add a director of FTE"), min_value=0.1, max_value=1, required=False)
    added_too = forms.FloatField(
        label=gettext_lazy("And a second one of FTE"), min_value=0.1, max_value=1, required=False
    )
    keep = forms.MultipleChoiceField(
        label=gettext_lazy("Schools that stay with their director"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        recipes: Sequence[PublishedRecipe],
        begun: PublishedRecipe,
        directors: Sequence[tuple[int, str, float]],
        schools: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.directors, costs = directors, begun.costs
        self.fields["recipe"].initial, self.fields["load"].initial = begun.key, begun.schools_per_fte
        self.fields["recipe"].choices = [(r.key, f"{r.label}, {r.version}") for r in recipes]  # type: ignore[attr-defined]
        self.fields["keep"].choices = [(str(pk), name) for pk, name in schools]  # type: ignore[attr-defined]
        for pk, name, fte in directors:
            self.fields[f"fte-{pk}"] = forms.FloatField(
                label=_("FTE of %(name)s") % {"name": name}, min_value=0, max_value=1, initial=fte
            )
        for key, label in COSTS.items():
            self.fields[f"cost-{key}"] = forms.IntegerField(
                label=label, min_value=0, max_value=2000, initial=getattr(costs, key)
            )

    @property
    def fte_fields(self) -> list[forms.BoundField]:
        return [self[f"fte-{pk}"] for pk, _name, _fte in self.directors]

    @property
    def cost_fields(self) -> list[forms.BoundField]:
        return [self[f"cost-{key}"] for key in COSTS]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors and not (self.staffing().added or any(told[f"fte-{pk}"] for pk, *_rest in self.directors)):
            self.add_error(None, _("Somebody must serve the schools: leave at least one director, or add one."))
        return told

    def staffing(self) -> Staffing:
        """Only what differs from the roster."""
        told = self.cleaned_data
        other = {pk: told[f"fte-{pk}"] for pk, _name, fte in self.directors if abs(told[f"fte-{pk}"] - fte) > 1e-9}
        return Staffing(other, tuple(told[key] for key in ("added", "added_too") if told.get(key)))

    def costs(self) -> Weights:
        return Weights(**{f.name: self.cleaned_data[f"cost-{f.name}"] for f in fields(Weights)})


def _grade(grade: int) -> str:
    return _("K") if grade == 0 else str(grade)


class StrengthsForm(forms.Form):
    """What one director brings to a plan."""

    low = forms.TypedChoiceField(label=gettext_lazy("Knows grades from"), coerce=int)
    high = forms.TypedChoiceField(label=gettext_lazy("to"), coerce=int)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Speaks with families"), required=False, widget=forms.CheckboxSelectMultiple
    )
    knows = forms.MultipleChoiceField(
        label=gettext_lazy("Knows this work well"), required=False, widget=forms.CheckboxSelectMultiple
    )
    apart = forms.TypedMultipleChoiceField(
        label=gettext_lazy("May not serve"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For a conflict of interest. Do not write down which: the plan need not know."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, languages: Sequence[tuple[str, str]], schools: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "low": [(grade, _grade(grade)) for grade in range(13)],
            "high": [(grade, _grade(grade)) for grade in range(13)],
            "languages": list(languages),
            "knows": [(i.indicator, i.label) for i in recipe().ingredients],
            "apart": list(schools),
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors and told["low"] > told["high"]:
            self.add_error("high", _("The lowest grade comes first."))
        return told


class ChooseForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why this plan"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    begins = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=clock.today,
    )
