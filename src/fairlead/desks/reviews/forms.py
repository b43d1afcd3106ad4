"""Forms of a review: its plan, handing in, judging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.instruments.responding import Given
from fairlead.apps.reviews.models import Review
from fairlead.apps.reviews.services import Plan
from fairlead.apps.support.visibility import purpose_words
from fairlead.science.measurement.assignments import HOURS

Choices = Sequence[tuple[Any, Any]]
SUBJECTS = (
    ("Mathematics", _("Mathematics")),
    ("Reading", _("Reading and writing")),
    ("Science", _("Science")),
    ("Social studies", _("Social studies")),
)
GRADES = [(0, _("Kindergarten")), *((g, str(g)) for g in range(1, 13))]
CHOSEN = ("rating", "likert", "choice")
_DAY = {"type": "date"}


def _choices(form: forms.Form, **offered: Choices) -> None:
    for name, choices in offered.items():
        cast(forms.ChoiceField, form.fields[name]).choices = choices


class PlanForm(forms.Form):
    """A review before anything is drawn."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("So that you find it again: Mathematics, fall.")
    )
    organization_id = forms.TypedChoiceField(label=_("Where"), coerce=int)
    subject = forms.ChoiceField(label=_("Subject"), choices=SUBJECTS)
    grade_low = forms.TypedChoiceField(label=_("From grade"), coerce=int, choices=GRADES, initial=3)
    grade_high = forms.TypedChoiceField(label=_("To grade"), coerce=int, choices=GRADES, initial=5)
    begins = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    ends = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    classrooms = forms.IntegerField(
        label=_("Classrooms of each school and grade"), min_value=1, max_value=50, initial=1
    )
    assignments = forms.IntegerField(label=_("Assignments of each classroom"), min_value=1, max_value=30, initial=3)
    version_id = forms.TypedChoiceField(label=_("Instrument"), coerce=int)
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=(), help_text=_("For improvement or research only. Nobody is appraised by it.")
    )
    least_level = forms.IntegerField(
        label=_("Of the grade from level"),
        min_value=2,
        max_value=10,
        initial=3,
        help_text=_(
            "Of the instrument's first rating: from this level on an assignment counts as grade-appropriate."
        ),
    )
    hours = forms.FloatField(
        label=_("Hours a year in the subject"),
        min_value=1,
        max_value=8783,
        initial=int(HOURS),
        help_text=_("An assumption: it stands beside every number of hours."),
    )
    compare = forms.ChoiceField(
        label=_("Compare classrooms where most students are"), choices=Review.Compare.choices, required=False
    )
    framework_id = forms.TypedChoiceField(label=_("Standards"), coerce=int, empty_value=None, required=False)

    def __init__(
        self,
        *args: Any,
        places: Choices,
        versions: Choices,
        purposes: Sequence[str],
        frameworks: Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _choices(
            self,
            organization_id=places,
            version_id=versions,
            purpose=[(p, purpose_words(p).label) for p in purposes],
            framework_id=[("", _("none")), *frameworks],
        )

    def plan(self) -> Plan:
        """What the services keep."""
        return Plan(**self.cleaned_data)


class PeopleForm(forms.Form):
    """Who judges."""

    people = forms.TypedMultipleChoiceField(
        label=_("Reviewers"), coerce=int, widget=forms.CheckboxSelectMultiple,
        help_text=_("Three at least: two judge each assignment, a third decides where they differ."),
    )  # fmt: skip

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, people=people)


class HandInForm(forms.Form):
    """What students were given on the drawn day."""

    file = forms.FileField(
        label=_("Photo or PDF"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )
    text = forms.CharField(
        label=_("Or type it"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What students were asked to do, word for word."),
    )  # fmt: skip
    no_names = forms.BooleanField(
        label=_("No student's name can be read: names are covered or blacked out."), required=False
    )


class NoneForm(forms.Form):
    """There was no assignment."""

    because = forms.CharField(
        label=_("No assignment that day, because"),
        max_length=250,
        required=False,
        help_text=_("A trip, a test, reading aloud …"),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An item beside its field."""

    item: Any
    field: forms.BoundField
    options: list[dict[str, Any]]
    opens: bool
    picks: bool  # the standard


class JudgeForm(forms.Form):
    """The instrument's items; a third also says why."""

    def __init__(self, *args: Any, items: Sequence[Any], decides: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = [item for item in items if item.kind not in ("photo", "multiple")]
        for item in self.items:
            self.fields[f"item_{item.pk}"] = self._field(item)
        if decides:
            self.fields["reason"] = forms.CharField(
                label=_("Why you decide so"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("Your decision stands; the reason is kept with it."), required=False,
            )  # fmt: skip

    @staticmethod
    def _field(item: Any) -> forms.Field:
        told = {"label": str(item), "help_text": item.question, "required": False}
        if item.kind in CHOSEN:
            levels = [(str(n), name) for n, name, _text in item.levels]
            return forms.ChoiceField(choices=levels, widget=forms.RadioSelect, **told)
        if item.kind == "number":
            unit = f" ({item.measured_in})" if item.measured_in else ""
            return forms.FloatField(**told | {"label": f"{item}{unit}"})
        rows = 1 if item.key == "standard" else 3
        widget = forms.TextInput() if rows == 1 else forms.Textarea(attrs={"rows": rows})
        return forms.CharField(max_length=4000, widget=widget, **told)

    def rows(self) -> list[Row]:
        """The items in order, each beside its field."""
        found, domain = [], None
        for item in self.items:
            field = self[f"item_{item.pk}"]
            chosen = str(field.value() or "")
            options = [
                {"value": str(n), "name": name, "text": text, "checked": chosen == str(n)}
                for n, name, text in (item.levels if item.kind in CHOSEN else ())
            ]
            found.append(Row(item, field, options, item.domain_id != domain, item.key == "standard"))
            domain = item.domain_id
        return found

    def given(self) -> dict[int, Given]:
        """What the services record."""
        answers = {}
        for item in self.items:
            value = self.cleaned_data.get(f"item_{item.pk}")
            if item.kind in CHOSEN:
                answers[item.pk] = Given(level=int(value) if value else None)
            elif item.kind == "number":
                answers[item.pk] = Given(number=value)
            else:
                answers[item.pk] = Given(text=value or "")
        return answers
