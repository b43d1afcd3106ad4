"""What the pages show: a form as the one who fills it in will see it, on a phone; restrictions in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairlead.apps.instruments import policy
from fairlead.apps.instruments.catalogue import columns
from fairlead.apps.instruments.definition import DomainDef, Form, ItemDef
from fairlead.apps.instruments.models import Domain, Instrument, Item
from fairlead.apps.instruments.selectors import VISIT_KINDS
from fairlead.apps.instruments.words import in_words
from fairlead.apps.support.visibility import purpose_words
from fairlead.desks.coach.forms import ItemRow, VisitForm

LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in one language."""

    key: str
    kind: str
    name: str
    question: str
    options: tuple[tuple[str, str, str], ...]  # value, name, words
    many: bool
    unit: str
    least: str
    most: str
    required: bool


def shown_item(item: ItemDef) -> Shown:
    """An item as it stands on the page of whoever answers, in the language in force."""
    options = [
        (str(n), in_words(level.name, level.name_es), in_words(level.text, level.text_es))
        for n, level in enumerate(item.anchors or item.options, start=1)
    ]
    if options and item.may_be_unseen:
        name = _("Not seen") if item.kind == "rating" else _("I do not know")
        options.append(("unseen", name, _("Stays out of every count.") if item.kind == "rating" else ""))
    least, most = ("" if value is None else f"{value:g}" for value in (item.minimum, item.maximum))
    return Shown(
        item.key, item.kind, in_words(item.name, item.name_es), in_words(item.prompt, item.prompt_es), tuple(options),
        item.kind == "multiple", in_words(item.unit, item.unit_es), least, most, item.required,
    )  # fmt: skip


def preview(domains: tuple[DomainDef, ...], title: str, language: str, kind: str) -> SafeString:
    """The form as on a phone; of a kind that is for visits, drawn by the visit's own template."""
    with translation.override(language):
        if kind in VISIT_KINDS and any(d.items for d in domains):
            shown = {"rows": _rows(domains), "title": title, "language": language, "preview": True}
            return render_to_string("builder/_phone.html", shown)
        groups = [
            (in_words(d.name, d.name_es), in_words(d.about, d.about_es), [shown_item(item) for item in d.items])
            for d in domains
        ]
        return render_to_string("builder/_phone.html", {"groups": groups, "title": title, "language": language})


def preview_of(form: Form, language: str) -> SafeString:
    """A whole form as on a phone."""
    with translation.override(language):
        title = in_words(form.name, form.name_es)
    return preview(form.domains, title, language, form.kind)


def _rows(domains: tuple[DomainDef, ...]) -> list[ItemRow]:
    """The rows of a visit's form over items that are in no table yet."""
    drawn = []
    for at, domain in enumerate(domains, start=1):
        held = Domain(pk=at, key=domain.key, name=domain.name, name_es=domain.name_es)
        drawn += [
            Item(pk=1000 * at + n, domain=held, **columns(replace(item, name=item.name or "…")))
            for n, item in enumerate(domain.items, start=1)
        ]
    form = VisitForm(items=drawn, sections=[], teachers=[(0, "")], fixed=True, prefix="phone")
    return form.rows()


def language_of(asked: str | None) -> str:
    """The language a preview is asked in; the reader's when they do not say."""
    return asked if asked in LANGUAGES else (translation.get_language() or "en")[:2]


def restrictions_in_words(instrument: Instrument) -> list[str]:
    """What an instrument may not be used for, line by line."""
    held = policy.read(instrument.restrictions)
    allowed = ", ".join(purpose_words(p).label for p in policy.purposes_of(instrument))
    lines = [_("May be used for: %(purposes)s.") % {"purposes": allowed or _("nothing")}]
    if held.importable_only:
        lines.append(_("The wording belongs to its publisher: it is not exported or copied."))
    if held.no_high_stakes:
        lines.append(_("Never for a decision about one person."))
    if held.no_raw_counts:
        lines.append(_("Results without the number of people behind each answer."))
    if held.certificate_months:
        lines.append(
            _("Only by certified raters; a certificate ends after %(n)s months.") % {"n": held.certificate_months}
        )
    if (least := policy.least_group(instrument)) > 1:
        lines.append(_("Results for groups of at least %(n)s.") % {"n": least})
    if held.because:
        lines.append(in_words(held.because, held.because_es))
    return lines
