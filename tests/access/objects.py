"""Objects that the access table names with "@": found in the seeded network by what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.access import (
    appraisal_objects,
    caseload_objects,
    family_objects,
    growth_objects,
    learning_objects,
    lottery_objects,
    morning_objects,
    picture_objects,
    rater_objects,
    request_objects,
    review_objects,
    roll_objects,
    roster_objects,
    study_objects,
    survey_objects,
)


def visit_to_amara(world: Any) -> int:
    """Dana's latest visit to Amara: shared, not answered."""
    from fairlead.apps.instruments.models import Visit

    who = {"visitor_id": world.person["dana"], "subject_id": world.person["amara"]}
    return int(Visit.objects.filter(**who).order_by("-began_at").values_list("pk", flat=True)[0])


def twelve_minutes(world: Any) -> int:
    """The short rubric's newest version."""
    from fairlead.apps.instruments.selectors import current_version

    version = current_version("twelve-minutes")
    assert version is not None
    return int(version.pk)


def certificate_of_grace(world: Any) -> int:
    """Grace's certificate for the appraisal rubric, given for this test when the demo has none."""
    from fairlead.apps.instruments.models import Certificate, Instrument

    found = Certificate.objects.filter(person_id=world.person["grace"]).order_by("pk").first()
    made = found or Certificate.objects.create(
        organization_id=world.network_id,
        person_id=world.person["grace"],
        instrument=Instrument.objects.get(key="a-years-teaching"),
        earned_on="2026-09-01",
        ground="Training",
    )
    return int(made.pk)


def consent_of_amara(world: Any) -> int:
    """Amara's consent, given for this test when the demo has none."""
    from fairlead.apps.instruments.models import Consent

    found = Consent.objects.filter(person_id=world.person["amara"]).order_by("pk").first()
    made = found or Consent.objects.create(
        organization_id=int(world.school_ids[0]),
        person_id=world.person["amara"],
        begins="2026-08-25",
        given_at="2026-09-01T12:00:00-04:00",
    )
    return int(made.pk)


def promise_to_amara(world: Any) -> int:
    """Dana's open promise to Amara."""
    from fairlead.apps.support.models import Promise

    who = {"owner_id": world.person["dana"], "made_to_id": world.person["amara"], "kept_at": None}
    return int(Promise.objects.get(**who).pk)


def contact_with_amara(world: Any) -> int:
    """Dana's latest contact with Amara: made for coaching."""
    from fairlead.apps.support.models import Contact

    who = {"lead_id": world.person["dana"], "with_person_id": world.person["amara"]}
    return int(Contact.objects.filter(**who).order_by("-at").values_list("pk", flat=True)[0])


def plan_with_amara(world: Any) -> int:
    """What Dana has planned with Amara."""
    from fairlead.apps.support.models import PlannedContact

    who = {"lead_id": world.person["dana"], "with_person_id": world.person["amara"], "became": None}
    return int(PlannedContact.objects.filter(**who).order_by("at").values_list("pk", flat=True)[0])


def investment_of_harborview(world: Any) -> int:
    """The city's investment that is tied to seats."""
    from fairlead.apps.places.models import Investment

    return int(Investment.objects.get(purpose="replicate").pk)


def own_instrument(world: Any) -> str:
    """A draft of the network's own, made from the starter rubric by Ines; as the owner of the schema."""
    from fairlead.apps.instruments import drafts
    from fairlead.apps.instruments.models import Instrument, Version
    from fairlead.apps.roster.selectors import scope_for

    if not Instrument.objects.filter(key="our-visits").exists():
        ines = scope_for(world.person["ines"], world.today)
        assert ines is not None
        starter = Version.objects.select_related("instrument").get(instrument__key="twelve-minutes", number=1)
        drafts.copy(ines, starter, key="our-visits", name="Our visits", name_es="Nuestras visitas")
    return "our-visits"


def coaching_of_amara(world: Any) -> int:
    """Dana's coaching of Amara, this year."""
    from fairlead.apps.support.models import SupportParticipant

    who = {"person_id": world.person["amara"], "support__lead_id": world.person["dana"]}
    return int(SupportParticipant.objects.filter(**who).order_by("-begins").values_list("support_id", flat=True)[0])


def team_of_harbor_point(world: Any) -> int:
    """The leadership team that Grace leads; Amara is on it."""
    from fairlead.apps.support.models import Support

    return int(Support.objects.get(kind="leadership_team", lead_id=world.person["grace"]).pk)


def learning_cycle_of_harbor_point(world: Any) -> int:
    """The content learning cycle that Dana leads at Harbor Point."""
    from fairlead.apps.support.models import Support

    return int(Support.objects.get(kind="content_cycle", organization_id=int(world.school_ids[0])).pk)


def diagnosis_of_harbor_point(world: Any) -> int:
    """Last year's diagnosis of conditions at Harbor Point: published and looked back on."""
    return _diagnosis(world, 2025)


def rating_now(world: Any) -> int:
    """This year's, in which each rates alone just now; Grace facilitates."""
    return _diagnosis(world, 2026)


def _diagnosis(world: Any, year: int) -> int:
    from fairlead.apps.diagnostics.models import Diagnosis

    of = {"organization_id": int(world.school_ids[0]), "instrument__key": "what-makes-it-stick", "year": year}
    return int(Diagnosis.objects.get(**of).pk)


# name -> function of the world that gives the URL argument. Each room adds its own.
OBJECTS: dict[str, Callable[[Any], Any]] = {
    "homeroom_of_amara": lambda world: int(world.section_ids[0]),
    "roll_of_amara": morning_objects.own_roll,
    "missing_roll": morning_objects.missing_roll,
    "absence": morning_objects.absence,
    "absent_student": family_objects.absent_student,
    "substitute_token": roll_objects.token,
    "substitute_link": roll_objects.link_id,
    "family_link": family_objects.token,
    "family_link_id": family_objects.link_id,
    "family_answer": family_objects.answer,
    "investment_of_harborview": investment_of_harborview,
    "need_draft": caseload_objects.need_draft,
    "caseload_scenario": caseload_objects.caseload_scenario,
    "caseload_alternative": caseload_objects.caseload_alternative,
    "plan_asked": caseload_objects.plan_asked,
    "director_marcus": caseload_objects.director_marcus,
    "drawn_lottery": lottery_objects.drawn_lottery,
    "committed_lottery": lottery_objects.committed_lottery,
    "planned_lottery": lottery_objects.planned_lottery,
    "growth_of_the_autumn": growth_objects.of_the_autumn,
    "harbor_point": lambda world: int(world.school_ids[0]),
    "ridgeline": lambda world: int(world.school_ids[1]),
    "amara": lambda world: int(world.person["amara"]),
    "visit_to_amara": visit_to_amara,
    "picture_of_amara": picture_objects.picture_of_amara,
    "certificate_of_grace": certificate_of_grace,
    "consent_of_amara": consent_of_amara,
    "look_of_dana": rater_objects.look_of_dana,
    "draw_to_come": rater_objects.draw_to_come,
    "calibration_set": rater_objects.calibration_set,
    "calibration_of_dana": rater_objects.calibration_of_dana,
    "calibration_picture": rater_objects.calibration_picture,
    "twelve_minutes": twelve_minutes,
    "promise_to_amara": promise_to_amara,
    "contact_with_amara": contact_with_amara,
    "plan_with_amara": plan_with_amara,
    "import_of_tidewater": roster_objects.import_of_tidewater,
    "import_elsewhere": roster_objects.import_elsewhere,
    "own_instrument": own_instrument,
    "survey_draft": survey_objects.draft,
    "survey_open": survey_objects.opened,
    "survey_closed": survey_objects.closed,
    "survey_secret": survey_objects.secret,
    "survey_of_classes": survey_objects.of_classes,
    "amaras_class": survey_objects.amaras_class,
    "students_now": survey_objects.students_now,
    "letters_due": survey_objects.letters_due,
    "letter": survey_objects.letter,
    "coaching_of_amara": coaching_of_amara,
    "team_of_harbor_point": team_of_harbor_point,
    "learning_cycle_of_harbor_point": learning_cycle_of_harbor_point,
    "diagnosis_of_harbor_point": diagnosis_of_harbor_point,
    "rating_now": rating_now,
    "appraisal_of_grace": appraisal_objects.open_of_grace,
    "appraisal_closed": appraisal_objects.closed_of_grace,
    "appraisal_with_plan": appraisal_objects.with_plan_of_marcus,
    "request_of_grace": request_objects.of_grace,
    "request_of_luis": request_objects.of_luis,
    "sensitive_request": request_objects.sensitive_of_amara,
    "shadowed_week": request_objects.shadowed_week,
    "watched_block": request_objects.watched_block,
    "programme_of_number": learning_objects.programme,
    "ingredient_of_number": learning_objects.ingredient,
    "session_now": learning_objects.session_now,
    "session_of_september": learning_objects.session_of_september,
    "star_plan": study_objects.star_plan,
    "star_run": study_objects.star_run,
    "star_finding": study_objects.star_finding,
    "closed_review": review_objects.closed_review,
    "open_review": review_objects.open_review,
    "asked_of_amara": review_objects.asked_of_amara,
    "waits_for_dana": review_objects.waits_for_dana,
    "picture_for_dana": review_objects.picture_for_dana,
    "standard": review_objects.standard,
}
