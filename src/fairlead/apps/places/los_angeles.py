"""Los Angeles' public records, read where they lie: who applied from where, what was offered, how schools did.

Two files of one folder (`schools/la` of the shared data; never copied into the repository):

* LAUSD Open Data, school year 2018–19: applications and seat offers by programme and ZIP code of the applicant.
* California Department of Education, 2018 California School Dashboard: average distance from standard and status
  level in mathematics and English language arts. The level is the Dashboard's *status* (1 very low to 5 very
  high), not its color: in the file it changes exactly at the published status cut points, whatever the change
  from the year before.

Every row read is counted by outcome, and a file that lacks a column is refused in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

SLUG = "los-angeles"
YEAR = 2019  # the school year 2018–19
RESULTS_YEAR = 2018
OFFERS_FILE = "lausd_applications_seat_offers_by_applicant_zip_2018_19.csv.gz"
RESULTS_FILE = "ca_dashboard_2018_math_ela.csv"
SOURCE = (
    "Los Angeles Unified School District, LAUSD Open Data: applications and seat offers by program and "
    "applicant ZIP code, 2018–19. California Department of Education, 2018 California School Dashboard: "
    "mathematics and English language arts."
)
RESULTS = ("math_dfs", "ela_dfs", "math_level", "ela_level")
NO_SCHOOL = "NA"
UNREADABLE = "—"

_OFFER_COLUMNS = {
    "ApplyCDSCode": pl.String,
    "ApplySchool": pl.String,
    "ApplyZipCode": pl.String,
    "ApplicantZipCode": pl.String,
    "Applications": pl.Int64,
    "SeatOffers": pl.Int64,
}
_RESULT_COLUMNS = {
    "cds": pl.String,
    "math_dfs": pl.Float64,
    "ela_dfs": pl.Float64,
    "math_level": pl.Int64,
    "ela_level": pl.Int64,
}


class MissingData(Exception):
    """The folder or one of its files is not there, or is not the file that it should be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The two files as arrays. `place` and `school` index into `zips` and `school_ids`.

    `results` has one row a school and the columns of `RESULTS`; NaN where the Dashboard says nothing.
    """

    zips: tuple[str, ...]
    school_ids: tuple[str, ...]
    school_names: tuple[str, ...]
    school_zips: tuple[str, ...]
    results: dict[str, NDArray[np.float64]]
    place: NDArray[np.int64]
    school: NDArray[np.int64]
    applications: NDArray[np.int64]
    offers: NDArray[np.int64]
    counted: dict[str, int]


def present(folder: Path) -> bool:
    """Whether both files are there."""
    return all((folder / name).is_file() for name in (OFFERS_FILE, RESULTS_FILE))


def _table(path: Path, columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    if not path.is_file():
        raise MissingData(f"{path} is not there. It should hold {', '.join(columns)}.")
    table = pl.read_csv(path, infer_schema=False)
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise MissingData(f"{path} lacks {', '.join(lacking)} (it has {', '.join(table.columns)}).")
    return table.select(
        pl.col(name) if kind == pl.String else pl.col(name).cast(kind) for name, kind in columns.items()
    )


def read(folder: Path) -> Reading:
    """Read both files and count every row. Raises `MissingData` in words when something is not there."""
    offers = _table(folder / OFFERS_FILE, _OFFER_COLUMNS)
    results = _table(folder / RESULTS_FILE, _RESULT_COLUMNS).unique("cds", keep="first", maintain_order=True)

    written = offers["ApplicantZipCode"].fill_null("")
    readable = written.str.contains(r"^\d{5}$")
    offers = offers.with_columns(
        zip=pl.select(pl.when(readable).then(written).otherwise(pl.lit(UNREADABLE))).to_series()
    )
    zips = sorted(offers["zip"].unique().to_list())
    schools = (
        offers.group_by("ApplyCDSCode")
        .agg(pl.col("ApplySchool").first(), pl.col("ApplyZipCode").first())
        .sort("ApplyCDSCode")
        .join(results, left_on="ApplyCDSCode", right_on="cds", how="left", maintain_order="left")
    )
    ids = schools["ApplyCDSCode"].to_list()
    at_zip = {code: i for i, code in enumerate(zips)}
    at_school = {code: i for i, code in enumerate(ids)}
    columns = {name: _numbers(schools, name) for name in RESULTS}
    matched = int(np.isfinite(np.column_stack(list(columns.values()))).all(axis=1).sum())
    without_school = offers.filter(pl.col("ApplyCDSCode") == NO_SCHOOL)
    return Reading(
        zips=tuple(zips),
        school_ids=tuple(ids),
        school_names=tuple(schools["ApplySchool"].to_list()),
        school_zips=tuple(
            code if re.fullmatch(r"\d{5}", code or "") else "" for code in schools["ApplyZipCode"].to_list()
        ),
        results=columns,
        place=np.array([at_zip[code] for code in offers["zip"]], dtype=np.int64),
        school=np.array([at_school[code] for code in offers["ApplyCDSCode"]], dtype=np.int64),
        applications=offers["Applications"].to_numpy(),
        offers=offers["SeatOffers"].to_numpy(),
        counted={
            "rows": offers.height,
            "codes_as_written": written.n_unique(),
            "zip_codes": len([code for code in zips if code != UNREADABLE]),
            "rows_without_zip": int((~readable).sum()),
            "applications_without_zip": int(offers.filter(~readable)["Applications"].sum()),
            "rows_without_school": without_school.height,
            "applications_without_school": int(without_school["Applications"].sum()),
            "schools": len(ids),
            "schools_with_results": matched,
            "schools_without_results": len([code for code in ids if code != NO_SCHOOL]) - matched,
        },
    )


def _numbers(table: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """A column as floats, NaN where missing. Level 0 is the Dashboard's "no level", hence missing."""
    column = table[name].cast(pl.Float64)
    if name.endswith("_level"):
        column = table.select(pl.when(pl.col(name) > 0).then(pl.col(name))).to_series().cast(pl.Float64)
    return column.fill_null(np.nan).to_numpy()
