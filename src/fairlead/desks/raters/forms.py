"""Forms: levels of a case, a case with its agreed levels, a new set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead.apps.raters import rules
from fairlead.apps.raters.calibrating import CaseEntry

NOT_SEEN = "not_seen"


@dataclass(frozen=True, slots=True)
class LevelRow:
    """An item beside its fields, for the template."""

    item: Any
    answer: forms.BoundField
    why: forms.BoundField | None
    options: list[dict[str, Any]]
    opens_domain: bool


class LevelsForm(forms.Form):
    """A level for each item that is rated. `reasons`: with the reason for it, for levels that are agreed."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[Any],
        known: Mapping[int, int | None] | None = None,
        whys: Mapping[int, str] | None = None,
        reasons: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items, self.reasons = items, reasons
        for item in items:
            unseen = [(NOT_SEEN, _("Not seen"))] if item.may_be_unseen else []
            begun = known is not None and item.pk in known
            level = known[item.pk] if known is not None and begun else None
            self.fields[f"item_{item.pk}"] = forms.ChoiceField(
                label=str(item),
                initial=(str(level) if level is not None else NOT_SEEN) if begun else None,
                choices=[*unseen, *((str(n), name) for n, name, _words in item.levels)],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose a level."), "invalid_choice": _("Choose one of the levels.")},
            )
            if reasons:
                self.fields[f"why_{item.pk}"] = forms.CharField(
                    label=_("Why this level"),
                    required=False,
                    max_length=1000,
                    initial=(whys or {}).get(item.pk, ""),
                    widget=forms.Textarea(attrs={"rows": 2}),
                )

    def levels(self) -> dict[int, int | None]:
        """By item; None where it was not seen."""
        said = self.cleaned_data
        return {
            item.pk: None if said[f"item_{item.pk}"] == NOT_SEEN else int(said[f"item_{item.pk}"])
            for item in self.items
        }

    def whys(self) -> dict[int, str]:
        """The reasons, by item."""
        return {item.pk: self.cleaned_data.get(f"why_{item.pk}") or "" for item in self.items}

    def rows(self) -> list[LevelRow]:
        """The items in order, each beside its fields."""
        rows, domain = [], None
        for item in self.items:
            answer = self[f"item_{item.pk}"]
            unseen = [(NOT_SEEN, _("Not seen"), "")] if item.may_be_unseen else []
            options = [
                {"value": value, "name": name, "anchor": anchor, "checked": str(answer.value() or "") == value}
                for value, name, anchor in [*unseen, *((str(n), name, text) for n, name, text in item.levels)]
            ]
            why = self[f"why_{item.pk}"] if self.reasons else None
            rows.append(LevelRow(item, answer, why, options, item.domain_id != domain))
            domain = item.domain_id
        return rows


def _words(label: Any, *, rows: int = 0, most: int = 120, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=most, widget=widget, **more)


class CaseForm(LevelsForm):
    """A case: what raters read, and the agreed levels."""

    title = _words(_("Title"))
    title_es = _words(_("Title in Spanish"))
    script = _words(
        _("Script of the lesson"),
        rows=10,
        most=12000,
        help_text=_("Invented, or agreed to by everybody in it. No child's name."),
    )
    script_es = _words(_("Script in Spanish"), rows=10, most=12000)
    link = forms.URLField(
        label=_("Where it can be seen"), required=False, max_length=500, assume_scheme="https",
        help_text=_("A film or page outside Fairlead, if there is one."),
    )  # fmt: skip
    file = forms.FileField(label=_("Picture or PDF"), required=False, help_text=_("At most 8 MB."))

    ABOUT = ("title", "title_es", "script", "script_es", "link", "file")

    def about(self) -> list[forms.BoundField]:
        """The fields that say what the case is."""
        return [self[name] for name in self.ABOUT]

    def entry(self) -> CaseEntry:
        """What the services keep."""
        said = self.cleaned_data
        sent = said.get("file")
        return CaseEntry(
            title=said.get("title") or "",
            title_es=said.get("title_es") or "",
            script=said.get("script") or "",
            script_es=said.get("script_es") or "",
            link=said.get("link") or "",
            file_name=sent.name if sent else "",
            content=sent.read() if sent else None,
        )


def _share(label: Any, usual: float | None) -> forms.FloatField:
    percent = None if usual is None else round(usual * 100)
    return forms.FloatField(label=label, required=False, min_value=0, max_value=100, initial=percent)


class SetForm(forms.Form):
    """A new set: for which version, and what passes."""

    version = forms.TypedChoiceField(label=_("Instrument"), coerce=int)
    name = _words(_("Name"), most=80)
    name_es = _words(_("Name in Spanish"), most=80)
    exact = _share(_("Levels that must be exact, in percent"), rules.USUAL.exact)
    adjacent = _share(_("Levels at most one apart, in percent"), rules.USUAL.adjacent)
    domain_exact = _share(_("Exact in every domain, in percent"), rules.USUAL.domain_exact)
    kappa = forms.FloatField(
        label=_("Least weighted kappa, 0 to 1"), required=False, min_value=0, max_value=1, initial=rules.USUAL.kappa
    )
    wait_days = forms.IntegerField(
        label=_("Days before the next attempt"), min_value=0, max_value=365, initial=rules.USUAL.wait_days
    )
    months = forms.IntegerField(
        label=_("The certificate holds for so many months"), min_value=1, max_value=120, initial=rules.USUAL.months
    )
    reused = forms.BooleanField(
        label=_("This set is used again: its agreed levels are never shown"), required=False, initial=True
    )

    RULE = ("exact", "adjacent", "domain_exact", "kappa", "wait_days", "months")

    def __init__(self, *args: Any, versions: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["version"])
        field.choices = versions if len(versions) == 1 else [("", "–"), *versions]

    def rule(self) -> dict[str, Any]:
        """As `rules.read` takes it."""
        said: dict[str, Any] = {name: self.cleaned_data.get(name) for name in self.RULE}
        for name in ("exact", "adjacent", "domain_exact"):
            said[name] = None if said[name] is None else said[name] / 100
        return said


def blame(form: forms.Form, error: Any) -> None:
    """Put a service's refusal beside the field that it is about."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(name if name in form.fields else None, problems)
