"""The city lead's pages: seats, rules, investments, and Los Angeles. Aggregates only; no page reads a student."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.places import selectors, services
from fairlead.apps.places.forms import InvestmentForm, OpeningsForm
from fairlead.apps.places.los_angeles import OFFERS_FILE, RESULTS_FILE, SLUG
from fairlead.apps.places.models import City, Investment, SeatTable
from fairlead.apps.places.rules import quality_rules, result_columns
from fairlead.desks.city.charts import offers_chart, seats_chart
from fairlead.desks.kept import Kept

MOST = 15  # ZIP codes of Los Angeles in the chart and in the open part of the table


def _scope(request: ScopedRequest) -> Scope:
    return request.scope


def _asked(request: ScopedRequest) -> list[str]:
    return [request.GET.get("first", ""), request.GET.get("second", "")]


@require_safe
@needs("city_lead")
def desk(request: ScopedRequest) -> HttpResponse:
    """Quality seats by ZIP under two rules, the service gap by grade band, and what money opened."""
    scope = _scope(request)
    city = selectors.city_of(scope)
    if city is None:
        return render(request, "city/none.html", status=200)
    tables = selectors.published(scope, city, SeatTable.Kind.SEATS)
    pair = selectors.chosen_pair(tables, SeatTable.Kind.SEATS, _asked(request))
    context: dict[str, object] = {
        "city": city,
        "tables": tables,
        "investments": [
            {"entry": entry, "costs": selectors.seat_costs(entry)} for entry in selectors.investments(scope, city)
        ],
        "los_angeles": selectors.public_city(scope, SLUG),
    }
    if pair is not None:
        context["comparison"], context["compared"] = _compared(scope, pair, city.invented)
    return render(request, "city/desk.html", context)


_COMPARED: Kept[tuple[selectors.Comparison, SafeString]] = Kept()


def _compared(
    scope: Scope, pair: tuple[selectors.Published, selectors.Published], invented: bool
) -> tuple[selectors.Comparison, SafeString]:
    """Two published tables side by side. They never change, so that they are laid out once for each language; give
    tables that this person may read."""

    def lay_out() -> tuple[selectors.Comparison, SafeString]:
        comparison = selectors.compare_seats(scope, pair)
        values = {
            "comparison": comparison,
            "agreement": selectors.agreement(scope, pair),
            "figure": seats_chart(comparison, invented=invented),
        }
        return comparison, render_to_string("city/_comparison.html", values)

    tables = tuple((one.table.pk, one.table.computed_at) for one in pair)
    return _COMPARED.get((tables, invented, get_language()), lay_out)


@require_safe
@needs()
def los_angeles(request: ScopedRequest) -> HttpResponse:
    """Los Angeles' public records by the applicant's ZIP, or how to add them."""
    scope = _scope(request)
    city = selectors.public_city(scope, SLUG)
    tables = selectors.published(scope, city, SeatTable.Kind.OFFERS) if city else []
    pair = selectors.chosen_pair(tables, SeatTable.Kind.OFFERS, _asked(request))
    if pair is None:
        return render(request, "city/los_angeles_absent.html", {"files": (OFFERS_FILE, RESULTS_FILE)})
    comparison = selectors.compare_offers(scope, pair)
    return render(
        request,
        "city/los_angeles.html",
        {
            "city": city,
            "tables": tables,
            "comparison": comparison,
            "most": comparison.places[:MOST],
            "others": comparison.places[MOST:],
            "counted": pair[0].table.counted,
            "figure": offers_chart(comparison, MOST),
        },
    )


@require_safe
@needs()
def rules(request: ScopedRequest) -> HttpResponse:
    """Every quality rule, as published."""
    return render(request, "city/rules.html", {"rules": list(quality_rules().values()), "today": clock.today()})


@require_safe
@needs()
def rule(request: ScopedRequest, key: str) -> HttpResponse:
    """One quality rule: what it says, who says so, what it does not see, where it is used."""
    found = quality_rules().get(key)
    if found is None:
        raise Http404
    columns = result_columns()
    return render(
        request,
        "city/rule.html",
        {
            "rule": found,
            "conditions": [(columns[c.column], c.at_least, c.at_most) for c in found.conditions],
            "tables": selectors.tables_by_rule(_scope(request), found),
            "in_force": found.in_force(clock.today()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("city_lead")
def investment(request: ScopedRequest, investment_id: int) -> HttpResponse:
    """One investment: its seats, what they cost, what the rules say of its school; and how many are open by now."""
    scope = _scope(request)
    entry = selectors.investment(scope, investment_id)
    if entry is None:
        raise Http404
    form = OpeningsForm(request.POST or None, initial={"seats_opened": entry.seats_opened})
    if request.method == "POST" and form.is_valid():
        changed = services.record_openings(scope, entry, form.cleaned_data["seats_opened"])
        if changed:
            messages.success(request, _("Saved. The number before it is kept below."))
        else:
            messages.info(request, _("Nothing changed: that number was here already."))
        return redirect("city:investment", entry.pk)
    tables = selectors.published(scope, entry.city, SeatTable.Kind.SEATS)
    planned, opened = selectors.seat_costs(entry)
    return render(
        request,
        "city/investment.html",
        {
            "entry": entry,
            "form": form,
            "cost_planned": planned,
            "cost_opened": opened,
            "verdicts": selectors.verdicts(scope, entry, [item.rule for item in tables]),
            "results_year": tables[0].table.school_year if tables else "",
            "changes": selectors.changes(scope, entry),
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("city_lead")
def new_investment(request: ScopedRequest) -> HttpResponse:
    """Record an investment of the person's own city."""
    scope = _scope(request)
    city: City | None = selectors.city_of(scope)
    if city is None:
        raise Http404
    form = InvestmentForm(
        request.POST or None,
        instance=Investment(city=city),
        places=selectors.place_choices(scope, city),
        schools=selectors.school_names(scope, city),
    )
    if request.method == "POST" and form.is_valid():
        entry = services.record_investment(scope, form.save(commit=False))
        messages.success(request, _("Recorded."))
        return redirect("city:investment", entry.pk)
    return render(
        request, "city/new_investment.html", {"form": form, "city": city}, status=400 if form.errors else 200
    )
