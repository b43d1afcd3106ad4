"""How ratings are distributed, for the network's lead: by supervisor and by need of the school, with the interval first."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.caseload import selectors as caseload
from fairlead.apps.caseload.recipes import recipe
from fairlead.apps.roster import selectors as roster
from fairlead.apps.supervision import template
from fairlead.apps.supervision.distribution import LEAST, NO_TIER, Row
from fairlead.apps.supervision.distribution import distribution as distributed
from fairlead.desks.charts import BAND, INK, Figure, figure
from fairlead.desks.shares import percent
from fairlead.science.proportion import Share


@require_safe
@needs("network_lead")
def distribution(request: ScopedRequest) -> HttpResponse:
    """Two tables that rank nobody, and the standards of the whole network."""
    scope = request.scope
    known = {need.organization_id: need for need in caseload.needs(scope, clock.today())}
    tiers = [(t.key, t.label) for t in recipe().tiers]
    found = distributed(scope, tiers, {pk: need.tier for pk, need in known.items()})
    log_list(scope, "appraisals", {o.pk for o in roster.organizations(scope) if o.kind == "school"})
    pack = list(template.packs().values())[-1]
    tables = [
        ("supervisor", _("By supervisor"), _("Supervisor"), found.by_supervisor),
        ("tier", _("By need of the school"), _("Tier of need"), found.by_tier),
    ]
    context = {
        "found": found,
        "years": ", ".join(found.years),
        "least": LEAST,
        "need_on": max((need.as_of for need in known.values()), default=None),
        "tables": [(key, title, head, _lines(rows), _drawn(title, head, rows)) for key, title, head, rows in tables if rows],
        "levels": [word.label for word in pack.levels.values()],
        "standards": [
            (pack.standards[key].label, [(word.label, percent(s.value), _range(s)) for word, s in zip(pack.levels.values(), shares, strict=True)])
            for key, shares in found.standards
        ],
    }  # fmt: skip
    return render(request, "supervision/distribution.html", context)


def _range(share: Share) -> str:
    return _("%(low)s to %(high)s") % {"low": percent(share.low), "high": percent(share.high)}


def _told(share: Share | None) -> tuple[str, str]:
    return (_range(share), percent(share.value)) if share else ("", "")


def _name(row: Row) -> str:
    return _("The whole network") if row.whole else row.name if row.name != NO_TIER else _("need not worked out")


def _lines(rows: Sequence[Row]) -> list[tuple[str, bool, int | None, tuple[str, str], tuple[str, str]]]:
    return [(_name(row), row.whole, row.n, _told(row.support), _told(row.high)) for row in rows]


def _drawn(title: str, head: str, rows: Sequence[Row]) -> Figure | None:
    """The intervals of both questions; None where every group is withheld."""
    asked = {"support": _("Needs support on at least one standard"), "high": _("Strong on most standards")}
    values = [
        {"group": _name(row), "question": words, "value": 100 * share.value, "low": 100 * share.low, "high": 100 * share.high}
        for row in rows
        for key, words in asked.items()
        if (share := getattr(row, key)) is not None
    ]  # fmt: skip
    if not values:
        return None
    order = list(dict.fromkeys(v["group"] for v in values))
    scale = alt.Scale(domain=[0, 100])
    y = alt.Y("group:N", title=None, sort=order, axis=alt.Axis(labelLimit=180))
    base = alt.Chart().properties(width=300, height=26 * len(order))
    drawn = alt.layer(
        base.mark_bar(color=BAND, height=11, cornerRadius=4).encode(y=y, x=alt.X("low:Q", title=_("percent"), scale=scale), x2="high:Q"),
        base.mark_point(color=INK, filled=True, size=48, opacity=1).encode(y=y, x=alt.X("value:Q", title=_("percent"), scale=scale)),
        data=alt.Data(values=values),
    ).facet(column=alt.Column("question:N", title=None, sort=list(asked.values())))  # fmt: skip
    summary = _(
        "Share of appraisals, each group in order of name. The band is Wilson's interval, right in 19 cases of 20: what a "
        "group of that size could show by chance. Bands that overlap do not tell groups apart."
    )
    columns = [head, _("Question"), _("Could be by chance"), _("Share")]
    table = [(v["group"], v["question"], _("%(low)s to %(high)s") % {"low": percent(v["low"] / 100), "high": percent(v["high"] / 100)}, percent(v["value"] / 100)) for v in values]  # fmt: skip
    return figure(drawn, _("%(title)s: shares with their intervals") % {"title": title}, summary, columns, table)
