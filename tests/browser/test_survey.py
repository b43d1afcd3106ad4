"""A survey answered by link on a phone without scripts; then its groups, only above the minimum."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.urls import reverse

from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.surveys import counting, links, services
from fairlead.apps.surveys.models import Invitation
from tests.apps.surveys import making
from tests.conftest import as_owner


def test_from_a_link_to_a_table(open_as: Any, seeded: Any) -> None:
    school, small = int(seeded.school_ids[4]), int(seeded.school_ids[3])
    with as_owner():
        ines = scope_for(seeded.person["ines"], seeded.today)
        assert ines is not None
        known = making.opened(ines, seeded, making.draft(seeded, mode="anonymous", role=""))
        first, *others = making.secrets(known, organization_id=small)
        for nth, secret in enumerate([*making.secrets(known, organization_id=school), *others]):
            making.answered(known, secret, 2 + nth % 4)
    tab = open_as(None, width=360, javascript=False)
    tab.go(reverse("answering:door"))
    tab.page.get_by_label("Code").fill(links.written(first).upper())
    tab.page.get_by_role("button", name="Open my survey").tap()
    tab.page.get_by_role("heading", name="Who sees what").wait_for()
    tab.page.get_by_role("button", name="Send my answers").tap()
    tab.page.get_by_text("Nothing is answered yet").wait_for()
    for group in tab.page.locator("fieldset").all():
        group.locator("label").nth(4).tap()
    tab.page.get_by_role("button", name="Send my answers").tap()
    tab.page.get_by_role("heading", name="Thank you").wait_for()
    assert tab.go(reverse("answering:answer", args=[first])).status == 410
    with as_owner():
        sizes = dict.fromkeys((school, small), 0)
        for pk in sizes:
            sizes[pk] = Invitation.objects.filter(administration=known, organization_id=pk, state="answered").count()
        services.close(ines, known.pk)
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        assert counting.count(known.pk, seeded.moment)
    reader = open_as("ines", javascript=False)
    for pk, many in sizes.items():
        reader.go(reverse("surveys:results", args=[known.pk]) + f"?at={pk}")
        told = reader.page.locator("tbody td:first-of-type").all_inner_texts()
        assert ("too few, here or beside" in told[0]) == (many < 5 or set(told) == {"too few, here or beside"})
        if many < 5:
            assert set(told) == {"too few, here or beside"}
    reader.go(reverse("surveys:results", args=[known.pk]) + f"?at={seeded.network_id}")
    assert "%" in " ".join(reader.page.locator("tbody td").all_inner_texts())
    assert [e for e in tab.errors if "status of 4" not in e] == [], "422 and 410 are the answers asked for"
