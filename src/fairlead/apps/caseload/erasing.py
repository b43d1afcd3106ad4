"""What plans were asked about an erased director."""

from __future__ import annotations

from typing import Any

from fairlead.apps.access.declared import history_of
from fairlead.apps.access.erasure import Erasing, stand_in
from fairlead.apps.caseload.models import CaseloadPlan, PlanRequest


def erase(erasing: Erasing) -> None:
    """Directors by number, and schools that were to stay with one of them: the number becomes the stand-in's."""
    director = str(erasing.person_id)
    for model in (CaseloadPlan, history_of("caseload_caseloadplan")):
        if model is None:
            continue
        for plan in model.objects.filter(settings__directors__has_key=director):
            plan.settings = _renamed(plan.settings, director, str(stand_in(erasing.person)))
            plan.save(update_fields=["settings"])
            erasing.count(model._meta.db_table, "forgets the person", 1)
    gone, _kinds = PlanRequest.objects.filter(settings__directors__has_key=director).delete()  # its plan stays
    erasing.count("caseload_planrequest", "deleted", gone)


def _renamed(settings: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    directors = {(new if key == old else key): fte for key, fte in settings.get("directors", {}).items()}
    locked = {school: (new if key == old else key) for school, key in settings.get("locked", {}).items()}
    return settings | {"directors": directors, "locked": locked}
