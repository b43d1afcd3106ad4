"""Two forms: whom and for which purpose, before anything else; then what was seen, typed once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.instruments.responding import Given, Scripted
from fairlead.apps.instruments.services import VisitEntry
from fairlead.apps.support.visibility import purpose_words

NOT_SEEN = "not_seen"
USUAL_MINUTES = 12
CHOSEN = ("rating", "likert", "choice")  # one of several levels or options
UNASKED = ("note", "photo")  # evidence is in the script; a picture is not taken along in this form

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
    """An item beside its fields, for the template. One that is answered by evidence alone has no field."""

    item: Any
    answer: forms.BoundField | None
    saw: forms.BoundField | None
    options: list[dict[str, Any]]
    opens_domain: bool


class LineForm(forms.Form):
    """A line of the script: when, what was seen or heard, and for which items."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    at = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    text = forms.CharField(
        label=_("What was seen or heard"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    tags = forms.MultipleChoiceField(label=_("For"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, items: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "tags").choices = items


ScriptForms = forms.formset_factory(LineForm, extra=3, max_num=300, absolute_max=300)
LINES = "script"  # the prefix of their names


class VisitForm(forms.Form):
    """One visit: when, what was seen, what the teacher is told, what is promised."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    teacher = forms.TypedChoiceField(
        label=_("Teacher"), coerce=int, error_messages={"required": _("Choose whom you visit.")}
    )
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

    def __init__(
        self,
        *args: Any,
        items: Sequence[Any],
        sections: Choices,
        teachers: Choices,
        fixed: bool,
        waited: bool = False,
        **kwargs: Any,
    ) -> None:
        now = clock.now()
        kwargs.setdefault(
            "initial",
            {
                "token": uuid.uuid4(),
                "teacher": teachers[0][0] if fixed else "",
                "day": now.date(),
                "at": (now - timedelta(minutes=USUAL_MINUTES)).time().replace(second=0, microsecond=0),
                "minutes": USUAL_MINUTES,
                "section": sections[0][0] if fixed and sections else None,
                "due": now.date() + timedelta(days=7),
            },
        )
        super().__init__(*args, **kwargs)
        self.items = items
        self.waited = waited
        _choices(self, "teacher").choices = teachers if fixed else [("", _("Choose a teacher")), *teachers]
        if fixed:
            self.fields["teacher"].widget = forms.HiddenInput()
            self.fields["teacher"].required = False  # the address says who it is
        _choices(self, "section").choices = sections if fixed else [("", _("Not said")), *sections]
        if fixed and len(sections) < 2:
            self.fields["section"].widget = forms.HiddenInput()
        for item in items:
            self._add(item)

    @cached_property
    def script(self) -> Any:
        """The lines of the script, each tagged to items."""
        data = self.data if self.is_bound and f"{LINES}-TOTAL_FORMS" in self.data else None
        names = [(item.key, str(item)) for item in self.items]
        return ScriptForms(data, prefix=LINES, form_kwargs={"items": names})

    def _add(self, item: Any) -> None:
        name = f"item_{item.pk}"
        if item.kind == "text":
            self.fields[name] = forms.CharField(
                label=str(item),
                required=False,
                max_length=2000,
                help_text=item.question,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        elif item.kind == "number":
            label = f"{item} ({item.measured_in})" if item.measured_in else str(item)
            self.fields[name] = forms.FloatField(label=label, required=False, help_text=item.question)
        elif item.kind == "multiple":
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=str(item),
                required=False,
                coerce=int,
                choices=[(n, option) for n, option, _text in item.levels],
                help_text=item.question,
                widget=forms.CheckboxSelectMultiple,
            )
        elif item.kind in CHOSEN:
            unseen = [(NOT_SEEN, _("Not seen"))] if item.may_be_unseen else []
            self.fields[name] = forms.ChoiceField(
                label=str(item),
                required=False,
                initial=NOT_SEEN if item.may_be_unseen else None,
                choices=[*unseen, *((str(n), level) for n, level, _anchor in item.levels)],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose one of the levels, or “Not seen”.")},
            )
        if item.kind == "rating":
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
            answer = self[f"item_{item.pk}"] if f"item_{item.pk}" in self.fields else None
            saw = self[f"saw_{item.pk}"] if item.kind == "rating" else None
            options = self._options(item, answer) if answer is not None and item.kind in CHOSEN else []
            rows.append(ItemRow(item, answer, saw, options, item.domain_id != domain))
            domain = item.domain_id
        return rows

    def _options(self, item: Any, answer: forms.BoundField) -> list[dict[str, Any]]:
        chosen = str(answer.value() or (NOT_SEEN if item.may_be_unseen else ""))
        unseen = [(NOT_SEEN, _("Not seen"), _("Stays out of every count."))] if item.may_be_unseen else []
        return [
            {"value": value, "name": name, "anchor": anchor, "checked": chosen == value}
            for value, name, anchor in [*unseen, *((str(n), name, anchor) for n, name, anchor in item.levels)]
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, at = data.get("day"), data.get("at")
        if day and at:
            data["began_at"] = timezone.make_aware(datetime.combine(day, at))
            if data["began_at"] > clock.now() and not self.waited:
                self.add_error("at", _("A visit cannot begin in the future. Now it is %s.") % f"{clock.now():%H:%M}")
        if data.get("promise") and not data.get("due"):
            self.add_error("due", _("Say by when."))
        if not self.script.is_valid() and self.script.is_bound:
            self.add_error(None, _("A note of the script cannot be read: look at its time."))
        return data

    def entry(self, *, purpose: str, subject_id: int, version_id: int | None, share: bool) -> VisitEntry:
        """What the services record."""
        data = self.cleaned_data
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
            answers={item.pk: self._given(item) for item in self.items if item.kind not in UNASKED},
            script=self._lines(),
            promise=data.get("promise") or "",
            due=data.get("due"),
            share=share,
        )

    def _given(self, item: Any) -> Given:
        given = self.cleaned_data.get(f"item_{item.pk}")
        if item.kind == "text":
            return Given(text=given or "")
        if item.kind == "number":
            return Given(number=given)
        if item.kind == "multiple":
            return Given(chosen=tuple(given or ()) or None)
        seen = bool(given) and given != NOT_SEEN
        return Given(
            level=int(str(given)) if seen else None,
            not_observed=not seen and item.may_be_unseen,
            evidence=self.cleaned_data.get(f"saw_{item.pk}") or "",
        )

    def _lines(self) -> tuple[Scripted, ...]:
        lines = []
        for form in self.script.forms if self.script.is_bound else ():
            said = form.cleaned_data
            if not (said.get("text") or "").strip():
                continue
            at = said.get("at")
            moment = timezone.make_aware(datetime.combine(self.cleaned_data["day"], at)) if at else None
            lines.append(Scripted(said.get("id") or uuid.uuid4(), moment, said["text"], tuple(said["tags"])))
        return tuple(lines)


class PictureForm(forms.Form):
    """A picture or a PDF, and in words what it shows: for whoever cannot see it."""

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("A photo (JPEG or PNG) or a PDF. No faces, no names. Where and when it was taken is not kept."),
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,application/pdf", "capture": "environment", "data-small": True}
        ),
        error_messages={"required": _("Take or choose a picture."), "empty": _("This file is empty.")},
    )
    text = forms.CharField(
        label=_("What it shows"),
        max_length=120,
        error_messages={"required": _("Say in a few words what it shows: not everybody can see it.")},
    )
    item = forms.ChoiceField(label=_("Of"), required=False)

    def __init__(self, *args: Any, items: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "item").choices = [("", _("The visit as a whole")), *items]
        if not items:
            del self.fields["item"]


class WordsForm(forms.Form):
    """A few words: feedback to share, how something was done another way, an answer."""

    words = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: Any, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label
        self.fields["words"].help_text = hint
