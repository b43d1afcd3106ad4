"""Forms of the builder: an instrument, a group, an item with its levels, a file."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.definition import CHOSEN, MOST_LEVELS, MOST_OPTIONS, DomainDef, ItemDef, Level
from fairlead.apps.instruments.models import KEY, Instrument, Item
from fairlead.apps.support.visibility import purpose_words

LEVELS, OPTIONS, SPARE = 6, 10, 2  # rows offered at first; and empty ones behind those that are filled


def _words(label: Any, *, rows: int = 0, most: int = 120, required: bool = False, hint: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, required=required, max_length=most, help_text=hint, widget=widget)


def _key() -> forms.CharField:
    return forms.CharField(
        label=_("Key"),
        max_length=50,
        required=False,
        validators=[KEY],
        help_text=_("Its short name in files and results, such as students-think. Empty: made from the name."),
    )


class _Lined(forms.Form):
    """A browser sends line ends of two characters; a text is kept with one, wherever it comes from. A key left empty is made."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "key" in self.fields and not data.get("key") and "key" not in self.errors:
            data["key"] = slugify(data.get("name", ""))[:50].strip("-_")
            if data.get("name") and not re.match(KEY.regex, data["key"]):
                self.add_error("key", _("Give it a key."))
        return {name: v.replace("\r\n", "\n") if isinstance(v, str) else v for name, v in data.items()}


class AboutForm(_Lined):
    """An instrument: what it is, whose words they are, what it may not be used for."""

    key = _key()
    kind = forms.ChoiceField(label=_("Kind"), choices=Instrument.Kind.choices)
    name = _words(_("Name"), required=True)
    name_es = _words(_("Name in Spanish"))
    about = _words(_("What it is for"), rows=3, most=4000)
    about_es = _words(_("What it is for, in Spanish"), rows=3, most=4000)
    licence = _words(
        _("Licence"), required=True, hint=_("Who owns the words and what may be done with them, such as CC BY 4.0.")
    )
    source = _words(_("Source"), most=250, hint=_("Who wrote it and where it is found."))
    purposes = forms.MultipleChoiceField(
        label=_("Only for these purposes"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None marked: all that an instrument of its kind is made for."),
    )  # fmt: skip
    importable_only = forms.BooleanField(label=_("The wording may not leave this installation"), required=False)
    no_high_stakes = forms.BooleanField(label=_("Never for a decision about one person"), required=False)
    no_raw_counts = forms.BooleanField(label=_("Results without counts of people"), required=False)
    certificate_months = forms.IntegerField(
        label=_("Raters need a certificate, good for so many months"), required=False, min_value=1, max_value=120
    )
    minimum_group = forms.IntegerField(
        label=_("Results only for groups of at least"), required=False, min_value=1, max_value=120
    )
    because = _words(_("Why, for those who are refused"), rows=2, most=500)
    because_es = _words(_("Why, in Spanish"), rows=2, most=500)

    RESTRICTIONS = ("purposes", "importable_only", "no_high_stakes", "no_raw_counts", "certificate_months",
                    "minimum_group", "because", "because_es")  # fmt: skip

    def __init__(self, *args: Any, known: Instrument | None = None, **kwargs: Any) -> None:
        if known is not None:
            values = {name: getattr(known, name) for name in self.base_fields if hasattr(known, name)}
            kwargs.setdefault("initial", {**values, **known.restrictions})
        super().__init__(*args, **kwargs)
        offered = [(p, purpose_words(p).label) for p in purposes() if p not in policy.NOT_OFFERED]
        self.fields["purposes"].choices = offered  # type: ignore[attr-defined]
        if known is not None:
            for name in ("key", "kind"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What the services keep, restrictions together and only those that say something."""
        data = dict(self.cleaned_data)
        held = {name: data.pop(name) for name in self.RESTRICTIONS}
        return data | {"restrictions": {name: value for name, value in held.items() if value}}


class CopyForm(_Lined):
    """A new key and name for the words of another instrument."""

    key = _key()
    name = _words(_("Name"), required=True)
    name_es = _words(_("Name in Spanish"))


class FileForm(forms.Form):
    """A file to bring in, and what a file from elsewhere may not say."""

    file = forms.FileField(label=_("File"), help_text=_("JSON or XLSForm (.xlsx), up to 2 MB."), required=False)
    key = forms.CharField(
        label=_("Key"), required=False, max_length=50, help_text=_("Where the file does not say it.")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", "—"), *Instrument.Kind.choices],
        help_text=_("Where the file does not say it."),
    )  # fmt: skip
    licence = forms.CharField(
        label=_("Licence"), required=False, max_length=120, help_text=_("Where the file does not say it.")
    )


class VersionForm(_Lined):
    """What is new in a version, and which form it is."""

    notes = _words(_("What is new, and why"), rows=2, most=4000)
    notes_es = _words(_("What is new, in Spanish"), rows=2, most=4000)
    form = forms.CharField(
        label=_("Form"), required=False, max_length=50, validators=[KEY],
        help_text=_("Only where several forms are used side by side, such as before and after."),
    )  # fmt: skip
    form_name = _words(_("Name of the form"), most=60)
    form_name_es = _words(_("Name of the form, in Spanish"), most=60)

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first:  # nothing was there before it, so nothing is new
            del self.fields["notes"], self.fields["notes_es"]


class GroupForm(_Lined):
    """A group of items."""

    key = _key()
    name = _words(_("Name"), required=True)
    name_es = _words(_("Name in Spanish"))
    about = _words(_("To be read before its items"), rows=2, most=4000)
    about_es = _words(_("To be read before its items, in Spanish"), rows=2, most=4000)

    def definition(self) -> DomainDef:
        """The group as the services take it."""
        return DomainDef(**self.cleaned_data)


class ItemForm(_Lined):
    """An item of one kind: only the fields that the kind has."""

    group = forms.ChoiceField(label=_("Group"))
    key = _key()
    name = _words(_("Short name"), required=True)
    name_es = _words(_("Short name in Spanish"))
    prompt = _words(_("Question"), rows=2, most=4000)
    prompt_es = _words(_("Question in Spanish"), rows=2, most=4000)
    required = forms.BooleanField(label=_("Must be answered"), required=False)
    may_be_unseen = forms.BooleanField(
        label=_("May be left as “not seen” or “I do not know”"), required=False, initial=True
    )

    def __init__(self, *args: Any, kind: str, groups: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["group"].choices = groups  # type: ignore[attr-defined]
        self.most = MOST_LEVELS if kind == "rating" else MOST_OPTIONS if kind in CHOSEN else 0
        self.rows = min(self.most, max(LEVELS if kind == "rating" else OPTIONS, self._filled() + SPARE))
        for n in range(1, self.rows + 1):
            self.fields[f"level_{n}"] = _words(_("Name"))
            self.fields[f"level_{n}_es"] = _words(_("Name in Spanish"))
            if kind == "rating":
                self.fields[f"text_{n}"] = _words(_("What can be seen or heard"), rows=2, most=1000)
                self.fields[f"text_{n}_es"] = _words(_("The same in Spanish"), rows=2, most=1000)
            if kind in ("choice", "multiple"):
                self.fields[f"correct_{n}"] = forms.BooleanField(label=_("Is right"), required=False)
        if kind == "likert":
            self.fields["reverse"] = forms.BooleanField(
                label=_("Reversed: agreeing says the opposite of what the group measures"), required=False
            )
        if kind == "number":
            self.fields["minimum"] = forms.FloatField(label=_("Least"), required=False)
            self.fields["maximum"] = forms.FloatField(label=_("Most"), required=False)
            self.fields["unit"] = _words(_("Unit"), most=30)
            self.fields["unit_es"] = _words(_("Unit in Spanish"), most=30)

    def _filled(self) -> int:
        """The last row that has a name, as typed or as kept: none of an item's levels may be left out unseen."""
        return max((n for n in range(1, self.most + 1) if self._said(f"level_{n}")), default=0)

    def _said(self, name: str) -> str:
        return str((self.data if self.is_bound else self.initial).get(name) or "").strip()

    @staticmethod
    def initial_of(item: ItemDef, group: str) -> dict[str, Any]:
        """An item as the form shows it."""
        values: dict[str, Any] = {"group": group}
        for name in ("key", "name", "name_es", "prompt", "prompt_es", "required", "may_be_unseen", "reverse", "minimum",
                     "maximum", "unit", "unit_es"):  # fmt: skip
            values[name] = getattr(item, name)
        for n, level in enumerate(item.anchors or item.options, start=1):
            values |= {f"level_{n}": level.name, f"level_{n}_es": level.name_es, f"text_{n}": level.text,
                       f"text_{n}_es": level.text_es, f"correct_{n}": n in item.correct}  # fmt: skip
        return values

    def level_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each level, for the template."""
        return [
            [self[name] for name in (f"level_{n}", f"level_{n}_es", f"text_{n}", f"text_{n}_es", f"correct_{n}")
             if name in self.fields]
            for n in range(1, self.rows + 1)
        ]  # fmt: skip

    def definition(self) -> ItemDef:
        """The item as typed so far: what has a level's name counts, empty rows do not."""
        data = getattr(self, "cleaned_data", {})

        def said(name: str) -> str:
            return str(data.get(name) or "").strip()

        filled = [n for n in range(1, self.rows + 1) if said(f"level_{n}")]
        levels = tuple(
            Level(said(f"level_{n}"), said(f"level_{n}_es"), said(f"text_{n}"), said(f"text_{n}_es")) for n in filled
        )
        return ItemDef(
            key=said("key"), kind=self.kind, name=said("name"), name_es=said("name_es"), prompt=said("prompt"),
            prompt_es=said("prompt_es"),
            anchors=levels if self.kind == "rating" else (),
            options=levels if self.kind in CHOSEN else (),
            correct=tuple(at for at, n in enumerate(filled, start=1) if data.get(f"correct_{n}")),
            reverse=bool(data.get("reverse")), minimum=data.get("minimum"), maximum=data.get("maximum"),
            unit=said("unit"), unit_es=said("unit_es"), required=bool(data.get("required")),
            may_be_unseen=bool(data.get("may_be_unseen")),
        )  # fmt: skip


ITEM_KINDS = Item.Kind.choices


def blame(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal beside the field that it is about; the rest stands above the form."""
    if hasattr(error, "error_dict"):
        for name, found in error.error_dict.items():
            form.add_error(name if name in form.fields else None, found)
        return
    for problem in error.error_list:
        where = (problem.params or {}).get("where", ("", "", ""))[2]
        form.add_error(where if where in form.fields else None, problem.messages)
