"""Instruments of a network: what there is, what it may be used for, where it came from; a new one; files in and out."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments import drafts, files, library, policy
from fairlead.apps.instruments.definition import Form
from fairlead.apps.instruments.models import Instrument
from fairlead.desks.instruments.forms import AboutForm, CopyForm, FileForm, blame
from fairlead.desks.instruments.shown import restrictions_in_words


def found(request: ScopedRequest, key: str) -> Instrument:
    """An instrument that the person's network has, or that Fairlead brought along."""
    instrument = library.instrument(request.scope, key)
    if instrument is None:
        raise Http404
    return instrument


def posted(request: ScopedRequest) -> QueryDict | None:
    """What was sent, however little; None when the page is only asked for."""
    return request.POST if request.method == "POST" else None


@require_safe
@needs(*drafts.BUILDERS)
def home(request: ScopedRequest) -> HttpResponse:
    """Every instrument with kind, licence, versions; drafts first."""
    lines = library.instrument_lines(request.scope)
    waiting = [line for line in lines if line.draft]
    return render(request, "builder/home.html", {"lines": lines, "waiting": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def new(request: ScopedRequest) -> HttpResponse:
    """A new instrument with its first, empty draft."""
    form = AboutForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            version = drafts.create(request.scope, Form(**form.values()))
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Made. Now its first group."))
            return redirect("instruments:version", version.instrument.key, version.number)
    return render(request, "builder/about.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def about(request: ScopedRequest, key: str) -> HttpResponse:
    """Name, licence and restrictions of one's own instrument."""
    instrument = found(request, key)
    if not drafts.may_build(request.scope, instrument):
        raise Http404
    form = AboutForm(posted(request), known=instrument)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.describe(request.scope, instrument.pk, form.values())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("instruments:instrument", key)
    context = {"form": form, "instrument": instrument}
    return render(request, "builder/about.html", context, status=422 if form.errors else 200)


@require_safe
@needs(*drafts.BUILDERS)
def instrument(request: ScopedRequest, key: str) -> HttpResponse:
    """One instrument: restrictions in words, versions with what is new and shared."""
    return _page(request, found(request, key))


def _page(request: ScopedRequest, known: Instrument, copy: CopyForm | None = None) -> HttpResponse:
    versions = library.versions_of(known.pk)
    context = {
        "instrument": known,
        "restrictions": restrictions_in_words(known),
        "versions": versions,
        "draft": next((v for v in versions if v.published_at is None), None),
        "mine": drafts.may_build(request.scope, known),
        "kept": policy.why_not_exported(known),
        "copy": copy or CopyForm(),
    }
    return render(request, "builder/instrument.html", context, status=422 if copy and copy.errors else 200)


@require_POST
@needs(*drafts.BUILDERS)
def begin(request: ScopedRequest, key: str) -> HttpResponse:
    """The next draft, from a published version or empty."""
    known, number = found(request, key), request.POST.get("from", "")
    if not drafts.may_build(request.scope, known):
        raise Http404
    chosen = next((v for v in library.versions_of(known.pk) if str(v.number) == number and v.published_at), None)
    if number and chosen is None:
        raise Http404
    try:
        version = drafts.next_draft(request.scope, known.pk, chosen.number if chosen else None)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("instruments:instrument", key)
    return redirect("instruments:version", key, version.number)


@require_POST
@needs(*drafts.BUILDERS)
def copy(request: ScopedRequest, key: str) -> HttpResponse:
    """An instrument of one's own from the latest published version of another."""
    known = found(request, key)
    source = library.latest_published(known.pk)
    if source is None:
        raise Http404
    form = CopyForm(request.POST)
    if form.is_valid():
        try:
            version = drafts.copy(request.scope, source, **form.cleaned_data)
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Copied. It is yours to change."))
            return redirect("instruments:version", version.instrument.key, version.number)
    return _page(request, known, form)


@require_POST
@needs(*drafts.BUILDERS)
def retire(request: ScopedRequest, key: str) -> HttpResponse:
    """Offer an instrument no longer, or again."""
    known = found(request, key)
    if not drafts.may_build(request.scope, known):
        raise Http404
    drafts.retire(request.scope, known.pk, retired="again" not in request.POST)
    messages.success(request, _("Saved."))
    return redirect("instruments:instrument", key)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def bring(request: ScopedRequest) -> HttpResponse:
    """A file as the draft of a version. Refused with every place that cannot be taken."""
    form = FileForm(posted(request), request.FILES if request.method == "POST" else None)
    refusal: files.NotRead | None = None
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        if sent is None:
            form.add_error("file", _("Choose a file."))
        else:
            try:
                given = {name: form.cleaned_data[name] for name in ("key", "kind", "licence")}
                content = sent.read(files.LARGEST + 1)
                version = drafts.bring(request.scope, files.load(sent.name, content, given))
            except files.NotRead as error:
                refusal = error
            except ValidationError as error:
                blame(form, error)
            else:
                messages.success(request, _("Taken in as a draft. Look it over, then publish it."))
                return redirect("instruments:version", version.instrument.key, version.number)
    refused = bool(form.errors) or refusal is not None
    return render(request, "builder/bring.html", {"form": form, "refusal": refusal}, status=422 if refused else 200)


@require_safe
@needs(*drafts.BUILDERS)
def export(request: ScopedRequest, key: str, number: int, kind: str) -> HttpResponse:
    """A version as JSON or XLSForm; where the licence keeps the wording here, there is no such file."""
    version = library.version_of(found(request, key).pk, number)
    if version is None or kind not in files.KINDS:
        raise Http404
    try:
        content = files.export(version, kind)
    except ValidationError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=files.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{files.file_name(version, kind)}"'
    return response
