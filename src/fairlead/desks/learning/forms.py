"""Forms of professional learning: a programme, a session, a code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.learning.models import Ingredient
from fairlead.apps.learning.services import Draft, IngredientDraft, SessionDraft


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)


class ProgrammeForm(forms.Form):
    """A new programme."""

    organization = forms.TypedChoiceField(label=_("Whose programme it is"), coerce=int)
    name = forms.CharField(label=_("Name"), max_length=120)
    topic = forms.CharField(label=_("Topic"), max_length=120, help_text=_("For example: fractions in grades 3 to 5."))
    for_whom = forms.CharField(label=_("For whom"), max_length=200)
    goal = forms.CharField(
        label=_("Goal"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What will be different in classrooms, and by what you will see it."),
    )  # fmt: skip
    begins = _day(_("First day"))
    ends = _day(_("Last day"))
    schools = forms.TypedMultipleChoiceField(
        label=_("Teachers of these schools are invited"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, organizations: Sequence[tuple[int, str]], schools: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        today = clock.today()
        first = {"begins": today, "ends": today + timedelta(days=180), "organization": organizations[0][0]}
        super().__init__(*args, **{"initial": first, **kwargs})
        _offer(self, "organization", organizations)
        _offer(self, "schools", schools)

    def draft(self) -> tuple[int, Draft, list[int]]:
        """Whose it is, what it says, and the schools."""
        data = dict(self.cleaned_data)
        return data.pop("organization"), Draft(**{k: v for k, v in data.items() if k != "schools"}), data["schools"]


class SessionForm(forms.Form):
    """A session of a programme."""

    day = _day(_("Day"))
    time = forms.TimeField(label=_("Begins at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=600)
    place = forms.CharField(label=_("Place, or the address of the call"), max_length=120, required=False)
    online = forms.BooleanField(label=_("Online"), required=False)
    about = forms.CharField(label=_("What it is about"), max_length=200, required=False)
    lead = forms.TypedChoiceField(label=_("Who leads it"), coerce=int)
    second = forms.TypedChoiceField(label=_("Who else leads it"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], lead: int, **kwargs: Any) -> None:
        first = {"day": clock.today(), "time": "15:30", "minutes": 90, "lead": lead}
        super().__init__(*args, **{"initial": first, **kwargs})
        _offer(self, "lead", people)
        _offer(self, "second", [("", _("nobody")), *people])

    def draft(self) -> SessionDraft:
        """What the services keep."""
        data = self.cleaned_data
        at = timezone.make_aware(datetime.combine(data["day"], data["time"]))
        return SessionDraft(
            at, data["minutes"], data["place"], data["online"], data["about"], data["lead"], data["second"]
        )


class CodeForm(forms.Form):
    """The code on the board."""

    code = forms.CharField(
        label=_("Code"), max_length=20, help_text=_("Six letters and digits, on the board."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Type the code that stands on the board.")},
    )  # fmt: skip


class LateForm(CodeForm):
    """The code, typed well after the beginning."""

    minutes = forms.IntegerField(
        label=_("Minutes that you were there"), min_value=1, max_value=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("Who leads the session sees it beside the time of this sign-in, and can put it right."),
    )  # fmt: skip


class TimesForm(forms.Form):
    """Which visits are of before and which of after."""

    until = _day(_("Visits before: until"))
    since = _day(_("Visits after: from"))


class IngredientForm(forms.Form):
    """One thing that the programme used."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Ingredient.Kind.choices)
    name = forms.CharField(label=_("What"), max_length=120)
    quantity = forms.DecimalField(
        label=_("How much"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2,
        help_text=_("Of participants' time: leave it empty, and the hours come from the sign-ins."),
    )  # fmt: skip
    unit = forms.CharField(label=_("Unit"), max_length=30)
    price = forms.DecimalField(
        label=_("Price of each, in dollars"), min_value=Decimal(0), max_digits=12, decimal_places=2,
        help_text=_("Of hours: the loaded rate, salary with benefits ÷ hours of a year."),
    )  # fmt: skip
    paid_by = forms.CharField(label=_("Who pays"), max_length=80)
    quantity_source = forms.CharField(label=_("How you know how much"), max_length=200)
    price_source = forms.CharField(label=_("How you know the price"), max_length=200)
    priced_on = _day(_("Price as of"))

    def draft(self) -> IngredientDraft:
        """What the services keep."""
        return IngredientDraft(**self.cleaned_data)


def blame(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal where its field is."""
    said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, words in said.items():
        form.add_error(name if name in form.fields else None, words)
