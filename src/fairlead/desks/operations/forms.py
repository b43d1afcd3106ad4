"""Forms of requests: asking in two taps, and the step that comes next."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from fairlead.apps.operations.models import Category, Request
from fairlead.apps.operations.services import MOST_WORDS

NO_NAMES = _("No student's name: say “a student in grade 3”. Whoever works on it may not be of your school.")


class AskForm(forms.Form):
    """What, where, and in a few words; how urgent it is, is the button that sends it."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.CharField(widget=forms.HiddenInput)
    school = forms.TypedChoiceField(label=_("School"), coerce=int)
    words = forms.CharField(
        label=_("In a few words (you may leave it empty)"),
        help_text=NO_NAMES,
        max_length=MOST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    sensitive = forms.BooleanField(
        label=_("Sensitive: only I, whoever works on it and the network's lead read it"), required=False
    )
    urgency = forms.ChoiceField(
        choices=Request.Urgency.choices, error_messages={"required": _("Say how urgent it is.")}
    )

    def __init__(self, *args: Any, schools: list[tuple[int, str]], kind: str, **kwargs: Any) -> None:
        initial = {"id": uuid4(), "kind": kind, "sensitive": kind == "safety", "school": schools[0][0]}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["school"].choices = schools  # type: ignore[attr-defined]
        if len(schools) == 1:
            self.fields["school"].widget = forms.HiddenInput()


class StepForm(forms.Form):
    """What a step needs: words, a person, on whom it waits, or hours."""

    text = forms.CharField(
        label=_("Words"), max_length=MOST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    person = forms.TypedChoiceField(label=_("To whom"), coerce=int, required=False, empty_value=None)
    waiting_on = forms.ChoiceField(label=_("On whom it waits"), choices=Request.On.choices, required=False)
    hours = forms.DecimalField(
        label=_("Hours that it would have cost you"), min_value=Decimal(0), max_value=Decimal(80), decimal_places=2,
        required=False, localize=False,
    )  # fmt: skip

    def __init__(self, *args: Any, team: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", ""), *team]  # type: ignore[attr-defined]


def blame(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal where its field is."""
    said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for given, words in said.items():
        name = "text" if given == "because" else given
        form.add_error(name if name in form.fields else None, words)


MINUTES = [(m, str(m)) for m in (5, 10, 15, 30, 45, 60, 90, 120)]


class BlockForm(forms.Form):
    """Some minutes of a leader's day; what it was, is the button that keeps them."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    at = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.TypedChoiceField(label=_("Minutes"), coerce=int, choices=MINUTES, widget=forms.RadioSelect)
    category = forms.ChoiceField(choices=Category.choices, error_messages={"required": _("Choose what it was.")})

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        initial = {"id": uuid4(), "day": now.date(), "at": (now - timedelta(minutes=15)).time(), "minutes": 15}
        super().__init__(*args, **{"initial": initial, **kwargs})


class PlanWeekForm(forms.Form):
    """Who shadows which week."""

    shadow = forms.TypedChoiceField(
        label=_("Who writes it down"),
        coerce=int,
        help_text=_(
            "A colleague who can be beside you for the week: another leader, a coach, somebody of the office."
        ),
    )
    begins = forms.TypedChoiceField(label=_("Week from Monday"), coerce=date.fromisoformat)

    def __init__(self, *args: Any, people: list[tuple[int, str]], mondays: list[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shadow"].choices = [("", ""), *people]  # type: ignore[attr-defined]
        self.fields["begins"].choices = [(d.isoformat(), date_format(d)) for d in mondays]  # type: ignore[attr-defined]
