"""Two forms: whom and for which purpose, before anything else; then what was seen, typed once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.instruments.responding import Given
from fairlead.apps.instruments.services import VisitEntry
from fairlead.apps.support.visibility import purpose_words

NOT_SEEN = "not_seen"
USUAL_MINUTES = 12

Choices = Sequence[tuple[Any, Any]]


def _choices(form: forms.Form, name: str) -> forms.ChoiceField:
    """The field of that name, known to offer choices."""
    return cast(forms.ChoiceField, form.fields[name])


class ChooseForm(forms.Form):
    """Whom, and for which purpose: chosen before the visit's form opens, since it says who will see it."""

    teacher = forms.TypedChoiceField(label=_("Teacher"), coerce=int)
    purpose = forms.ChoiceField(label=_("Purpose"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, teachers: Choices, purposes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "teacher").choices = [("", _("Choose a teacher")), *teachers]
        _choices(self, "purpose").choices = [(p, purpose_words(p).label) for p in purposes]
        self.fields["purpose"].error_messages["required"] = _(
            "Choose the purpose first: it says who will see this visit."
        )
        self.fields["teacher"].error_messages["required"] = _("Choose whom you visit.")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item beside its fields, for the template."""

    item: Any
    answer: forms.BoundField
    saw: forms.BoundField | None
    options: list[dict[str, Any]]
    opens_domain: bool


class VisitForm(forms.Form):
    """One visit: when, what was seen, what the teacher is told, what is promised."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    at = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=1,
        max_value=240,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("How many minutes were you there?"),
            "invalid": _("Write the minutes as a whole number."),
        },
    )
    section = forms.TypedChoiceField(label=_("Class"), coerce=int, empty_value=None, required=False)
    note = forms.CharField(
        label=_("Note"),
        help_text=_("What was going on when you came in. Short is fine."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    feedback = forms.CharField(
        label=_("Feedback"),
        required=False,
        max_length=4000,
        help_text=_("One thing that worked, with what you saw; one next step. The teacher reads exactly this."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    promise = forms.CharField(
        label=_("What you promise"),
        required=False,
        max_length=400,
        help_text=_("Leave empty when you promise nothing."),
    )
    due = forms.DateField(
        label=_("By"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, items: Sequence[Any], sections: Choices, **kwargs: Any) -> None:
        now = clock.now()
        kwargs.setdefault(
            "initial",
            {
                "token": uuid.uuid4(),
                "day": now.date(),
                "at": (now - timedelta(minutes=USUAL_MINUTES)).time().replace(second=0, microsecond=0),
                "minutes": USUAL_MINUTES,
                "section": sections[0][0] if sections else None,
                "due": now.date() + timedelta(days=7),
            },
        )
        super().__init__(*args, **kwargs)
        self.items = items
        if len(sections) > 1:
            _choices(self, "section").choices = sections
        else:
            _choices(self, "section").choices = sections
            self.fields["section"].widget = forms.HiddenInput()
        for item in items:
            if item.kind == "text":
                self.fields[f"item_{item.pk}"] = forms.CharField(
                    label=str(item),
                    required=False,
                    max_length=2000,
                    help_text=item.question,
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
                continue
            levels = [(str(n), name) for n, name, _anchor in item.levels]
            self.fields[f"item_{item.pk}"] = forms.ChoiceField(
                label=str(item),
                required=False,
                initial=NOT_SEEN,
                choices=[(NOT_SEEN, _("Not seen")), *levels],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose one of the levels, or “Not seen”.")},
            )
            self.fields[f"saw_{item.pk}"] = forms.CharField(
                label=_("What you saw or heard"),
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def rows(self) -> list[ItemRow]:
        """The items in order, each beside its fields."""
        rows, domain = [], None
        for item in self.items:
            answer = self[f"item_{item.pk}"]
            chosen = str(answer.value() or NOT_SEEN)
            options = [
                {"value": value, "name": name, "anchor": anchor, "checked": chosen == value, "number": number}
                for value, name, anchor, number in (
                    [(NOT_SEEN, _("Not seen"), _("Stays out of every count."), "")]
                    + [(str(n), name, anchor, n) for n, name, anchor in item.levels]
                )
            ]
            saw = self[f"saw_{item.pk}"] if item.kind == "rating" else None
            rows.append(ItemRow(item, answer, saw, options, item.domain_id != domain))
            domain = item.domain_id
        return rows

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, at = data.get("day"), data.get("at")
        if day and at:
            data["began_at"] = timezone.make_aware(datetime.combine(day, at))
            if data["began_at"] > clock.now():
                self.add_error("at", _("A visit cannot begin in the future. Now it is %s.") % f"{clock.now():%H:%M}")
        if data.get("promise") and not data.get("due"):
            self.add_error("due", _("Say by when."))
        return data

    def entry(self, *, purpose: str, subject_id: int, version_id: int | None, share: bool) -> VisitEntry:
        """What the services record."""
        data = self.cleaned_data
        answers = {}
        for item in self.items:
            given = data.get(f"item_{item.pk}") or ""
            if item.kind == "text":
                answers[item.pk] = Given(text=given)
            else:
                seen = given not in ("", NOT_SEEN)
                answers[item.pk] = Given(
                    level=int(given) if seen else None,
                    not_observed=not seen,
                    evidence=data.get(f"saw_{item.pk}") or "",
                )
        return VisitEntry(
            token=data["token"],
            purpose=purpose,
            subject_id=subject_id,
            section_id=data.get("section"),
            began_at=data["began_at"],
            minutes=data["minutes"],
            version_id=version_id,
            note=data.get("note") or "",
            feedback=data.get("feedback") or "",
            answers=answers,
            promise=data.get("promise") or "",
            due=data.get("due"),
            share=share,
        )


class WordsForm(forms.Form):
    """A few words: feedback to share, how something was done another way, an answer."""

    words = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: Any, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label
        self.fields["words"].help_text = hint
