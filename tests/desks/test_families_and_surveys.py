"""Letters home before students are asked: a family's no by link or from paper, taken back, and never more than a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse

from fairlead.apps.surveys import links, optouts, selectors, services
from fairlead.apps.surveys.models import Administration, FamilyNotice, Invitation
from tests.access import survey_objects
from tests.apps.surveys import making
from tests.conftest import as_owner, max_queries


@pytest.fixture
def due(seeded: Any) -> int:
    cache.clear()
    return survey_objects.letters_due(seeded)


def school(seeded: Any) -> int:
    return int(seeded.school_ids[0])


def test_a_letter_is_printed_twice_with_the_same_link_in_the_familys_language(
    as_person: Any, seeded: Any, due: int
) -> None:
    client = as_person("luis")
    with max_queries(15):
        first = client.post(reverse("surveys:letters", args=[due, school(seeded)]))
    text = first.content.decode()
    assert (first.status_code, first["Cache-Control"]) == (200, "no-store")
    assert text.count("letter__code") == text.count('<article class="letter"') + text.count('<div lang="es"') - (
        text.count('<article class="letter"') - text.count('<div lang="en"')
    )
    assert "A la familia de" in text
    codes = [part.split("<")[0] for part in text.split('letter__code">')[1:]]
    again = client.post(reverse("surveys:letters", args=[due, school(seeded)])).content.decode()
    assert codes == [part.split("<")[0] for part in again.split('letter__code">')[1:]]
    with as_owner():
        kept = set(FamilyNotice.objects.filter(administration_id=due).values_list("token_hash", flat=True))
    assert {links.hashed(code) for code in codes} == kept, "only hashes are kept"


def test_by_the_link_a_family_says_no_and_takes_it_back(as_person: Any, seeded: Any, due: int, scope_of: Any) -> None:
    letter = optouts.make_letters(scope_of("luis"), due, school(seeded))[0]
    client = as_person(None)
    sent = client.post(reverse("answering:door"), {"code": links.written(letter.secret).upper()})
    page = client.get(sent["Location"])
    text = page.content.decode()
    assert "takes part, unless you say no" in text
    assert "Nobody asks you why" in text
    assert "<textarea" not in text, "nobody asks why"
    assert letter.student.split()[-1] not in text, "a first name only"
    assert client.post(sent["Location"], {"out": "1", "in": "es"}).status_code == 302
    with as_owner():
        said = FamilyNotice.objects.get(administration_id=due, opted_out=True)
        assert (said.entered_by_id, said.said_at is None) == (None, False)
    assert "no participa" in client.get(sent["Location"] + "?in=es").content.decode()
    client.post(sent["Location"], {"back": "1"})
    with as_owner():
        assert not FamilyNotice.objects.filter(administration_id=due, opted_out=True).exists()
    assert client.get(reverse("answering:family", args=["aaaa-bbbb-cccc"])).status_code == 404


def test_after_its_day_the_link_takes_nothing(as_person: Any, seeded: Any, due: int, scope_of: Any) -> None:
    letter = optouts.make_letters(scope_of("luis"), due, school(seeded))[0]
    with as_owner():
        Administration.objects.filter(pk=due).update(opt_out_until=seeded.today - timedelta(days=1))
    client = as_person(None)
    late = client.post(reverse("answering:family", args=[letter.secret]), {"out": "1"})
    assert late.status_code == 410
    assert "can tell you more" in late.content.decode()
    with as_owner():
        assert not FamilyNotice.objects.filter(administration_id=due, opted_out=True).exists()


def test_from_paper_who_wrote_it_down_is_kept(as_person: Any, seeded: Any, due: int, scope_of: Any) -> None:
    _known, _school, students = optouts.asked(scope_of("luis"), due, school(seeded))
    address = reverse("surveys:family_notices", args=[due, school(seeded)])
    client = as_person("luis")
    assert client.post(address, {"out": str(students[0].student_id)}).status_code == 302
    with max_queries(15):
        text = client.get(address).content.decode()
    assert "written down by Luis Ortega" in text
    stranger = int(seeded.student_ids[seeded.section_school[seeded.student_section] == 1][0])
    assert client.post(address, {"out": str(stranger)}).status_code == 404
    assert client.post(address, {"out": "x"}).status_code == 404


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_it_opens_after_the_day_and_asks_nobody_whose_family_said_no(
    seeded: Any, scope_of: Any, due: int, mode: str
) -> None:
    ines = scope_of("ines")
    with as_owner():
        Administration.objects.filter(pk=due).update(mode=mode)
        ids = [one.student_id for one in optouts.asked(ines, due, school(seeded))[2]]
        optouts.write_down(ines, due, school(seeded), ids[0], out=True)
        with pytest.raises(ValidationError, match="still say no"):
            services.open_it(ines, due)
        Administration.objects.filter(pk=due).update(opt_out_until=seeded.today - timedelta(days=1))
        services.open_it(ines, due)
        here = Invitation.objects.filter(administration_id=due, organization_id=school(seeded))
        assert here.filter(state="opted_out").count() == 1
        assert len(services.make_slips(ines, due, school(seeded))) == len(ids) - 1
        rate = next(r for r in selectors.rates(ines, Administration.objects.get(pk=due))
                    if r.organization_id == school(seeded))  # fmt: skip
        assert (rate.opted_out, rate.asked) == (None, len(ids)), "one is too few to tell, by subtraction neither"
        if mode == "anonymous":
            with pytest.raises(ValidationError, match="no slip"):
                optouts.write_down(ines, due, school(seeded), ids[1], out=True)
        else:
            optouts.write_down(ines, due, school(seeded), ids[1], out=True)
            assert here.get(person_id=ids[1]).state == "opted_out"
            optouts.write_down(ines, due, school(seeded), ids[1], out=False)
            assert here.get(person_id=ids[1]).state == "waiting"


def test_what_stands_in_a_letter_does_not_change(seeded: Any, scope_of: Any, due: int) -> None:
    ines = scope_of("ines")
    optouts.make_letters(ines, due, school(seeded))
    later = making.students(
        seeded, opt_out_until=seeded.today + timedelta(days=3), opens_on=seeded.today + timedelta(days=9),
        closes_on=seeded.today + timedelta(days=20),
    )  # fmt: skip
    with pytest.raises(ValidationError, match="Letters to families have been printed"):
        services.revise(ines, due, later)
    with pytest.raises(ValidationError, match="before the first one"):
        services.create(ines, seeded.network_id, making.draft(seeded, opt_out_until=seeded.today))


def test_families_are_asked_one_guardian_a_student_whom_one_may_write_to(seeded: Any, scope_of: Any) -> None:
    with as_owner():
        known = making.opened(scope_of("ines"), seeded, making.draft(seeded, asked="families", role=""))
        people = list(Invitation.objects.filter(administration=known).values_list("person__kind", "person_id"))
    assert {kind for kind, _pk in people} == {"guardian"}
    assert len({pk for _kind, pk in people}) == len(people)
