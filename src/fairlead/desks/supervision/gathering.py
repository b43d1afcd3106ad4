"""What exists already and may stand in an appraisal: results in context, and voices that were asked for it.

Each offer carries where it comes from, how far chance goes, how much is covered and what to check first. What may not be
used is named with the reason. Nothing is cited by itself: whoever appraises cites by hand, in words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import selectors as caseload
from fairlead.apps.caseload.recipes import recipe
from fairlead.apps.instruments import policy
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.words import in_words
from fairlead.apps.progress import selectors as progress
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.supervision import services, template
from fairlead.apps.supervision.models import Appraisal, Source
from fairlead.apps.surveys import selectors as surveys
from fairlead.desks.shares import percent


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that could be brought in."""

    kind: str
    origin: str
    title: str
    text: str
    context: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What is not offered, and why."""

    title: str
    why: str


def way_there(scope: Scope, origin: str) -> str:
    """The page that a gathered source comes from; "" for one written by hand, or where the reader has no such page."""
    kind, _colon, key = origin.partition(":")
    if kind == "indicator" and key in indicators() and scope.has("network_lead", "analyst"):
        return reverse("network:indicator", args=[key])
    return reverse("surveys:results", args=[key]) if kind == "survey" and key.isdecimal() else ""


def gathered(scope: Scope, found: Appraisal, brought: Collection[Source], today: date) -> tuple[list[Offer], list[Refused]]:  # fmt: skip
    """What may be brought in and was not yet, and what may not."""
    need = _need(scope, found.organization_id, today)
    offers, refused = _results(scope, found, need)
    voices, not_asked = _voices(scope, found, need)
    have = {(source.origin, source.title) for source in brought}
    return [o for o in (*offers, *voices) if (o.origin, o.title) not in have], [*refused, *not_asked]


def _day(day: date) -> str:
    return str(date_format(day, "SHORT_DATE_FORMAT"))


def _need(scope: Scope, school: int, today: date) -> str:
    tiers = {tier.key: tier.label for tier in recipe().tiers}
    for need in caseload.needs(scope, today):
        if need.organization_id == school and need.tier in tiers:
            return _("Need of the school: %(tier)s (%(day)s).") % {"tier": tiers[need.tier], "day": _day(need.as_of)}
    return _("Need of the school: not worked out.")


def _results(scope: Scope, found: Appraisal, need: str) -> tuple[list[Offer], list[Refused]]:
    admitted, known = template.packs()[found.template].results, progress.series(scope, [found.organization_id])
    offers, refused = [], []
    for key in admitted:
        one = known[key]
        label, point = one.indicator.label, one.latest
        if point is None:
            refused.append(Refused(label, _("There is no number yet.")))
        elif point.n < one.indicator.min_n:
            refused.append(
                Refused(label, _("Too few to say anything: fewer than %(n)s.") % {"n": one.indicator.min_n})
            )
        else:
            share = point.share
            caveats = [need]
            if share:
                caveats.append(_("By chance alone a school of this size could show %(low)s to %(high)s.") % {"low": percent(share.low), "high": percent(share.high)})  # fmt: skip
            if one.coverage is not None:
                caveats.append(
                    _("Records there are, of those expected: %(share)s.") % {"share": percent(one.coverage)}
                )
            caveats += [flag.says for flag in one.flags]
            caveats.append(_("It says more about a school's need than about its leader."))
            covers = {"week": _("the week"), "four weeks": _("the four weeks"), "year": _("the year so far")}
            words = {
                "value": percent(point.value), "n": point.n, "last": _day(point.ends),
                "span": covers[one.indicator.window],
            }  # fmt: skip
            text = f"{one.indicator.says} " + _("%(value)s, counted over %(n)s, for %(span)s up to %(last)s.") % words
            title = f"{label}, {_day(point.ends)}"
            offers.append(Offer(Source.Kind.RESULTS, f"indicator:{key}", title, text, " ".join(caveats)[:1000]))
    others = ", ".join(i.label for key, i in indicators().items() if key not in admitted)
    refused.append(Refused(others, _("Counted from coaching, which nobody is appraised with, or from what others owe the principal.")))  # fmt: skip
    return offers, refused


def _voices(scope: Scope, found: Appraisal, need: str) -> tuple[list[Offer], list[Refused]]:
    offers, refused = [], []
    for known in surveys.administrations(scope):
        if known.counted_at is None or template.year_of(known.opens_on) != found.year:
            continue
        name, instrument = in_words(known.name, known.name_es), known.version.instrument
        why = services.why_no_voice(instrument, known.purpose)
        told = [] if why else [x for x in surveys.results(scope, known, found.organization_id) if x.part == "domain" and x.exact and x.share is not None]  # fmt: skip
        if why or not told:
            refused.append(Refused(name, why or _("Too few answered at this school to tell anything.")))
            continue
        names = {item.domain.key: str(item.domain) for item in instruments.items_of(known.version_id)}
        lines = [
            _("%(what)s: %(share)s favourable (by chance %(low)s to %(high)s)")
            % {"what": names.get(x.key, x.key), "share": percent(x.share), "low": percent(x.low), "high": percent(x.high)}
            for x in told
        ]  # fmt: skip
        rate = next((r for r in surveys.rates(scope, known) if r.organization_id == found.organization_id), None)
        answered = _("Answered: %(share)s of those asked.") % {"share": percent(rate.share if rate else None)}
        least = _("Groups of at least %(n)s only.") % {"n": policy.least_group(instrument)}
        offers.append(
            Offer(Source.Kind.VOICE, f"survey:{known.pk}", f"{name}, {known.get_asked_display()}"[:200], "\n".join(lines)[:4000], f"{need} {answered} {least}")
        )  # fmt: skip
    return offers, refused
