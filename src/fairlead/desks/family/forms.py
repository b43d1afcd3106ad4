"""What a guardian is asked: a reason, and a few words if they like."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.attendance.family_services import LONGEST_WORDS, REASONS


class AnswerForm(forms.Form):
    """One answer. The page asks to confirm it before it is sent."""

    reason = forms.ChoiceField(label=_("Why was your child not at school?"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Anything the school should know (you may leave this empty)"),
        help_text=_("At most 300 characters."),
        max_length=LONGEST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_WORDS}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)
        reason.choices = REASONS
        reason.error_messages["required"] = _("Please choose a reason.")

    @property
    def reason_label(self) -> str:
        return str(dict(REASONS)[self.cleaned_data["reason"]])
