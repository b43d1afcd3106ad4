"""Los Angeles' public records. Totals as stated in the data's README and counted by hand in the files.

Sources: LAUSD Open Data (applications and seat offers by programme and applicant ZIP, 2018–19) and the California
Department of Education's 2018 Dashboard. Neither is in this repository: without the folder these tests are skipped.
"""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from fairlead.apps.places import los_angeles, selectors, services
from fairlead.apps.places.models import City, OfferCell, SeatTable
from fairlead.apps.places.rules import quality_rules
from fairlead.science.places import NOT_RATED, QUALITY, rate_schools

FOLDER = settings.SHARED_DATA / "schools" / "la"
here = pytest.mark.skipif(
    not los_angeles.present(FOLDER),
    reason=f"needs {los_angeles.OFFERS_FILE} and {los_angeles.RESULTS_FILE} in {FOLDER}",
)


@pytest.fixture(scope="module")
def reading():
    return los_angeles.read(FOLDER)


@here
def test_the_totals_are_those_of_the_source(reading):
    assert reading.applications.sum() == 161_428
    assert reading.offers.sum() == 31_785
    assert reading.counted["schools"] == 418
    assert reading.counted["codes_as_written"] == 322


@here
def test_every_row_is_accounted_for(reading):
    counted = reading.counted
    assert counted["rows"] == len(reading.place) == 19_034
    assert (counted["zip_codes"], counted["rows_without_zip"]) == (309, 36)
    assert (counted["schools_with_results"], counted["schools_without_results"]) == (415, 2)
    assert (counted["rows_without_school"], counted["applications_without_school"]) == (13, 16)
    assert counted["schools_with_results"] + counted["schools_without_results"] + 1 == counted["schools"]


@here
def test_the_level_is_the_status_not_the_color(reading):
    """It changes exactly at the status cut points, which a color, weighing change as well, could not."""
    math, level = reading.results["math_dfs"], reading.results["math_level"]
    assert math[level >= 4].min() >= 0
    assert math[level <= 3].max() < 0
    ela, ela_level = reading.results["ela_dfs"], reading.results["ela_level"]
    assert ela[ela_level >= 4].min() >= 10


@here
def test_quality_schools_and_offers_under_three_rules(reading):
    got = {}
    for key in ("standard-in-both", "high-in-both", "medium-in-both"):
        rating = rate_schools(reading.results, quality_rules()[key].conditions)
        assert (rating == NOT_RATED).sum() == 3
        got[key] = (int((rating == QUALITY).sum()), int(reading.offers[rating[reading.school] == QUALITY].sum()))
    assert got == {"standard-in-both": (57, 4_436), "high-in-both": (54, 4_275), "medium-in-both": (109, 10_773)}


@here
def test_santee_is_there(reading):
    """The school of the founding documents: below standard in both, so not quality by either rule."""
    at = next(i for i, name in enumerate(reading.school_names) if "Santee" in name)
    assert reading.results["math_dfs"][at] < 0
    assert rate_schools(reading.results, quality_rules()["standard-in-both"].conditions)[at] == 0


@here
@pytest.mark.django_db
def test_loaded_tables_hold_the_totals_and_withhold_small_places(reading):
    loaded = services.load_los_angeles(FOLDER)
    assert (loaded.applications, loaded.offers, loaded.tables) == (161_428, 31_785, 3)
    again = services.load_los_angeles(FOLDER)
    assert again == loaded
    assert City.objects.filter(slug=los_angeles.SLUG).count() == 1
    for table in SeatTable.objects.filter(city__slug=los_angeles.SLUG):
        total = table.offer_cells.get(place=None)
        assert (total.applications, total.offers, total.not_rated_offers) == (161_428, 31_785, 206)
        assert (table.schools, table.not_rated_schools) == (418, 3)
        shown = table.offer_cells.filter(place__isnull=False, withheld=False)
        assert min(shown.values_list("applications", flat=True)) >= 10
        small = int((np.bincount(reading.place, reading.applications) < 10).sum())
        assert table.offer_cells.filter(withheld=True).count() >= small > 100
    assert not OfferCell.objects.filter(withheld=True).exclude(applications=None, offers=None).exists()
    assert not OfferCell.objects.filter(withheld=True).exclude(quality_offers=None, not_rated_offers=None).exists()


@here
def test_the_comparison_counts_what_it_withholds(seeded, scope_of):
    with_records = City.objects.filter(slug=los_angeles.SLUG).exists()
    assert with_records, "the demo loads Los Angeles where its records are at hand"
    scope = scope_of("ruth")
    city = selectors.public_city(scope, los_angeles.SLUG)
    pair = selectors.chosen_pair(selectors.published(scope, city, "offers"), "offers", [])
    comparison = selectors.compare_offers(scope, pair)
    assert len(comparison.places) + comparison.withheld == 310
    assert str(comparison.places[0].place) == "90044"
    assert comparison.places[0].first.applications == 4_254
    assert comparison.total.offered == pytest.approx(100 * 31_785 / 161_428)


OFFERS = """ApplyCDSCode,ApplySchool,ApplyZipCode,ApplicantZipCode,Applications,SeatOffers
19,One,90001,90001,40,8
19,One,90001,90002,12,1
20,Two,90002,9002-,3,0
NA,NA,NA,,2,0
"""
RESULTS = """cds,math_dfs,ela_dfs,math_level,ela_level
19,1.5,2,4,3
20,,,0,0
"""


def write(folder, offers=OFFERS, results=RESULTS):
    (folder / los_angeles.OFFERS_FILE).write_bytes(gzip.compress(offers.encode()))
    (folder / los_angeles.RESULTS_FILE).write_text(results, encoding="utf-8")
    return folder


def test_a_small_file_is_read_whole(tmp_path):
    small = los_angeles.read(write(tmp_path))
    assert small.zips == ("90001", "90002", "—")
    assert small.applications.sum() == 57
    assert np.isnan(small.results["math_level"][1]), "level 0 is no level"
    assert small.counted["schools_with_results"] == 1
    assert small.counted["schools_without_results"] == 1
    assert small.counted["applications_without_zip"] == 5


def test_a_file_that_lacks_a_column_is_refused_in_words(tmp_path):
    write(tmp_path, results="cds,math_dfs\n19,1\n")
    with pytest.raises(los_angeles.MissingData, match="lacks ela_dfs, math_level, ela_level"):
        los_angeles.read(tmp_path)


@pytest.mark.django_db
def test_the_command_says_what_is_missing(tmp_path):
    with pytest.raises(CommandError, match="is not there"):
        call_command("load_los_angeles", tmp_path)


@pytest.mark.django_db
def test_the_command_counts(tmp_path, capsys):
    call_command("load_los_angeles", write(tmp_path))
    assert "57 applications, 9 offers, 3 schools" in capsys.readouterr().out
