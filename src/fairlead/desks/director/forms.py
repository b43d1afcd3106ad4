"""What may be asked of a new plan."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.caseload.making import LOADS


class PlanForm(forms.Form):
    """The load, and the schools that stay where they are."""

    load = forms.ChoiceField(
        label=_("Schools for each full-time director, at most"),
        choices=[(f"{load:g}", f"{load:g} : 1") for load in LOADS],
        widget=forms.RadioSelect,
        initial="5",
    )
    keep = forms.MultipleChoiceField(
        label=_("Schools that stay with their director"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything else may move."),
    )

    def __init__(self, *args: object, schools: Iterable[tuple[int, str]] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["keep"].choices = [(str(pk), name) for pk, name in schools]  # type: ignore[attr-defined]
