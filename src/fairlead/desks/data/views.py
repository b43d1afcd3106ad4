"""Rosters in and out: send a file, see what it would change, confirm; every import with who, when, from where."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list, log_read
from fairlead.apps.roster import uploads
from fairlead.apps.roster.exchange import writer
from fairlead.desks.data import shown


@require_http_methods(["GET", "HEAD", "POST"])
@needs("data_manager")
def desk(request: ScopedRequest) -> HttpResponse:
    """Imports so far, and the place to send a file."""
    error = None
    if request.method == "POST":
        try:
            made = uploads.send(
                request.scope,
                request.FILES.get("file"),
                dates=request.POST.get("dates", ""),
                mapping=request.FILES.get("mapping"),
            )
        except uploads.UploadError as refused:
            error = str(refused)
        else:
            messages.success(
                request, _("The file has arrived. It is read now; nothing is changed before you confirm.")
            )
            return redirect("data:run", made.pk)
    rows = [shown.line(run) for run in uploads.runs(request.scope)]
    context = {
        "rows": rows,
        "error": error,
        "dates": request.POST.get("dates", ""),
        "place": uploads.root(request.scope).organization_name,
    }
    return render(request, "data/desk.html", context, status=400 if error else 200)


@require_safe
@needs("data_manager")
def run(request: ScopedRequest, run_id: int) -> HttpResponse:
    """One import: what it would change, or has changed."""
    found = uploads.run(request.scope, run_id)
    if found is None:
        raise Http404
    waits = found.status in (found.Status.WAITING, found.Status.CONFIRMED)
    if waits and request.headers.get("HX-Request"):
        return HttpResponse(status=204)  # nothing new: the page stays as it is, and asks again
    log_list(request.scope, "import", uploads.schools_named(request.scope, found))
    return render(request, "data/run.html", {"run": found, "waits": waits, **shown.page(found)})


@require_POST
@needs("data_manager")
def confirm(request: ScopedRequest, run_id: int) -> HttpResponse:
    """Merge it."""
    return _decide(request, run_id, uploads.confirm, allowed=request.POST.getlist("allow"))


@require_POST
@needs("data_manager")
def discard(request: ScopedRequest, run_id: int) -> HttpResponse:
    """Throw the file away."""
    return _decide(request, run_id, uploads.discard)


@require_POST
@needs("data_manager")
def answer(request: ScopedRequest, run_id: int) -> HttpResponse:
    """A new person of the file is one who is known; the file is compared again."""
    return _decide(request, run_id, uploads.same_person, key=request.POST.get("key", ""))


@require_safe
@needs("data_manager")
def export(request: ScopedRequest) -> FileResponse:
    """The roster of the manager's organization as OneRoster 1.2."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the response)
    writer.export_seen(request.scope, file)
    place = uploads.root(request.scope)
    log_read(request.scope, "export", "roster", place.organization_id)
    log_list(request.scope, "export", request.scope.org_ids)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"roster-{clock.today():%Y-%m-%d}.zip")


def _decide(request: ScopedRequest, run_id: int, work: Any, **more: Any) -> HttpResponse:
    found = uploads.run(request.scope, run_id)
    if found is None:
        raise Http404
    try:
        work(request.scope, found, **more)
    except uploads.UploadError as refused:
        messages.error(request, str(refused))
    return redirect("data:run", run_id)
