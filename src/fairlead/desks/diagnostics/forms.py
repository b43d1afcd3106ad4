"""Forms of a diagnosis: who and with what, evidence, levels with what they rest on, promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.diagnostics.selectors import EvidenceLine, Own
from fairlead.apps.diagnostics.services import Rated
from fairlead.apps.instruments.models import Item

Choices = Sequence[tuple[Any, Any]]
NOTHING = "0"  # nothing was found to rate by


def _choices(form: forms.Form, name: str) -> forms.ChoiceField:
    return cast(forms.ChoiceField, form.fields[name])


def blame(form: forms.Form, error: ValidationError, rename: str = "") -> None:
    """Put a service's refusal where its field is; `rename`: the fields of items begin with this word."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, said in error.message_dict.items():
        field = name.replace("item_", rename) if rename else name
        form.add_error(field if field in form.fields else None, said)


class RatersForm(forms.Form):
    """Who rates, and whether the group wants names beside the levels."""

    raters = forms.TypedMultipleChoiceField(
        label=_("Who rates"),
        help_text=_("Each alone first. A leadership team with teachers in it sees more than one person does."),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose who rates.")},
    )
    named = forms.BooleanField(
        label=_("The group agreed that names stand beside the levels once all talk"), required=False
    )

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "raters").choices = people


class HandOverForm(forms.Form):
    """Who facilitates from here on."""

    to = forms.TypedChoiceField(
        label=_("Who facilitates from here on"),
        help_text=_("From then on you read and do only what you may without it."),
        coerce=int,
    )

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "to").choices = people


class BeginForm(RatersForm):
    """A new diagnosis."""

    version = forms.TypedChoiceField(
        label=_("Instrument"),
        coerce=int,
        help_text=_("Years compare only within one version: last year’s, if you want to see change."),
    )
    field_order = ("version", "raters", "named")

    def __init__(self, *args: Any, versions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "version").choices = versions


class EvidenceForm(forms.Form):
    """A piece of evidence."""

    text = forms.CharField(
        label=_("What was read, counted or heard"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what was read, counted or heard.")},
    )
    items = forms.MultipleChoiceField(
        label=_("Evidence for"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say what it is evidence for.")},
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        help_text=_("The document, the count or the conversation."),
        error_messages={"required": _("Say where it comes from.")},
    )
    dated = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    link = forms.URLField(label=_("Link"), required=False, max_length=500, assume_scheme="https")

    def __init__(self, *args: Any, items: Iterable[Item], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"dated": clock.today()})
        super().__init__(*args, **kwargs)
        _choices(self, "items").choices = [(item.key, str(item)) for item in items]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item beside its fields."""

    item: Item
    level: forms.BoundField | None
    number: forms.BoundField | None
    words: forms.BoundField | None
    rests: forms.BoundField | None
    options: list[dict[str, Any]]
    pieces: list[EvidenceLine]


class LevelsForm(forms.Form):
    """A level for each item, with what it rests on: alone, or the group's."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[Item],
        evidence: Sequence[EvidenceLine],
        known: Own,
        together: bool,
        **kwargs: Any,
    ) -> None:
        initial: dict[str, Any] = {}
        for item in items:
            if item.pk in known.level:
                initial[f"level_{item.pk}"] = str(known.level[item.pk])
            initial[f"number_{item.pk}"] = known.number.get(item.pk)
            initial[f"words_{item.pk}"] = known.words.get(item.pk, "")
            initial[f"rests_{item.pk}"] = list(known.rests.get(item.pk, ()))
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.items, self.evidence = items, evidence
        for item in items:
            if item.kind == Item.Kind.NUMBER:
                self.fields[f"number_{item.pk}"] = forms.FloatField(
                    label=str(item), required=False, min_value=item.minimum, max_value=item.maximum
                )
                continue
            unseen = [(NOTHING, _("Nothing found to rate by"))] if item.kind == Item.Kind.RATING else []
            self.fields[f"level_{item.pk}"] = forms.ChoiceField(
                label=str(item),
                required=False,
                choices=[*((str(n), name) for n, name, _text in item.levels), *unseen],
                widget=forms.RadioSelect,
            )
            if item.kind == Item.Kind.RATING:
                self._grounds(item, together)

    def _grounds(self, item: Item, together: bool) -> None:
        pieces = [piece for piece in self.evidence if item.key in piece.items]
        self.fields[f"rests_{item.pk}"] = forms.TypedMultipleChoiceField(
            label=_("It rests on"),
            required=False,
            coerce=int,
            choices=[(p.pk, f"{p.text} – {p.source}, {date_format(p.dated, 'SHORT_DATE_FORMAT')}") for p in pieces],
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields[f"words_{item.pk}"] = forms.CharField(
            label=_("Why this level") if together else _("What you saw in it"),
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def rows(self) -> list[ItemRow]:
        """The items with their fields, for the template."""
        return [self._row(item) for item in self.items]

    def _row(self, item: Item) -> ItemRow:
        def bound(name: str) -> forms.BoundField | None:
            return self[f"{name}_{item.pk}"] if f"{name}_{item.pk}" in self.fields else None

        level = bound("level")
        chosen = "" if level is None else str(level.value() or "")
        texts = [*((str(n), name, text) for n, name, text in item.levels)]
        if item.kind == Item.Kind.RATING:
            texts.append((NOTHING, str(_("Nothing found to rate by")), ""))
        options = [{"value": n, "name": name, "anchor": text, "checked": n == chosen} for n, name, text in texts]
        pieces = [piece for piece in self.evidence if item.key in piece.items]
        return ItemRow(item, level, bound("number"), bound("words"), bound("rests"), options, pieces)

    def said(self) -> dict[int, Rated]:
        """What was sent, by item; items left empty are left out."""
        found = {}
        for item in self.items:
            level = self.cleaned_data.get(f"level_{item.pk}", "")
            number = self.cleaned_data.get(f"number_{item.pk}")
            words = self.cleaned_data.get(f"words_{item.pk}", "")
            rests = tuple(self.cleaned_data.get(f"rests_{item.pk}", ()))
            if level or number is not None or words.strip() or rests:
                found[item.pk] = Rated(int(level) if level else None, words, rests, number)
        return found


class ConsensusForm(LevelsForm):
    """The group's levels, and how long it talked."""

    minutes = forms.IntegerField(
        label=_("Minutes that the group talked"),
        required=False,
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class PromiseForm(forms.Form):
    """A next step: what, for which item, by when."""

    item = forms.TypedChoiceField(label=_("For"), coerce=int)
    text = forms.CharField(
        label=_("I promise"), max_length=400, error_messages={"required": _("Say what you promise.")}
    )
    due = forms.DateField(
        label=_("By"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Say by when.")},
    )

    def __init__(self, *args: Any, items: Iterable[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "item").choices = [(item.pk, str(item)) for item in items]


class ReviewForm(forms.Form):
    """What became of it, a year later."""

    review = forms.CharField(
        label=_("What became of it"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words what became of it.")},
    )
