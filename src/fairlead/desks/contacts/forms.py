"""The form of one contact: already filled, so that one tap opens it and one tap saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead import clock
from fairlead.apps.support.conversations import OpenPromise
from fairlead.apps.support.recording import KINDS, MOST_MINUTES, MOST_WORDS, ContactEntry, Settled

OPEN, KEPT, OTHERWISE = "", "kept", "otherwise"
OUTCOMES = ((OPEN, gettext_lazy("still open")), (KEPT, gettext_lazy("kept")), (OTHERWISE, gettext_lazy("done another way, because")))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody with whom the person may be in contact, and their school."""

    person_id: int
    name: str
    organization_id: int
    school: str


@dataclass(frozen=True, slots=True)
class Row:
    """A person of the form, with their box and their own minutes."""

    who: Who
    checked: bool
    minutes: str


class ContactForm(forms.Form):
    """With whom, when, how long, which kind; what they may read; what was promised; what has become of promises."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    plan = forms.IntegerField(required=False, widget=forms.HiddenInput)
    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("With whom"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose with whom you were in contact.")},
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(k.value, k.label) for k in KINDS])
    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    at = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=1,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What they should remember (may stay empty)"),
        help_text=gettext_lazy("Whoever was there reads exactly this and can answer. No student's name."),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    promise = forms.CharField(label=gettext_lazy("A promise"), required=False, max_length=400)
    due = forms.DateField(
        label=gettext_lazy("By"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    by_them = forms.BooleanField(label=gettext_lazy("They promise it to me"), required=False)

    def __init__(
        self,
        *args: Any,
        people: Sequence[Who],
        purposes: Sequence[tuple[str, str]],
        promises: Sequence[OpenPromise],
        waited: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.who, self.waited = {w.person_id: w for w in people}, waited
        self.fields["people"].choices = [(w.person_id, w.name) for w in people]  # type: ignore[attr-defined]
        self.fields["purpose"].choices = list(purposes)  # type: ignore[attr-defined]
        if len(purposes) == 1:
            self.fields["purpose"].widget = forms.HiddenInput()
        self.promises = list(promises)
        for who in people:
            self.fields[f"minutes_{who.person_id}"] = forms.IntegerField(
                label=_("Minutes of %(name)s") % {"name": who.name}, required=False, min_value=1, max_value=MOST_MINUTES,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
        for promise in self.promises:
            if not promise.mine:
                continue
            outcome, words = f"outcome_{promise.pk}", f"words_{promise.pk}"
            self.fields[outcome] = forms.ChoiceField(
                label=_("What has become of it: %(promise)s") % {"promise": promise.text},
                choices=OUTCOMES,
                required=False,
            )
            self.fields[words] = forms.CharField(
                label=_("What shows it, or why another way: %(promise)s") % {"promise": promise.text},
                required=False,
                max_length=400,
            )

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The people by school, each with box and minutes."""
        chosen = {str(value) for value in self["people"].value() or ()}
        schools: dict[str, list[dict[str, Any]]] = {}
        for who in self.who.values():
            row = {"who": who, "checked": str(who.person_id) in chosen, "minutes": self[f"minutes_{who.person_id}"]}
            schools.setdefault(who.school, []).append(row)
        return list(schools.items())

    def lines(self) -> list[dict[str, Any]]:
        """The open promises, each with its two fields where it is the person's to settle."""
        return [
            {
                "promise": p,
                "outcome": self[f"outcome_{p.pk}"] if p.mine else None,
                "words": self[f"words_{p.pk}"] if p.mine else None,
            }
            for p in self.promises
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, at = data.get("day"), data.get("at")
        if day and at:
            began = timezone.make_aware(datetime.combine(day, at))
            if self.waited:
                began = min(began, clock.now())  # of a device whose clock was ahead
            if began > clock.now():
                self.add_error(
                    "at",
                    _("It cannot begin in the future. Now it is %s.") % f"{timezone.localtime(clock.now()):%H:%M}",
                )
            data["began_at"] = began
        if data.get("promise") and not data.get("due"):
            self.add_error("due", _("Say by when."))
        if len({self.who[p].organization_id for p in data.get("people", ()) if p in self.who}) > 1:
            self.add_error("people", _("One contact is with people of one school. Log the others by themselves."))
        for promise in self.promises:
            if data.get(f"outcome_{promise.pk}") == OTHERWISE and not data.get(f"words_{promise.pk}"):
                self.add_error(f"words_{promise.pk}", _("Say in a few words what you did instead."))
        return data

    def entry(self) -> ContactEntry:
        """What the service records."""
        data = self.cleaned_data
        people = tuple(data["people"])
        return ContactEntry(
            token=data["token"],
            organization_id=self.who[people[0]].organization_id,
            purpose=data["purpose"],
            kind=data["kind"],
            at=data["began_at"],
            minutes=data["minutes"],
            people=people,
            minutes_of={p: data[f"minutes_{p}"] for p in people if data.get(f"minutes_{p}")},
            note=data.get("note") or "",
            promise=data.get("promise") or "",
            due=data.get("due"),
            by_them=bool(data.get("by_them")),
            settled=tuple(self._settled()),
            plan_id=data.get("plan"),
        )

    def _settled(self) -> list[Settled]:
        found = []
        for promise in self.promises:
            outcome = self.cleaned_data.get(f"outcome_{promise.pk}")
            words = self.cleaned_data.get(f"words_{promise.pk}") or ""
            if outcome == KEPT:
                found.append(Settled(promise.pk, evidence=words))
            elif outcome == OTHERWISE:
                found.append(Settled(promise.pk, because=words, kept=False))
        return found


def blame(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal where its field is."""
    said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, words in said.items():
        form.add_error(name if name in form.fields else None, words)
