"""The check at a page's door. To the denied, denied and absent look alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from fairlead.apps.access.scope import Scope


class ScopedRequest(HttpRequest):
    """A request behind `needs`: somebody with a role is asking. `scope` holds only the grounds of the page's roles."""

    scope: Scope
    whole_scope: Scope


View = Callable[..., HttpResponseBase]


def needs(*roles: str) -> Callable[[View], View]:
    """Open a view to people who hold one of `roles` (any signed-in person when none is named), there where they do."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            scope = getattr(request, "scope", None)
            if scope is None:
                return redirect_to_login(request.get_full_path())
            if roles and not scope.has(*roles):
                raise Http404
            if not hasattr(request, "whole_scope"):
                request.whole_scope = scope  # type: ignore[attr-defined]
            if roles:  # who leads one school and teaches at another reads this page as what it is for
                request.scope = scope.acting_as(*roles)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        checked.needs = roles  # type: ignore[attr-defined]
        return checked

    return decorate
