"""Forms of a support: what it is for, with whom, from when, how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.support.opening import LONGEST

Choices = Sequence[tuple[Any, Any]]


class OpenForm(forms.Form):
    """A new support; its kind and place were chosen before."""

    goal = forms.CharField(
        label=_("Goal"),
        max_length=200,
        help_text=_("Leaders read it: name what is to get better, and nobody’s weakness."),
        error_messages={"required": _("Say what it is for.")},
    )
    indicator = forms.ChoiceField(label=_("Indicator that should move"), required=False)
    participants = forms.TypedMultipleChoiceField(
        label=_("Who takes part"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one person.")},
    )
    begins = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    minutes = forms.IntegerField(label=_("Planned minutes a month"), min_value=1, max_value=LONGEST)

    def __init__(self, *args: Any, people: Choices, indicators: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["participants"]).choices = people
        cast(forms.ChoiceField, self.fields["indicator"]).choices = [("", _("None yet")), *indicators]
        self.fields["begins"].initial = clock.today().isoformat()
        self.fields["minutes"].initial = 60
