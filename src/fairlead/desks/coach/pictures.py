"""Pictures of a visit: added on its page or sent by a device's outbox, taken out again, shown to whom its notes are open."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list, log_outside
from fairlead.apps.instruments import attaching
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Visit
from fairlead.desks import pictures
from fairlead.desks.coach.views import VISITORS, picture_form, visit_page


@require_POST
@needs(*VISITORS)
def add(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """Add a picture to one's own visit, or to one of its items."""
    found = instruments.visits_by(request.scope).filter(pk=visit_id).first()
    form = None if found is None else picture_form(found, request.POST, request.FILES)
    if found is None or form is None:
        raise Http404
    if form.is_valid():
        said = form.cleaned_data
        content = said["file"].read(attaching.LARGEST + 1)
        try:
            attaching.attach(request.scope, found.token, said["text"], content, said.get("item") or "")
        except ObjectDoesNotExist as error:
            raise Http404 from error
        except ValidationError as error:
            form.add_error("file", error.message_dict["file"])
        else:
            messages.success(request, _("The picture is kept with the visit."))
            return _pictures_of(found)
    return visit_page(request, visit_id, picture=form)


def _pictures_of(found: Visit) -> HttpResponse:
    """Back to the pictures on the visit's page."""
    return redirect(f"{reverse('coach:visit', args=[found.pk])}#pictures")


@require_safe
@needs(*VISITORS)
def picture(request: ScopedRequest, picture_id: UUID) -> HttpResponse:
    """One picture of a visit whose notes the person may read."""
    scope: Scope = request.scope
    held = attaching.attachment(scope, picture_id)
    found = None if held is None else instruments.visits(scope).filter(token=held.response_id).first()
    if held is None or found is None:
        raise Http404
    if scope.person_id not in (found.visitor_id, found.subject_id):
        log_outside(scope, "visit", [found.visitor_id, found.subject_id], found.organization_id)
    else:
        log_list(scope, "coaching", [found.organization_id])
    return pictures.serve(held)


@require_POST
@needs(*VISITORS)
def remove(request: ScopedRequest, picture_id: UUID) -> HttpResponse:
    """Take a picture out of one's own visit; also when it is shared: a face may be in it."""
    held = attaching.attachment(request.scope, picture_id)
    found = None if held is None else instruments.visits_by(request.scope).filter(token=held.response_id).first()
    if found is None or not attaching.detach(request.scope, picture_id):
        raise Http404
    messages.success(request, _("The picture is gone."))
    return _pictures_of(found)
