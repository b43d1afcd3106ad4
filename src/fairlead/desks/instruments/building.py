"""Building one version: groups and items beside the form as the rater will see it; then publishing, after which it is final."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BooleanField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments import drafts, library, policy
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.definition import DomainDef, Form, ItemDef, problems
from fairlead.apps.instruments.models import Item, Version
from fairlead.desks.instruments.forms import ITEM_KINDS, GroupForm, ItemForm, VersionForm, blame
from fairlead.desks.instruments.shown import language_of, preview, preview_of
from fairlead.desks.instruments.views import found, posted


def _version(request: ScopedRequest, key: str, number: int, *, draft: bool = True) -> Version:
    """A version that the person may see; with `draft`, one that they may change."""
    known = found(request, key)
    version = library.version_of(known.pk, number)
    if version is None or (
        draft and (version.published_at is not None or not drafts.may_build(request.scope, known))
    ):
        raise Http404
    if version.published_at is None and not drafts.may_build(request.scope, known):
        raise Http404
    return version


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def version(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """The builder of a draft; a published version as it stands."""
    known = _version(request, key, number, draft=request.method == "POST")
    form = None
    if known.published_at is None:
        values = {name: getattr(known, name) for name in VersionForm.base_fields}
        form = VersionForm(posted(request), initial=values, first=known.number == 1)
        if request.method == "POST" and form.is_valid():
            drafts.describe_version(request.scope, known.pk, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("instruments:version", key, number)
    language = language_of(request.GET.get("in"))
    definition = form_of(known)
    context = {
        "version": known,
        "definition": definition,
        "form": form,
        "kinds": ITEM_KINDS,
        "preview": preview_of(definition, language),
        "language": language,
        "wrong": problems(definition) if known.published_at is None else [],
        "kept": policy.why_not_exported(known.instrument),
        "saved": request.GET.get("saved", ""),
    }
    return render(request, "builder/version.html", context, status=422 if form and form.errors else 200)


@require_POST
@needs(*drafts.BUILDERS)
def arrange(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """Move a group or an item one place, take it out, or throw the draft away."""
    known = _version(request, key, number)
    if "throw_away" in request.POST:
        drafts.throw_away(request.scope, known.pk)
        messages.success(request, _("The draft is gone."))
        left = library.instrument(request.scope, key)
        return redirect("instruments:instrument", key) if left else redirect("instruments:home")
    for verb in ("up", "down", "remove"):
        noun, _colon, name = request.POST.get(verb, "").partition(":")
        if noun not in ("domain", "item"):
            continue
        if verb == "remove":
            drafts.remove(request.scope, known.pk, **{noun: name})
            messages.success(request, _("Taken out."))
            break
        drafts.move(request.scope, known.pk, **{noun: name}, up=verb == "up")
        return redirect(f"{reverse('instruments:version', args=[key, number])}#{noun}-{name}")
    return redirect("instruments:version", key, number)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def group(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """A group: a new one, or `?key=` an old one."""
    known, asked = _version(request, key, number), request.GET.get("key")
    old = next((d for d in form_of(known).domains if d.key == asked), None)
    if asked and old is None:
        raise Http404
    initial = {name: getattr(old, name) for name in GroupForm.base_fields} if old else {}
    form = GroupForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.save_domain(request.scope, known.pk, form.definition(), asked)
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('instruments:version', args=[key, number])}#domain-{form.cleaned_data['key']}")
    context = {"version": known, "form": form, "old": old}
    return render(request, "builder/group.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def item(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """An item: `?kind=&group=` a new one, `?key=` an old one; beside it, how it will look with what is typed so far."""
    known, asked = _version(request, key, number), request.GET.get("key")
    definition = form_of(known)
    group_of = {i.key: d.key for d in definition.domains for i in d.items}
    old = next((i for i in definition.items if i.key == asked), None)
    kind = old.kind if old else request.GET.get("kind", "")
    if (asked and old is None) or kind not in Item.Kind or not definition.domains:
        raise Http404
    initial = ItemForm.initial_of(old, group_of[old.key]) if old else {"group": request.GET.get("group", "")}
    groups = [(d.key, d.title) for d in definition.domains]
    form = ItemForm(posted(request), kind=kind, groups=groups, initial=initial)
    typed = old or ItemDef("", kind, "")
    looking = "look" in request.POST
    if request.method == "POST":
        valid = form.is_valid()
        typed = form.definition()
        if looking:
            form = ItemForm(None, kind=kind, groups=groups, initial={**_unchecked(form), **request.POST.dict()})
        elif valid and _saved(request, known, form, typed, asked):
            messages.success(request, _("Saved."))
            saved = urlencode({"saved": typed.key})
            return redirect(f"{reverse('instruments:version', args=[key, number])}?{saved}#saved")
    shown = preview((DomainDef("", "", items=(typed,)),), "", language_of(request.GET.get("in")), definition.kind)
    if looking and getattr(request, "htmx", False):
        return HttpResponse(shown)
    context = {"version": known, "form": form, "old": old, "kind": dict(ITEM_KINDS)[kind], "preview": shown}
    return render(request, "builder/item.html", context, status=422 if form.errors else 200)


def _unchecked(form: ItemForm) -> dict[str, Any]:
    """A box that is not ticked is not sent: without this its former state would come back."""
    return {name: False for name, field in form.fields.items() if isinstance(field, BooleanField)}


def _saved(request: ScopedRequest, known: Version, form: ItemForm, typed: ItemDef, asked: str | None) -> bool:
    try:
        drafts.save_item(request.scope, known.pk, form.cleaned_data["group"], typed, asked)
    except ValidationError as error:
        blame(form, error)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*drafts.BUILDERS)
def publish(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """What the version shares with the one before it, and the step after which it is final."""
    known = _version(request, key, number)
    definition: Form = form_of(known)
    wrong: list[str] = [str(problem) for problem in problems(definition)]
    if request.method == "POST":
        try:
            drafts.publish(request.scope, known.pk)
        except ValidationError as error:
            wrong = error.messages
        else:
            messages.success(request, _("Published. It is final from here on."))
            return redirect("instruments:version", key, number)
    missing = [i.key for i in definition.items if not i.name_es]
    context = {
        "version": known, "wrong": wrong, "comparison": drafts.compare(known), "untranslated": missing,
        "preview": preview_of(definition, language_of(request.GET.get("in"))),
    }  # fmt: skip
    return render(request, "builder/publish.html", context, status=422 if request.method == "POST" else 200)
