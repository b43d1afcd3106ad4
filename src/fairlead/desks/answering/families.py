"""The page behind the link of a letter home: what students will be asked, and a family's no, until the day on the letter."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import links, optouts
from fairlead.apps.surveys.selectors import least_group
from fairlead.desks.answering import forms
from fairlead.desks.answering.pages import KIND, language_of, nobody, show
from fairlead.desks.bylink import missed, quiet, too_many


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def family(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the questions; keep the child out, or let them take part again. The link goes on opening, so that both can be."""
    nobody(request)
    if too_many(request, KIND):
        return show(request, "slow_down", language_of(request), status=429)
    opened = optouts.look(secret)
    if opened is None:
        missed(request, KIND)
        raise Http404
    language = language_of(request, opened.language)
    late = False
    if request.method == "POST":
        if optouts.say(secret, out="out" in request.POST):
            here = reverse("answering:family", args=[links.written(secret.replace("-", ""))])
            return quiet(redirect(f"{here}?in={language}&said=1"))
        late = True
    items = links.questions(opened.version_id)
    with translation.override(language):
        context = {
            "opened": opened, "name": in_words(opened.name, opened.name_es),
            "words": in_words(opened.words, opened.words_es), "groups": forms.groups(items),
            "least": least_group(items[0].version.instrument) if items else 0,
            "said": "said" in request.GET, "late": late,
        }  # fmt: skip
    return show(request, "family", language, status=410 if late else 200, **context)
