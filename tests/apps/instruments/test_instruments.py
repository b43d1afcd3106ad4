"""Instruments as data: the starters are whole in two languages, and what is published is final."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.utils import translation

from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Domain, Instrument, Item, Version
from fairlead.apps.instruments.selectors import current_version, instruments_for, items_of
from fairlead.apps.instruments.starters import install_starters

pytestmark = pytest.mark.usefixtures("seeded")


def starter() -> Version:
    version = current_version("twelve-minutes")
    assert version is not None
    return version


def test_the_starter_is_there_with_four_levels_in_words() -> None:
    items = items_of(starter().pk)
    assert [i.key for i in items] == ["thinking", "work", "everyone", "student-says", "finding-out", "room"]
    for item in items:
        assert len(item.anchors) == (4 if item.kind == "rating" else 0)
        for anchor in item.anchors:
            assert set(anchor) == {"name", "name_es", "text", "text_es"}
            assert all(anchor.values())


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_speaks_the_readers_language(language: str) -> None:
    with translation.override(language):
        item = items_of(starter().pk)[0]
        assert str(item) == {"en": "Students do the thinking", "es": "Las y los estudiantes piensan"}[language]
        assert [n for n, _, _ in item.levels] == [1, 2, 3, 4]
        assert item.levels[0][1] == {"en": "Not yet", "es": "Todavía no"}[language]


def test_installing_again_makes_nothing() -> None:
    before = Item.objects.count()
    assert install_starters(apps.get_model) == 0
    assert Item.objects.count() == before


def test_no_appraisal_by_a_rubric_of_twelve_minutes(scope_of: Callable[[str], Any]) -> None:
    grace = scope_of("grace")
    assert "twelve-minutes" in [v.instrument.key for v in instruments_for(grace, "coaching")]
    assert "twelve-minutes" not in [v.instrument.key for v in instruments_for(grace, "appraisal")]
    assert "may not be used for an appraisal" in policy.why_not(starter().instrument, "appraisal")
    assert policy.why_not(starter().instrument, "coaching") == ""


def refused(change: Any) -> None:
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        change()


def test_a_published_version_cannot_be_changed_removed_or_added_to() -> None:
    version = starter()
    item = items_of(version.pk)[0]
    refused(lambda: Version.objects.filter(pk=version.pk).update(number=9))
    refused(lambda: Version.objects.filter(pk=version.pk).update(published_at=None))
    refused(lambda: Item.objects.filter(pk=item.pk).update(prompt="Anything else"))
    refused(lambda: Item.objects.filter(pk=item.pk)._raw_delete("default"))
    refused(lambda: Domain.objects.filter(pk=item.domain_id).update(name="Anything else"))
    refused(lambda: Item.objects.create(version=version, domain=item.domain, key="new", position=9, kind="text"))
    draft = Version.objects.create(instrument=version.instrument, number=2)
    refused(lambda: Item.objects.filter(pk=item.pk).update(version=draft))  # nor carried off into another version


def test_a_draft_can_be_changed_and_is_not_offered() -> None:
    draft = Version.objects.create(instrument=Instrument.objects.get(key="twelve-minutes"), number=2)
    domain = Domain.objects.create(version=draft, position=1, name="One", name_es="Uno")
    Item.objects.create(version=draft, domain=domain, key="new", position=1, kind="text")
    Item.objects.filter(version=draft).update(prompt="Better")
    assert starter().number == 1
    draft.delete()
    assert not Item.objects.filter(key="new").exists()
