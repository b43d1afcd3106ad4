"""The form of a survey: what is asked of whom, under which promise, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.access.purposes import purposes
from fairlead.apps.roster.models import Role
from fairlead.apps.support.visibility import purpose_words
from fairlead.apps.surveys.selectors import ROLES
from fairlead.apps.surveys.services import PURPOSES, Draft, purposes_of

USUAL_DAYS = 14


def _day(label: Any, hint: Any = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class SurveyForm(forms.Form):
    """A draft of a survey."""

    version_id = forms.TypedChoiceField(label=_("Instrument"), coerce=int)
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As those who are asked read it."))
    name_es = forms.CharField(label=_("Name in Spanish"), max_length=120, required=False)
    purpose = forms.ChoiceField(label=_("Purpose"), widget=forms.RadioSelect)
    mode = forms.ChoiceField(
        label=_("Promise"), widget=forms.RadioSelect,
        choices=[
            ("confidential", _("Confidential: it is noted who has answered, and no page or file ties answers to a name")),
            ("anonymous", _("Anonymous: nothing is kept of who answered, so reminders go to everybody")),
        ],
    )  # fmt: skip
    asked = forms.ChoiceField(
        label=_("Who is asked"), widget=forms.RadioSelect,
        choices=[("staff", _("Staff, about their school")), ("students", _("Students, each about one class")),
                 ("families", _("Families: one guardian of each student"))],
    )  # fmt: skip
    role = forms.ChoiceField(label=_("Staff in this role"), required=False)
    grade_low = forms.IntegerField(label=_("Students from grade"), required=False, min_value=0, max_value=12)
    grade_high = forms.IntegerField(label=_("to grade"), required=False, min_value=0, max_value=12)
    opens_on = _day(_("First day"))
    closes_on = _day(_("Last day"))
    opt_out_until = _day(
        _("Families may say no until"),
        _("Only where students are asked: letters go home, and it opens on a later day. Empty: no letters."),
        required=False,
    )
    words = forms.CharField(
        label=_("Your own words"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("They stand on the slips and above the questions: why you ask, and what you will do with the answers."),
    )  # fmt: skip
    words_es = forms.CharField(
        label=_("Your own words in Spanish"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    schools = forms.TypedMultipleChoiceField(label=_("Schools"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, versions: Sequence[Any], schools: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        today = clock.today()
        usual = {
            "purpose": "survey", "mode": "confidential", "asked": "staff", "role": "teacher", "opens_on": today,
            "closes_on": today + timedelta(days=USUAL_DAYS), "schools": [pk for pk, _name in schools],
        }  # fmt: skip
        kwargs["initial"] = usual | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.versions: dict[Any, Any] = {v.pk: v for v in versions}
        self._offer("version_id", [(v.pk, str(v)) for v in versions])
        self._offer("purpose", [(p, purpose_words(p).label) for p in purposes() if p in PURPOSES])
        self._offer("role", [("", _("All staff")), *((role, Role.Kind(role).label) for role in ROLES)])
        self._offer("schools", list(schools))

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("opens_on"), data.get("closes_on")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("closes_on", _("The last day is before the first."))
        low, high = data.get("grade_low"), data.get("grade_high")
        if low is not None and high is not None and high < low:
            self.add_error("grade_high", _("The last grade is before the first."))
        version = self.versions.get(data.get("version_id"))
        fit = purposes_of(version.instrument) if version is not None else []
        if fit and data.get("purpose") not in (None, *fit):
            words = {"instrument": version, "purposes": ", ".join(str(purpose_words(p).label) for p in fit)}
            self.add_error("purpose", gettext("%(instrument)s may be used for: %(purposes)s.") % words)
        return data

    def draft(self) -> Draft:
        """What the services keep. What belongs to the other kind of people asked is left out."""
        data: dict[str, Any] = {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }
        schools = tuple(data.pop("schools"))
        if data["asked"] == "staff":
            data |= {"grade_low": None, "grade_high": None}
        else:
            data["role"] = ""
        if data["asked"] != "students":
            data["opt_out_until"] = None
        return Draft(**data, school_ids=schools)
