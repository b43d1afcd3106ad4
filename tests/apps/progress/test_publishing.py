"""A month is published once; what is withheld is nowhere in the stored tables; the attacker finds nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from fairlead.apps.facts.selectors import GROUPS
from fairlead.apps.progress import selectors, services
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.progress.models import GroupReading, PublishedCell, PublishedTable, Reading
from fairlead.apps.progress.sanity import out_of_range, wrong_sign
from fairlead.demo.world import ZONE
from tests.conftest import as_owner, use_app_login

DECEMBER = datetime(2026, 12, 1, 2, 0, tzinfo=ZONE)
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def published(november: Any, seeded: Any) -> Any:
    """November's tables, in a test's transaction."""
    return seeded


def test_readings_are_those_of_the_measure(seeded: Any, scope_of: Any) -> None:
    readings = Reading.objects.filter(indicator="attendance")
    ((present, marked),) = _rows(
        "SELECT sum(present), sum(present + absent) FROM facts_school_day WHERE date < %s", seeded.today
    )
    assert sum(r.numerator for r in readings) == present
    assert sum(r.denominator for r in readings) == marked
    assert max(r.ends for r in readings) == seeded.dates[-2]  # today is not closed


def test_counting_anew_changes_nothing(seeded: Any) -> None:
    def all_readings() -> list[Any]:
        return list(Reading.objects.order_by("organization", "indicator", "begins").values_list(
            "organization", "indicator", "begins", "ends", "n", "numerator", "denominator", "rows"
        ))  # fmt: skip

    before = all_readings()
    assert before
    services.refresh(seeded.network_id, seeded.moment)
    assert all_readings() == before


def test_an_open_month_is_not_published(seeded: Any) -> None:
    with pytest.raises(services.NotPublished, match="is not over"):
        services.publish(seeded.network_id, NOVEMBER, seeded.moment)


def test_a_month_is_published_once(published: Any) -> None:
    with pytest.raises(services.NotPublished, match="has been published"):
        services.publish(published.network_id, NOVEMBER, DECEMBER)


def test_a_short_month_is_not_published(seeded: Any) -> None:
    with pytest.raises(services.NotPublished, match="fewer than 10 school days"):
        services.publish(seeded.network_id, date(2026, 8, 1), DECEMBER)


def test_what_is_published(published: Any) -> None:
    tables = {t.indicator for t in PublishedTable.objects.filter(begins=NOVEMBER)}
    assert tables == {one.key for one in indicators().values() if one.publish != "no"}
    chronic = PublishedCell.objects.filter(table__indicator="chronic_absence", table__begins=NOVEMBER)
    assert set(chronic.values_list("group", flat=True)) == {"all", *GROUPS}


def test_small_groups_are_withheld_and_totals_do_not_give_them_away(published: Any) -> None:
    cells = {(c.table_id, c.organization_id, c.group, c.category): c for c in PublishedCell.objects.all()}
    small = [r for r in GroupReading.objects.all() if 0 < r.n < 10]
    assert small
    for reading in small:
        cell = cells[reading.table_id, reading.organization_id, reading.group, reading.category]
        assert (cell.state, cell.n, cell.numerator, cell.low) == ("primary", None, None, None)
        siblings = [
            c
            for (table, organization, group, _), c in cells.items()
            if (table, organization, group) == (reading.table_id, reading.organization_id, reading.group)
        ]
        if reading.group != "all" and cells[reading.table_id, reading.organization_id, "all", "all"].n is not None:
            assert sum(c.n is None for c in siblings) > 1


def test_the_city_reads_the_stored_table_and_no_more(published: Any, scope_of: Any) -> None:
    scope = scope_of("ruth")
    assert GroupReading.objects.count() == 0
    assert Reading.objects.count() == 0
    table = next(t for t in selectors.published_tables(scope, "chronic_absence") if t.begins == NOVEMBER)
    for lattice in selectors.lattice(scope, table, GROUPS):
        assert not lattice.unsuppressed
        for _, _, cells in lattice.rows:
            for cell in cells:
                assert cell.n is None or cell.n == 0 or cell.n >= 10
                if not cell.published:
                    assert not cell.exact


def test_who_may_see_the_rows_gets_every_number(published: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    table = next(t for t in selectors.published_tables(scope, "chronic_absence") if t.begins == NOVEMBER)
    for lattice in selectors.lattice(scope, table, GROUPS):
        assert lattice.unsuppressed
        (_, _, network), *schools = lattice.rows
        for column, cell in enumerate(network):
            assert cell.n == sum(row[2][column].n for row in schools)


def test_without_an_agreement_there_are_no_tables(published: Any, scope_of: Any) -> None:
    with as_owner():
        _rows("UPDATE access_agreement SET ends = %s RETURNING id", published.today - timedelta(days=1))
    assert selectors.published_tables(scope_of("ruth")) == []


def test_a_withheld_number_cannot_be_stored(published: Any) -> None:
    from django.db import IntegrityError, transaction

    cell = PublishedCell.objects.filter(state="primary").first()
    assert cell is not None
    for change in ({"n": 4}, {"numerator": 1}, {"low": 0.1, "high": 0.1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PublishedCell.objects.filter(pk=cell.pk).update(**change)


def test_the_app_cannot_publish(published: Any, scope_of: Any) -> None:
    from django.db import ProgrammingError, transaction

    scope_of("ines")
    for model in (PublishedTable, PublishedCell):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.all().delete()


def test_the_worker_can_do_the_nights_work(seeded: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE fairlead_worker")
    assert services.refresh(seeded.network_id, seeded.moment) > 0
    with pytest.raises(services.NotPublished, match="is not over"):
        services.publish(seeded.network_id, NOVEMBER, seeded.moment)


def test_a_principal_sees_series_of_their_own_school(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("owen")
    assert [s.organization_id for s in selectors.by_school(scope, "attendance")] == [int(seeded.school_ids[1])]
    series = selectors.series(scope)["attendance"]
    assert series.latest is not None
    assert series.latest.n < seeded.students / 2


def test_nobody_sees_readings_without_a_scope(seeded: Any) -> None:
    use_app_login()
    assert Reading.objects.count() == 0


def _rows(sql: str, *args: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall()


def test_an_unsound_indicator_is_left_out_of_a_months_tables_and_says_why(
    seeded: Any, monkeypatch: Any, caplog: Any, as_person: Any
) -> None:
    october = date(2026, 10, 1)
    PublishedTable.objects.filter(begins=october).delete()
    monkeypatch.setattr(
        services,
        "unsound",
        lambda values: {
            "rolls_on_time": (out_of_range(1, 5), ""),
            "chronic_absence": (wrong_sign(0.9, 5, -1), "attendance"),
        },
    )
    tables = services.publish(seeded.network_id, october, DECEMBER)
    assert tables
    assert "rolls_on_time" not in {table.indicator for table in tables}
    assert "rolls_on_time is not published" in caplog.text
    assert "1 of 5 values" in caplog.text
    client = as_person("ines")
    page = client.get(reverse("network:published")).content.decode()
    assert "A value lies outside what is possible: a field is broken or mislabelled. 1 of 5 values." in page
    assert "Correlation +0.90 over 5 schools, expected below zero (with “" in page
    spanish = client.get(reverse("network:published"), headers={"accept-language": "es"}).content.decode()
    assert "1 de 5 valores." in spanish
    with as_owner():
        PublishedTable.objects.filter(indicator="rolls_on_time").delete()
    of_it = client.get(reverse("network:indicator", args=["rolls_on_time"])).content.decode()
    assert "1 of 5 values" in of_it, "where the number would be"
    assert "1 of 5 values" not in client.get(reverse("network:indicator", args=["chronic_absence"])).content.decode()
    assert "1 of 5 values" not in as_person("owen").get(reverse("network:facts")).content.decode()
