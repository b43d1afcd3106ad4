"""The page of sources says what the readers declare, what the limits are, and what Grand Bend gives."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from fairlead.apps.roster.exchange import scanning, unpacking
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.readers import READERS, edfi, headers, workbook

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "import-from-a-spreadsheet.md").read_text(encoding="utf-8")
GRAND_BEND = settings.SHARED_DATA / "rostering" / "edfi_grand_bend_ds5_2"


@pytest.mark.parametrize("key", READERS)
def test_the_page_says_what_the_reader_declares(key: str) -> None:
    source = READERS[key].SOURCE
    row = f"| {source.name} | `{key}` | {source.version} | {source.cadence} | {source.merge_rule} |"
    assert row in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    limits = unpacking.LIMITS
    for row in (
        f"| files in a zip or folder | {limits.files} |",
        f"| one file, unpacked | {limits.file_bytes // unpacking.MB:,} MB |",
        f"| a zip, unpacked | {limits.total_bytes // unpacking.MB:,} MB |",
        f"| unpacked ÷ packed, above {limits.ratio_from // unpacking.MB} MB | {limits.ratio} |",
        f"| one line | {scanning.LONGEST_LINE // 1024:,} KB |",
        f"| one field | {scanning.LONGEST_FIELD // 1024} KB |",
        f"| columns | {limits.columns} |",
        f"| cells of a sheet, from its first to its last | {workbook.MOST_CELLS:,} |",
    ):
        assert row in PAGE


def test_the_mapping_of_the_how_to_is_one(tmp_path: Path) -> None:
    text = HOW_TO.split("```toml\n")[1].split("```")[0]
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    (layout,) = headers.read_mapping(path)
    assert (layout.holds, layout.fixed) == ("students", tomllib.loads(text)["table"][0]["fixed"])


@pytest.mark.skipif(
    not (GRAND_BEND / "Student.xml.gz").is_file(), reason=f"needs the Grand Bend sample in {GRAND_BEND}"
)
def test_grand_bend_gives_what_the_page_says() -> None:
    with Parcel(GRAND_BEND) as parcel:
        reading = edfi.read(parcel)
    height = {name: frame.height for name, frame in (reading.tables | reading.extras).items()}
    kinds = dict(reading.tables["people"].group_by("kind").len().iter_rows())
    by_section = reading.extras["attendance_events"]["section"].is_not_null().sum()
    page = " ".join(PAGE.split())
    for said in (
        f"{height['orgs']} organizations, {height['sessions']} sessions and grading periods",
        f"{height['courses']} courses, {height['classes']} sections, {height['teaching']} teaching links",
        f"{kinds['student']} students, {kinds['staff']} staff, {kinds['guardian']:,} contacts",
        f"{height['guardianships']:,} links",
        f"{height['attendance_events']:,} attendance events ({height['attendance_events'] - by_section:,} of a school",
        f"{by_section} of a section",
        f"{reading.timetable['periods'].height} periods and {reading.timetable['bells'].height} bells",
    ):
        assert said in page, said
    assert len(reading.quarantined) == 1
