"""Lists that schools keep by hand, as CSV or XLSX: columns found by their headers, or told by a mapping file.

What was understood is said in the notes, column by column, and shown with the comparison before anything is merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from fairlead.apps.roster.exchange.canonical import Note, Quarantined, Reading, Source
from fairlead.apps.roster.exchange.opening import UNKNOWN_COLUMNS, TextTable, read_table
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers import headers, households, workbook
from fairlead.apps.roster.exchange.readers.headers import Layout, guess, headings, lacking, match, misspelt, plain
from fairlead.apps.roster.exchange.readers.shaping import leave, put, quarantine

SOURCE = Source(
    key="spreadsheet",
    name="Spreadsheet or list (CSV, XLSX)",
    version="template 1",
    cadence="when a school sends its list; weekly is enough for most",
    merge_rule="the template with students and staff is the whole roster of its schools; a list alone only adds",
    tables=(
        "orgs",
        "courses",
        "classes",
        "people",
        "roles",
        "demographics",
        "guardianships",
        "enrollments",
        "teaching",
    ),
)
KINDS = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".xlsm")
MAPPINGS = ("mapping.toml", "mapping.json")

UNDERSTOOD = _("Read as %(names)s.")
LOOKS_MISSPELT = _("These columns look misspelt and were not read: %(names)s.")
NOT_READ = _("This sheet was not read: its headers are none of a roster's.")
NO_COMMA = _("The name is one text without a comma, so that it is not clear where the family name begins.")
WRITE_COMMA = _("Write “Family name, Given name”, or use two columns.")
NO_SCHOOL = _("This row names no school.")
NAME_SCHOOL = _("Fill the column with the school, or put school = “…” under [table.fixed] of a mapping file.")
NO_ROLE = _("This function is not known.")
SEE_ROLES = _("Write teacher, office, principal, coach or other.")

_YES_NO = ("economically_disadvantaged", "english_learner", "disability")
_FOLDED = ("gender", "race_ethnicity", "kind")
_SPOKEN_TABLES = {
    "students": _("a list of students"), "staff": _("a list of staff"), "classes": _("a list of classes"),
    "enrollments": _("a list of who is in which class"), "schools": _("a list of schools"),
}  # fmt: skip


def recognises(parcel: Parcel) -> bool:
    """A mapping file, a workbook with a roster's headers, or a CSV with them."""
    if parcel.mapping or any(parcel.find(name) for name in MAPPINGS):
        return True
    for name, path in parcel.files.items():
        if name.lower().endswith((".xlsx", ".xlsm")):
            if any(guess(table.name, table.header) for table in workbook.sheets(path, name, _looks_like_header)):
                return True
        elif name.lower().endswith(KINDS) and guess(name, parcel.header(name)):
            return True
    return False


def read(parcel: Parcel) -> Reading:
    """All lists of the parcel."""
    return _Lists(parcel).read()


def layouts(parcel: Parcel) -> tuple[list[Layout], dict[str, list[str]]]:
    """What the lists of the parcel seem to hold, and the headers of each that were not recognised."""
    found: list[Layout] = []
    unknown: dict[str, list[str]] = {}
    lists = [(table, guess(table.name, table.header)) for table in _tables(parcel)]
    if not lists:
        raise _no_list(parcel.path.name, ", ".join(sorted(parcel.files))[:200])
    for table, layout in lists:
        if layout is None:  # a sheet that explains the others is none; a list alone is a list
            if any(each for _table, each in lists):
                continue
            layout = match(table.name, "students", table.header)
        found.append(layout)
        unknown[table.name] = [column for column in table.header if column not in layout.columns]
    return found, unknown


def _looks_like_header(place: str, row: Sequence[str]) -> bool:
    return guess(place, row) is not None


def _tables(parcel: Parcel) -> Iterable[TextTable]:
    for name, path in sorted(parcel.files.items()):
        if name.lower().endswith((".xlsx", ".xlsm")):
            yield from workbook.sheets(path, name, _looks_like_header)
        elif name.lower().endswith(KINDS):
            yield read_table(path, name)


def _no_list(where: str, got: str) -> ExchangeError:
    needed = "; ".join(
        f"{_SPOKEN_TABLES[t]}: " + ", ".join(h.en for h in headings(t) if h.required) for t in headers.TABLES
    )
    return ExchangeError(
        _("The headers of this list are none of a roster's."),
        allowed=needed,
        got=got or _("no list"),
        where=where,
        then=_(
            "use the template (“fairlead import template --out roster.xlsx”), or say with --mapping what each column is"
        ),
    )


class _Lists:
    """The lists of one parcel on their way into the canonical tables."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.reading = Reading(SOURCE, system="spreadsheet")
        self.mapped = self._mapping()
        self.found: dict[str, list[tuple[Layout, pl.DataFrame]]] = {name: [] for name in headers.TABLES}
        self.new_schools: dict[str, tuple[str, str, int]] = {}  # plain name → name, file, line
        self.staff_by_email: dict[str, str] = {}

    def _mapping(self) -> list[Layout]:
        inside = next((own for name in MAPPINGS if (own := self.parcel.find(name))), None)
        path = self.parcel.mapping or (self.parcel.files[inside] if inside else None)
        return headers.read_mapping(path) if path else []

    def read(self) -> Reading:
        for table in _tables(self.parcel):
            self._take(table)
        if not any(self.found.values()):
            raise _no_list(self.parcel.path.name, ", ".join(sorted(self.reading.counts))[:200])
        self._schools()
        self._staff()
        self._classes()
        self._students()
        self._enrollments()
        self._new_schools()
        self._modes()
        return self.reading

    # -- what is what ------------------------------------------------------------------------------------------------

    def _take(self, table: TextTable) -> None:
        layout = self._layout(table)
        self.reading.counts[table.name] = table.rows
        self.reading.notes += table.notes
        if layout is None:
            leave(self.reading, table.name, table.rows)
            if table.rows and self.parcel.files.keys() != {table.name}:
                self.reading.notes.append(Note(table.name, NOT_READ))
            return
        if missing := lacking(layout, layout.columns.values()):
            raise self._lacks(table, layout, missing)
        frame = table.frame.select(
            *(pl.col(own).str.strip_chars().alias(name) for own, name in layout.columns.items()),
            *(pl.lit(value).alias(name) for name, value in layout.fixed.items()),
            "_file", "_line",
        )  # fmt: skip
        kept, refused = self._without(table, layout)
        self.reading.quarantined += refused
        frame = frame.filter(~pl.col("_line").is_in(kept)) if kept else frame
        absent = [h.name for h in headings(layout.holds) if h.name not in frame.columns]
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
        self.found[layout.holds].append((layout, frame))
        self._say(table, layout)

    def _without(self, table: TextTable, layout: Layout) -> tuple[list[int], list[Quarantined]]:
        """Rows that the opening refused: all of them, since a row is whole or it is not."""
        refused = [replace(q, table=layout.holds) for q in table.quarantined]
        return sorted({q.line for q in refused}), refused

    def _layout(self, table: TextTable) -> Layout | None:
        file, _slash, sheet = table.name.partition("/")
        for told in self.mapped:
            told_file, _slash, told_sheet = told.place.partition("/")
            if plain(told_file) == plain(file) and (not told_sheet or plain(told_sheet) == plain(sheet)):
                if strange := [own for own in told.columns if own not in table.header]:
                    raise ExchangeError(
                        _("The mapping names a column that the list does not have."),
                        allowed=", ".join(table.header)[:300],
                        got=said(_("“%(name)s”"), name=strange[0][:60]),
                        where=table.name,
                        then=_("write the header in the mapping as it stands in the list"),
                    )
                return told
        return guess(table.name, table.header)

    def _say(self, table: TextTable, layout: Layout) -> None:
        by_name = {h.name: h.en for h in headings(layout.holds)}
        pairs = [
            f"{own} → {by_name[name]}" for own, name in layout.columns.items() if plain(own) != plain(by_name[name])
        ]
        pairs += [f"{by_name[name]} = {value}" for name, value in layout.fixed.items()]
        told = ", ".join(pairs)
        spoken = _SPOKEN_TABLES[layout.holds]
        self.reading.notes.append(Note(table.name, UNDERSTOOD, (f"{spoken}: {told}" if told else str(spoken),)))
        strange = [column for column in table.header if column not in layout.columns]
        near = {column: meant for column in strange if (meant := misspelt(layout.holds, column))}
        near = {c: m for c, m in near.items() if m not in {by_name[n] for n in layout.columns.values()}}
        if near:
            names = tuple(f"{column[:60]} ({meant}?)" for column, meant in near.items())
            self.reading.notes.append(Note(table.name, LOOKS_MISSPELT, names))
        if others := tuple(column[:60] for column in strange if column not in near):
            self.reading.notes.append(Note(table.name, UNKNOWN_COLUMNS, others))

    def _lacks(self, table: TextTable, layout: Layout, missing: list[str]) -> ExchangeError:
        by_name = {h.name: h for h in headings(layout.holds)}
        return ExchangeError(
            _("A column that every row needs is missing."),
            allowed=", ".join(f"{by_name[name].en} ({by_name[name].es})" for name in missing),
            got=", ".join(column[:40] for column in table.header[:20]),
            where=said(_("%(file)s, line %(line)s"), file=table.name, line=1),
            then=_("name it in a mapping file: “fairlead import mapping FILE --out mapping.toml” writes a first one"),
        )

    # -- tables --------------------------------------------------------------------------------------------------------

    def _put(
        self, table: str, frame: pl.DataFrame, names: dict[str, str], layout: Layout, dates: tuple[str, ...] = ()
    ) -> None:
        """`names`: canonical column → the name here. Messages speak of the list's own header."""
        own = {name: header for header, name in layout.columns.items()}
        shaped = frame.select(*(pl.col(name).alias(to) for to, name in names.items()), "_file", "_line")
        spoken = {to: own.get(name, name) for to, name in names.items()}
        put(self.reading, table, shaped, spoken, self.parcel.dates, dates)

    def _schools(self) -> None:
        for layout, frame in self.found["schools"]:
            frame = frame.with_columns(grade("grade_low"), grade("grade_high"), pl.lit("school").alias("kind"))
            names = {"sourced_id": "school_id", "name": "name", "kind": "kind", "grade_low": "grade_low",
                     "grade_high": "grade_high", "zip": "zip"}  # fmt: skip
            self._put("orgs", frame, names, layout)

    def _with_school(self, table: str, layout: Layout, frame: pl.DataFrame) -> pl.DataFrame:
        """The school of each row as an identifier: of the Schools sheet, of Fairlead, or a new one by its name."""
        known = {plain(name): key for name, key in self.parcel.places.items()}
        known |= {plain(key): key for key in self.parcel.places.values()}
        listed = self.reading.tables.get("orgs")
        if listed is not None:
            known |= {plain(name): key for key, name in listed.select("sourced_id", "name").iter_rows()}
            known |= {plain(key): key for key in listed["sourced_id"]}
        only = set(known.values())
        alone = only.pop() if len(only) == 1 else None
        keys: list[str | None] = []
        for school, file, line in frame.select("school", "_file", "_line").iter_rows():
            if not school:
                keys.append(alone)
                continue
            key = known.get(plain(school))
            if key is None:
                key = f"school:{plain(school)[:80]}"
                known[plain(school)] = key
                self.new_schools.setdefault(key, (school, file, line))
            keys.append(key)
        frame = frame.with_columns(pl.Series("school", keys, dtype=pl.String))
        homeless = frame.filter(pl.col("school").is_null())
        own = next((header for header, name in layout.columns.items() if name == "school"), "school")
        self.reading.quarantined += quarantine(homeless, table, own, NO_SCHOOL, NAME_SCHOOL)
        return frame.filter(pl.col("school").is_not_null())

    def _named(self, table: str, layout: Layout, frame: pl.DataFrame) -> pl.DataFrame:
        """Given and family name; a name in one column is divided at its comma, and only there."""
        own = next((header for header, name in layout.columns.items() if name == "full_name"), None)
        if own is None:
            return frame
        parts = pl.col("full_name").str.splitn(",", 2)
        family, given = (parts.struct.field(f"field_{i}").str.strip_chars() for i in (0, 1))
        unclear = pl.col("given_name").is_null() & pl.col("full_name").is_not_null() & given.is_null()
        self.reading.quarantined += quarantine(frame.filter(unclear), table, own, NO_COMMA, WRITE_COMMA)
        frame = frame.filter(~unclear.fill_null(False))
        return frame.with_columns(
            pl.coalesce("given_name", given).alias("given_name"),
            pl.coalesce("family_name", family).alias("family_name"),
        )

    def _staff(self) -> None:
        for layout, frame in self.found["staff"]:
            frame = self._named("people", layout, self._with_school("people", layout, frame))
            pairs = frame.select("email", "staff_id").drop_nulls().iter_rows()
            self.staff_by_email |= {email.lower(): key for email, key in pairs}
            frame = frame.with_columns(pl.lit("staff").alias("kind"), folded("role"))
            unknown = frame.filter(pl.col("role") == "?")
            own = next((header for header, name in layout.columns.items() if name == "role"), "role")
            self.reading.quarantined += quarantine(unknown, "people", own, NO_ROLE, SEE_ROLES)
            frame = frame.filter((pl.col("role") != "?").fill_null(True))
            names = {"sourced_id": "staff_id", "org": "school", "kind": "kind", "given_name": "given_name",
                     "family_name": "family_name", "email": "email", "phone": "phone"}  # fmt: skip
            self._put("people", frame, names, layout)
            posts = frame.filter(pl.col("role").is_not_null() & (pl.col("role") != "none"))
            names = {"person": "staff_id", "org": "school", "role": "role", "begins": "begins", "ends": "ends"}
            self._put("roles", posts, names, layout, ("begins", "ends"))

    def _classes(self) -> None:
        for layout, frame in self.found["classes"]:
            frame = self._with_school("classes", layout, frame).with_columns(
                grade("grade"),
                pl.coalesce(folded("kind"), pl.lit("scheduled")).alias("kind"),
                pl.col("subject").map_elements(_course, return_dtype=pl.String).alias("course"),
            )
            subjects = frame.filter(pl.col("course").is_not_null()).unique(
                "course", keep="first", maintain_order=True
            )
            if subjects.height:
                shaped = subjects.with_columns(pl.col("subject").alias("course_name"))
                self._put(
                    "courses", shaped, {"sourced_id": "course", "name": "course_name", "subject": "subject"}, layout
                )
            names = {"sourced_id": "section_id", "org": "school", "name": "name", "grade": "grade", "kind": "kind",
                     "periods": "periods", "course": "course"}  # fmt: skip
            self._put("classes", frame, names, layout)
            teacher = pl.col("teacher").str.strip_chars()
            by_email = teacher.str.to_lowercase().replace_strict(
                self.staff_by_email, default=None, return_dtype=pl.String
            )
            taught = frame.with_columns(
                pl.coalesce(by_email, teacher).alias("teacher"), pl.lit(True).alias("primary")
            )
            taught = taught.filter(pl.col("teacher").is_not_null())
            if taught.height:
                names = {"section": "section_id", "teacher": "teacher", "primary": "primary"}
                self._put("teaching", taught, names, layout)

    def _students(self) -> None:
        named: list[tuple[Layout, int, pl.DataFrame]] = []
        for layout, frame in self.found["students"]:
            frame = self._named("people", layout, self._with_school("people", layout, frame))
            frame = frame.with_columns(
                pl.lit("student").alias("kind"), grade("grade"), language("home_language"),
                *(folded(name) for name in ("gender", "race_ethnicity")), *(yes_no(name) for name in _YES_NO),
            )  # fmt: skip
            names = {"sourced_id": "student_id", "org": "school", "kind": "kind", "given_name": "given_name",
                     "family_name": "family_name", "email": "email", "grade": "grade", "born": "born",
                     "language": "home_language", "zip": "zip"}  # fmt: skip
            self._put("people", frame, names, layout, ("born",))
            told = ("gender", "race_ethnicity", *_YES_NO, "home_language")
            with_needs = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in told))
            if with_needs.height:
                self._put("demographics", with_needs, {"person": "student_id"} | {n: n for n in told}, layout)
            homeroom = frame.filter(pl.col("section").is_not_null())
            if homeroom.height:
                names = {"section": "section", "student": "student_id", "begins": "begins", "ends": "ends"}
                self._put("enrollments", homeroom, names, layout, ("begins", "ends"))
            named += [(layout, number, self._guardians(frame, number)) for number in (1, 2)]
        same = households.same_guardians(
            households.Named(*(value or "" for value in row))
            for _layout, number, there in named
            for row in there.select(
                "guardian", "student_id", *(f"guardian{number}_{part}" for part in ("given", "family", "phone", "email")), "zip"
            ).iter_rows()
        )  # fmt: skip
        for layout, number, there in named:
            if there.height:
                self._put_guardians(layout, there, number, same)

    def _guardians(self, frame: pl.DataFrame, number: int) -> pl.DataFrame:
        """The guardians of this rank, each called after the student, since lists give guardians no identifier."""
        given, family = f"guardian{number}_given", f"guardian{number}_family"
        there = frame.filter(pl.col(given).is_not_null() | pl.col(family).is_not_null())
        return there.with_columns(
            pl.format("{}:guardian-" + str(number), "student_id").alias("guardian"),
            pl.lit("guardian").alias("kind"), language(f"guardian{number}_language"),
            pl.lit(number, pl.Int32).alias("rank"),
            # A list often gives one name for the family: the student's own stands in for the part that is missing.
            pl.coalesce(family, "family_name").alias(family), pl.coalesce(given, pl.lit("–")).alias(given),
        )  # fmt: skip

    def _put_guardians(self, layout: Layout, there: pl.DataFrame, number: int, same: dict[str, str]) -> None:
        """One person for the rows of siblings, and a guardianship of each."""
        given, family = f"guardian{number}_given", f"guardian{number}_family"
        names = {"sourced_id": "guardian", "org": "school", "kind": "kind", "given_name": given, "family_name": family,
                 "email": f"guardian{number}_email", "phone": f"guardian{number}_phone",
                 "language": f"guardian{number}_language", "zip": "zip"}  # fmt: skip
        own = there.filter(~pl.col("guardian").is_in(list(same)))
        if own.height:
            self._put("people", own, names, layout)
        there = there.with_columns(pl.col("guardian").replace(same))
        names = {
            "student": "student_id",
            "guardian": "guardian",
            "relation": f"guardian{number}_relation",
            "rank": "rank",
        }
        self._put("guardianships", there, names, layout)

    def _enrollments(self) -> None:
        for layout, frame in self.found["enrollments"]:
            names = {"section": "section_id", "student": "student_id", "begins": "begins", "ends": "ends"}
            self._put("enrollments", frame, names, layout, ("begins", "ends"))

    def _new_schools(self) -> None:
        """Schools that only a row names: told from the first row that does."""
        if not self.new_schools:
            return
        rows = [
            {"sourced_id": key, "name": name, "kind": "school", "_file": file, "_line": line}
            for key, (name, file, line) in self.new_schools.items()
        ]
        self.reading.add("orgs", pl.DataFrame(rows))

    def _modes(self) -> None:
        """Only a workbook with students and staff is the whole roster; what else comes only adds."""
        whole = bool(self.found["students"] and self.found["staff"])
        lists = {"classes": "classes", "teaching": "classes", "enrollments": "enrollments"}
        for table in self.reading.tables:
            complete = whole and (table not in lists or bool(self.found[lists[table]]))
            self.reading.modes[table] = "bulk" if complete and table not in ("orgs", "courses") else "delta"


def _course(subject: str) -> str | None:
    return f"subject:{plain(subject)[:80]}" if plain(subject) else None


# ---- words of cells ------------------------------------------------------------------------------------------------------


def _meaning(column: str, kind: str, otherwise: pl.Expr) -> pl.Expr:
    """Each different cell once, through the vocabulary."""
    known = headers.words(kind)
    text = pl.col(column)
    meant = text.map_batches(
        lambda series: pl.Series(
            [None if cell is None else known.get(plain(cell)) for cell in series.to_list()], dtype=pl.String
        ),
        return_dtype=pl.String,
    )
    return pl.when(text.is_not_null() & (text != "")).then(pl.coalesce(meant, otherwise))


def folded(column: str) -> pl.Expr:
    """A word as Fairlead's; for functions an unknown one becomes ?, for the rest it stays and is refused by name."""
    otherwise = pl.lit("?") if column == "role" else pl.col(column)
    return _meaning(column, column, otherwise).alias(column)


def yes_no(column: str) -> pl.Expr:
    return _meaning(column, "yes_no", pl.col(column)).alias(column)


def language(column: str) -> pl.Expr:
    """A language by its name as its letters; letters stay."""
    return _meaning(column, "language", pl.col(column).str.to_lowercase()).alias(column)


def grade(column: str) -> pl.Expr:
    """`3`, `03`, `Grade 3`, `3rd`, `3.º`, `3ro`, `Kinder`, `tercero` → the number, as text."""
    digits = pl.col(column).str.to_lowercase().str.extract(
        r"^(?:grade|grado|gr\.?|g)?\s*0?(\d{1,2})\s*(?:\.?\s*(?:st|nd|rd|th|ro|do|er|to|mo|vo|no|º|°|ª|a|o))?\.?\s*(?:grade|grado)?$"
    )  # fmt: skip
    return _meaning(column, "grade", pl.coalesce(digits, pl.col(column))).alias(column)
