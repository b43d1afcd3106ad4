"""The instruments that Fairlead brings along: one of each kind, whole in two languages, loaded once, linked where they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any

import pytest
from django.apps import apps

from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.definition import Form, problems
from fairlead.apps.instruments.models import Instrument, Item, Version
from fairlead.apps.instruments.starters import install_starters, starters

FORMS = [form for form, _ in starters()]
NAMES = [f"{form.key}-{form.number}" for form in FORMS]


def by_key(key: str, number: int = 1) -> Form:
    return next(form for form in FORMS if (form.key, form.number) == (key, number))


def test_there_is_one_of_each_kind() -> None:
    found = Counter(form.kind for form in FORMS if form.number == 1)
    assert found.pop(Instrument.Kind.APPRAISAL) == 2, "of teachers, and of leaders"
    assert set(found.values()) == {1}
    assert set(found) == set(Instrument.Kind) - {Instrument.Kind.APPRAISAL}


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_nothing_is_wrong_and_every_word_is_in_both_languages(form: Form) -> None:
    assert problems(form) == []
    said = [form, *form.domains, *form.items, *(a for i in form.items for a in (*i.anchors, *i.options))]
    for thing in said:
        names = {f.name for f in fields(thing)}
        for name in names:
            if f"{name}_es" in names:
                assert bool(getattr(thing, name)) == bool(getattr(thing, f"{name}_es")), (thing, name)
    for item in form.items:
        assert all(anchor.text for anchor in item.anchors), item.key


def test_the_levels_of_one_rating_are_all_different() -> None:
    for form in FORMS:
        for item in form.items:
            for name in ("text", "text_es"):
                texts = [getattr(anchor, name) for anchor in item.anchors]
                assert len(set(texts)) == len(texts), (form.key, item.key)


def test_the_student_survey_has_eighteen_items_in_five_domains_two_reversed() -> None:
    form = by_key("in-this-class")
    assert (len(form.domains), len(list(form.items))) == (5, 18)
    assert sum(item.reverse for item in form.items) == 2
    assert form.restrictions["minimum_group"] == 10


def test_the_assessment_has_two_forms_that_share_six_items() -> None:
    before, after = by_key("teaching-number", 1), by_key("teaching-number", 2)
    assert [len(list(form.items)) for form in (before, after)] == [12, 12]
    shared = {item.key for item in after.items if item.same_as == 1}
    assert len(shared) == 6
    assert shared == {i.key for i in before.items} & {i.key for i in after.items}
    assert all(item.correct for form in (before, after) for item in form.items)


def test_what_stands_in_the_database_is_what_the_files_say(seeded: Any) -> None:
    for form in FORMS:
        version = Version.objects.select_related("instrument").get(instrument__key=form.key, number=form.number)
        assert version.published_at is not None
        assert form_of(version) == form
    anchors = Item.objects.filter(version__instrument__key="teaching-number", same_as__isnull=False)
    assert {(a.key, a.same_as.version.number) for a in anchors.select_related("same_as__version") if a.same_as} == {
        (item.key, 1) for item in by_key("teaching-number", 2).items if item.same_as
    }


def test_loading_again_makes_nothing_and_mends_a_missing_version(seeded: Any) -> None:
    before = (Instrument.objects.count(), Version.objects.count(), Item.objects.count())
    assert install_starters(apps.get_model) == 0
    assert (Instrument.objects.count(), Version.objects.count(), Item.objects.count()) == before
