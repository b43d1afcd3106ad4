"""How a contact went in full, and what a school lets Fairlead do by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.attendance.families import Guardian, outcomes, ways
from fairlead.apps.attendance.services import How
from fairlead.desks.office.languages import LANGUAGES

EXPLAINED = (("excused", _("Explained: excused")), ("unexcused", _("Explained: not excused")))
PICKED = ("reached", "left_message", "no_answer", "wrong_number", "other_way")


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = choices


class ContactForm(forms.Form):
    """One contact. Everything but the outcome may stay as it is."""

    outcome = forms.ChoiceField(label=_("How it went"), widget=forms.RadioSelect)
    guardian = forms.TypedChoiceField(
        label=_("Who was reached"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    channel = forms.ChoiceField(label=_("How they were contacted"), required=False, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language spoken"), required=False)
    interpreter = forms.BooleanField(label=_("An interpreter was needed"), required=False)
    return_on = forms.DateField(
        label=_("Back at school on, as the family says"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=_("Note, or what the family said"),
        help_text=_("Done another way, or contacted another way? Say here how."),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: Any, guardians: Sequence[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(outcomes())
        _choices(self, "outcome", [*((key, words[key]) for key in PICKED), *EXPLAINED])
        _choices(self, "guardian", [(g.person_id, g.name) for g in guardians if g.may_contact])
        _choices(self, "channel", [(key, label) for key, label in ways() if key != "link"])
        _choices(self, "language", [("", _("not noted")), *LANGUAGES.items()])
        self.fields["outcome"].error_messages["required"] = _("Choose how the call went.")

    @property
    def how(self) -> How:
        data = self.cleaned_data
        return How(data["channel"] or "phone", data["language"], data["interpreter"], data["return_on"])


class ByItselfForm(forms.Form):
    """What a school lets Fairlead do by itself."""

    remind_at_deadline = forms.BooleanField(
        label=_("Remind teachers when a roll's deadline has passed"),
        help_text=_("Once for each roll, on the teacher's page and by e-mail."),
        required=False,
    )
    message_families = forms.BooleanField(
        label=_("Send families a link when nobody has explained an absence"),
        help_text=_(
            "By e-mail, twenty minutes after the roll has come, to the first guardian who may be contacted and has an "
            "address. Never to anybody else."
        ),
        required=False,
    )
    link_days = forms.IntegerField(
        label=_("Days that a family's link lives"), help_text=_("From 1 to 30."), min_value=1, max_value=30
    )
