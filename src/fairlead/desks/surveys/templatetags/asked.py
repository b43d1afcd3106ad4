"""On a desk: that its person is asked in a survey. An anonymous link is in nobody's account, so no desk tells of one."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import selectors

register = template.Library()


@register.simple_tag(takes_context=True)
def asked_of_me(context: Any) -> SafeString | str:
    """A notice with the way to each survey that waits for the reader's own answer; nothing where none does."""
    waiting = selectors.mine(context["scope"])
    if not waiting:
        return ""
    told = [(in_words(one.name, one.name_es), one.closes_on) for one in waiting]
    return render_to_string("surveys/_asked.html", {"waiting": told})
