"""How each kind of support goes: the shipped templates, the network's own versions, and making the next one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.cycles import publishing, selectors
from fairlead.apps.cycles.templates import newest
from fairlead.apps.support.opening import kinds as kinds_of_support
from fairlead.desks.cycles.forms import TemplateForm
from fairlead.desks.cycles.views import OPENERS


@require_safe
@needs(*OPENERS)
def templates(request: ScopedRequest) -> HttpResponse:
    """Kind by kind: the steps in force and, below, every version that was published and why."""
    ours: dict[str, Any] = {}
    published: dict[str, list[selectors.Version]] = {}
    for template, version in zip(
        selectors.own_templates(request.scope), selectors.versions(request.scope), strict=True
    ):
        ours.setdefault(template.kind, template)
        published.setdefault(template.kind, []).append(version)
    rows = [
        (kind, label, ours.get(kind) or newest(kind), published.get(kind, []))
        for kind, label in kinds_of_support().items()
    ]
    context = {"rows": rows, "publishes": request.scope.has(publishing.PUBLISHER)}
    return render(request, "cycles/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(publishing.PUBLISHER)
def own(request: ScopedRequest, kind: str) -> HttpResponse:
    """The next version of a network's own: a look at it first, then published for good."""
    scope = request.scope
    now = next((t for t in selectors.own_templates(scope) if t.kind == kind), newest(kind))
    if now is None:
        raise Http404
    label = kinds_of_support()[kind]
    form = TemplateForm(request.POST or None, initial={"name": now.name or label, "steps": publishing.written(now)})
    steps = now.steps
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            steps = publishing.read(said["steps"], kind)
            if "publish" in request.POST:
                publishing.publish(scope, kind, name=said["name"], text=said["steps"], because=said["because"])
                messages.success(
                    request, _("Published. Supports opened from now on follow it; those that run stay as they began.")
                )
                return redirect("cycles:templates")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"form": form, "kind": kind, "label": label, "steps": steps, "looked": request.method == "POST"}
    return render(request, "cycles/own.html", context, status=422 if form.errors else 200)
