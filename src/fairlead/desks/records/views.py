"""Two pages: what was changed in a record, and who looked at records."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fairlead.apps.access import selectors
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.models import AccessLog
from fairlead.apps.access.services import log_list, log_outside
from fairlead.apps.roster import selectors as roster
from fairlead.desks.records.kinds import KINDS
from fairlead.desks.records.shown import said, steps

A_PAGE = 100
# What was looked at, in words; a test holds this list to what the desks write into the log.
LOOKED_AT = {
    "outcomes": gettext_lazy("the outcomes of a study"),
    "visit": gettext_lazy("a visit"),
    "student": gettext_lazy("a student's page"),
    "coaching": gettext_lazy("coaching: people of the school by name"),
    "raters": gettext_lazy("raters' certificates, people by name"),
    "reviews": gettext_lazy("reviews of assignments, with reviewers by name"),
    "lottery": gettext_lazy("a lottery's list, people by name"),
    "schools": gettext_lazy("schools with the names of their leaders"),
    "diagnosis": gettext_lazy("diagnosis of a school, with who rates and who brought evidence"),
    "support": gettext_lazy("supports, with who leads and who takes part"),
    "contacts": gettext_lazy("contacts and promises, people by name"),
    "appraisals": gettext_lazy("appraisals of principals, people by name"),
    "learning": gettext_lazy("who took part in professional learning, by name"),
    "requests": gettext_lazy("requests of the school, with who asked"),
    "time": gettext_lazy("shadowed weeks, with who shadows whom"),
    "export": gettext_lazy("the roster, taken out as a file"),
    "import": gettext_lazy("an import with people by name"),
    "audit": gettext_lazy("this log"),
    "history:promise": gettext_lazy("the history of a promise"),
    "history:roll": gettext_lazy("the history of a roll"),
    "history:mark": gettext_lazy("the history of an attendance mark"),
    "history:contact": gettext_lazy("the history of a contact with a family"),
    "history:person": gettext_lazy("the history of a person's record"),
}


@require_safe
@needs()
def history(request: ScopedRequest, kind: str, pk: int) -> HttpResponse:
    """Who changed what in one record, when, field by field: for those who may see the record."""
    scope = request.scope
    find = KINDS.get(kind)
    record = find(scope, pk) if find and pk < 2**63 else None
    if record is None:
        raise Http404
    if record.person_id is not None:
        log_outside(scope, f"history:{kind}", [record.person_id], record.organization_id)
    else:
        log_list(scope, f"history:{kind}", [record.organization_id])
    says = [(label, said(value)) for label, value in record.says]
    context = {
        "says": says,
        "record": record,
        "steps": steps(scope, record),
        "ground": scope.ground(record.organization_id),
    }
    return render(request, "records/history.html", context)


@require_safe
@needs()
def audit(request: ScopedRequest) -> HttpResponse:
    """Who opened one's own records from outside one's school; for the auditor, the whole log."""
    scope = request.scope
    context: dict[str, Any] = {"about_me": _told(request, list(selectors.reads_about(scope)[:A_PAGE]))}
    if scope.has("auditor"):
        page = Paginator(selectors.all_reads(scope.acting_as("auditor")), A_PAGE).get_page(request.GET.get("page"))
        reads = list(page)
        log_list(scope, "audit", {read.organization_id for read in reads})
        context |= {"page": page, "reads": _told(request, reads)}
    return render(request, "records/audit.html", context)


def _told(request: ScopedRequest, reads: list[AccessLog]) -> list[dict[str, Any]]:
    """Lines of the log in words; people by name, where the reader knows them."""
    numbers = {int(r.target.partition(":")[2]) for r in reads if _is_person(r)}
    names = {p.pk: p.name for p in roster.people(request.scope).filter(pk__in=numbers)}
    return [
        {
            "at": read.at,
            "by": read.person.name,
            "what": str(LOOKED_AT.get(read.action, read.action)),
            "whose": _whose(read, names),
            "organization": read.organization.name,
            "role": read.ground.partition(" @ ")[0],
            "where": read.ground.partition(" @ ")[2],
        }
        for read in reads
    ]


def _whose(read: AccessLog, names: dict[int, str]) -> str:
    """Whom it was about; nobody by name when it was a list of an organization, which stands beside it."""
    kind, _colon, rest = read.target.partition(":")
    if _is_person(read):
        return names.get(int(rest), "")
    return "" if kind == "organization" else rest


def _is_person(read: AccessLog) -> bool:
    kind, _colon, number = read.target.partition(":")
    return kind == "person" and number.isdecimal()
