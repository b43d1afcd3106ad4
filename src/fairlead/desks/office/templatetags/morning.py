"""Words for the morning's pages: languages, relations, shares; and the rows of its lists."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from fairlead.desks.office import rows
from fairlead.desks.office.languages import language_name, relation_name
from fairlead.desks.office.pages import pages
from fairlead.desks.shares import percent

register = template.Library()

register.filter("language_name", language_name)
register.filter("relation_name", relation_name)
register.filter("percent", percent)
# Parts of a row, for a page that shows few of them.
register.filter("why", rows.why)
register.filter("whom", rows.whom)
register.filter("tries", rows.tries)


@register.simple_tag(takes_context=True)
def call_rows(context: Any, absent: rows.Rows) -> SafeString:
    """Families to reach, as rows of a table."""
    token = str(context.get("csrf_token", ""))
    return rows.calls(absent, context["outcomes"], token, context["claims"], context["doubtful"])


@register.simple_tag(takes_context=True)
def reached_rows(context: Any, absent: rows.Rows) -> SafeString:
    """Families that were reached, as items of a list."""
    return rows.reached(absent, context["outcomes"], str(context.get("csrf_token", "")))


@register.simple_tag(takes_context=True)
def school_pages(context: Any) -> SafeString:
    """The way to the school's other pages."""
    request = context["request"]
    return pages(request.resolver_match.view_name, request.scope.has("principal"))
