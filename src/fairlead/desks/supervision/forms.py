"""Forms of the appraisal year and of the register."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from fairlead.apps.supervision.models import DecisionRight, Source

_NOT_HERE = {Source.Kind.SELF_REVIEW}


def _long(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), **more
    )


class SourceForm(forms.Form):
    """One source, with what it may be used for."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(k.value, k.label) for k in Source.Kind if k not in _NOT_HERE])
    declared = forms.ChoiceField(
        label=_("What it may be used for"),
        choices=Source.Declared.choices,
        help_text=_("Said once: it is never changed."),
    )
    title = forms.CharField(label=_("Name; a goal names its indicator"), max_length=200)
    text = _long(_("What it says"))
    context = _long(
        _("Context: the school's need, how many are covered, how uncertain it is"),
        help_text=_(
            "Results and voices need it. Voices: published results of groups only, never one person's answers."
        ),
    )
    response = forms.TypedChoiceField(
        label=_("The form that it rests on (may stay empty)"), coerce=UUID, required=False, empty_value=None
    )

    def __init__(self, *args: Any, observed: list[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "source", **kwargs})
        self.fields["response"].choices = [("", "–"), *observed]  # type: ignore[attr-defined]


class WordsForm(forms.Form):
    """Some words, and a reason."""

    words = _long(_("Words"))
    because = _long(_("Because"))


class PlanForm(forms.Form):
    """A support plan."""

    goals = _long(_("What is to be reached"))
    help = _long(_("The help that is promised"))
    review = forms.DateField(label=_("Reviewed on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


class RightForm(forms.Form):
    """Whose decision it is from a day on."""

    organization = forms.TypedChoiceField(label=_("For whom"), coerce=int)
    decision = forms.ChoiceField(label=_("Decision"))
    holder = forms.ChoiceField(label=_("Whose it is"), choices=DecisionRight.Holder.choices)
    since = forms.DateField(label=_("Since"), widget=forms.DateInput(attrs={"type": "date"}))
    document = forms.CharField(label=_("By which document"), max_length=300)
    reason = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self, *args: Any, places: list[tuple[int, str]], decisions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization"].choices = places  # type: ignore[attr-defined]
        self.fields["decision"].choices = decisions  # type: ignore[attr-defined]


class DaysForm(forms.Form):
    """One or two days of the register."""

    on = forms.DateField(required=False)
    beside = forms.DateField(required=False)


def said_of(error: ValidationError) -> list[str]:
    """A service's refusals, each once."""
    return list(dict.fromkeys(error.messages))
