"""Forms for investments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from fairlead.apps.places.models import Investment, Place


class InvestmentForm(forms.ModelForm):
    """A new investment: what for, how much, where, and the seats it should open."""

    class Meta:
        model = Investment
        fields = (
            "name", "purpose", "amount", "begins", "place", "band", "school_name", "seats_planned", "source",
        )  # fmt: skip
        widgets = {"begins": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "seats_planned": _("Leave at 0 when the money opens no seats, as with training or policy work."),
            "school_name": _("So that its results tell whether the seats are quality seats."),
            "source": _("For example: grant agreement of 3 March 2025."),
        }

    def __init__(self, *args: Any, places: QuerySet[Place], schools: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = places
        field.empty_label = _("The whole city")
        self.fields["school_name"].widget = forms.Select(
            choices=[("", _("None, or not in the list of schools yet")), *((name, name) for name in schools)]
        )


class OpeningsForm(forms.Form):
    """How many seats are open by now."""

    seats_opened = forms.IntegerField(
        label=_("Seats opened so far"),
        min_value=0,
        max_value=100_000,
        help_text=_("Seats that children can sit in today, not seats announced."),
    )
