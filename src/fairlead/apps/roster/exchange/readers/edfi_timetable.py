"""Ed-Fi's class periods, bell schedules and calendar dates as the timetable of a roster.

Ed-Fi gives a class period its times, and a bell schedule the periods that ring in it; a schedule may name its dates
and what kind of day they are (A, B). A period with a break in it is told as one, from its first beginning to its last
end: a roll is due after it begins.
"""

from __future__ import annotations

import polars as pl

CLOSED = ("Holiday", "Non-instructional day", "Teacher only day", "Weather day", "Emergency day", "Strike")
OPEN = ("Instructional day", "Make-up day", "Student late arrival/early dismissal")
OF_STUDENTS = "Student Specific"


def timetable(extras: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The extra tables of an Ed-Fi reading → periods, bells and days."""
    times = extras["class_periods"].with_columns(
        pl.col(c).str.slice(0, 8).str.to_time("%H:%M:%S", strict=False) for c in ("begins", "ends")
    )
    periods = times.group_by("org", "name", maintain_order=True).agg(
        pl.col("begins").min(), pl.col("ends").max(), pl.col("_file", "_line").first()
    )
    bells = extras["bell_schedules"]
    own = periods.select("org", pl.col("name").alias("period"), "begins", "ends")
    return {
        # From morning to evening; a period without a time stands last, by its name.
        "periods": periods.sort("org", "begins", "name", nulls_last=True).select(
            "org",
            "name",
            pl.int_range(1, pl.len() + 1).over("org").cast(pl.Int32).alias("position"),
            "_file",
            "_line",
        ),
        "bells": bells.select("org", pl.col("name").alias("schedule"), "period", "_file", "_line")
        .filter(pl.col("period").is_not_null())
        .join(own, on=["org", "period"], how="left", maintain_order="left")
        .select("org", "schedule", "period", "begins", "ends", "_file", "_line"),
        "days": pl.concat([_calendar(extras["school_days"]), _dated(extras["bell_dates"])]),
    }


def _calendar(days: pl.DataFrame) -> pl.DataFrame:
    """What a school's calendar says of a date; several events of a date are one row, and an instructional one wins."""
    event = pl.col("event")
    meets = pl.when(event.is_in(OPEN)).then(True).when(event.is_in(CLOSED)).then(False)
    told = pl.when(pl.col("kind").fill_null("") != OF_STUDENTS).then(meets)
    none = pl.lit(None, dtype=pl.String)
    return days.select(
        "org", "date", told.alias("meets"), none.alias("schedule"), none.alias("day_type"), "_file", "_line"
    )


def _dated(dates: pl.DataFrame) -> pl.DataFrame:
    meets = pl.lit(None, dtype=pl.Boolean).alias("meets")
    return dates.select("org", "date", meets, pl.col("name").alias("schedule"), "day_type", "_file", "_line")
