"""The form of a draft, and the small ones of its later steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.lotteries.eligible import COVARIATES, Rule
from fairlead.apps.lotteries.models import Lottery
from fairlead.apps.lotteries.services import Draft

_SHARE = re.compile(r"[1-9]\d{0,3}/[1-9]\d{0,3}|0?[.]\d{1,4}")
_NAMES = {name: label for covariates in COVARIATES.values() for name, label in covariates.items()}
_LIMIT = _("Groups differ by at most this many standard deviations. Empty: not balanced.")


class DaysField(forms.CharField):
    """Days, one a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        try:
            return tuple(
                date.fromisoformat(line.strip()).isoformat() for line in (value or "").splitlines() if line.strip()
            )
        except ValueError:
            raise forms.ValidationError(_("Write one day on each line, such as 2027-01-11.")) from None


class DraftForm(forms.Form):
    """A lottery before its list is closed."""

    title = forms.CharField(label=_("Title"), max_length=120)
    organization_id = forms.TypedChoiceField(label=_("Whose"), coerce=int)
    about = forms.CharField(
        label=_("What is scarce"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("And what it means to win, and to wait. Everybody on the list reads this."),
    )  # fmt: skip
    decided_by = forms.CharField(
        label=_("Who decided that it is drawn"), max_length=120, help_text=_("Names and day.")
    )
    kind = forms.ChoiceField(label=_("What is drawn"), choices=Lottery.Kind.choices, initial="places")
    unit = forms.ChoiceField(label=_("Who is drawn"), choices=Lottery.Unit.choices, initial="teacher")
    grade_low = forms.IntegerField(label=_("Teachers from grade"), min_value=0, max_value=12, required=False)
    grade_high = forms.IntegerField(label=_("Teachers to grade"), min_value=0, max_value=12, required=False)
    least_students = forms.IntegerField(label=_("With at least so many students"), min_value=0, required=False)
    not_coached_since = forms.DateField(
        label=_("Teachers without coaching since"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    strata = forms.ChoiceField(label=_("Drawn"), choices=Lottery.Strata.choices, required=False)
    together = forms.ChoiceField(label=_("Kept together"), choices=Lottery.Together.choices, required=False)
    share = forms.CharField(
        label=_("Share who win"), required=False, max_length=12, help_text=_("Such as 1/2 or 0.25.")
    )
    places = forms.IntegerField(label=_("Or number of places"), min_value=1, required=False)
    steps = DaysField(
        label=_("Days on which the steps begin"), required=False, help_text=_("For a roll-out: one day on each line.")
    )
    limit_students = forms.FloatField(
        label=_("Balance: students"), min_value=0.01, max_value=9, required=False, help_text=_LIMIT
    )
    limit_grade = forms.FloatField(
        label=_("Balance: grade of teachers"), min_value=0.01, max_value=9, required=False, help_text=_LIMIT
    )
    limit_attendance = forms.FloatField(
        label=_("Balance: attendance of schools"), min_value=0.01, max_value=9, required=False, help_text=_LIMIT
    )
    limit_chronic_absence = forms.FloatField(
        label=_("Balance: chronic absence of schools"), min_value=0.01, max_value=9, required=False, help_text=_LIMIT
    )
    public_source = forms.CharField(
        label=_("A public source of chance"), required=False, max_length=200,
        help_text=_("Known only after the seed is committed to, such as the numbers of a named state draw. With it, not even who knows the seed knows the result."),
    )  # fmt: skip
    draw_at = forms.DateTimeField(
        label=_("Drawn in public on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, homes: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["organization_id"]).choices = homes

    def clean_share(self) -> str:
        share = str(self.cleaned_data["share"]).replace(" ", "")
        if share and not _SHARE.fullmatch(share):
            raise forms.ValidationError(_("Write a share such as 1/2 or 0.25."))
        return share

    def draft(self) -> Draft:
        """What the services keep."""
        told = self.cleaned_data
        rule = Rule((), told["grade_low"], told["grade_high"], told["least_students"] or 0, told["not_coached_since"])
        limits = [
            {"covariate": name, "sd": f"{told[f'limit_{name}']:g}"} for name in _NAMES if told.get(f"limit_{name}")
        ]
        same = ("organization_id", "title", "about", "decided_by", "kind", "unit", "strata", "together", "share",
                "places", "steps", "public_source", "draw_at")  # fmt: skip
        return Draft(rule=rule.plain(), limits=limits, **{name: told[name] for name in same})

    @staticmethod
    def of(lottery: Lottery) -> Mapping[str, Any]:
        """A draft as the form first shows it."""
        rule = Rule.read(lottery.rule)
        told = {name: getattr(lottery, name) for name in Draft.__slots__ if name not in ("rule", "limits", "steps")}
        limits = {f"limit_{limit['covariate']}": limit["sd"] for limit in lottery.limits}
        return {**told, **rule.plain(), **limits, "steps": "\n".join(lottery.steps)}


class DrawForm(forms.Form):
    """The result of the public source, where there is one."""

    public_result = forms.CharField(label=_("Result of the public source"), required=False, max_length=200)


class WithdrawForm(forms.Form):
    because = forms.CharField(label=_("Called off, because"), required=False, max_length=250)


class VerifyForm(forms.Form):
    """A record as it was downloaded."""

    file = forms.FileField(label=_("The record"), widget=forms.FileInput(attrs={"accept": ".json,application/json"}))
