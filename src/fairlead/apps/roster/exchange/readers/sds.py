"""Microsoft School Data Sync, version 2.1 (`users.csv`, `roles.csv`, …) and version 1 (`Student.csv`, `Section.csv`, …).

Version 2.1 resembles OneRoster and is not: no manifest, no status, no identifier of an enrollment, and a person's
school, grade and kind stand in `roles.csv`. Passwords and user names are never read.
"""

from __future__ import annotations

import polars as pl

from fairlead.apps.roster.exchange.canonical import Note, Reading, Source
from fairlead.apps.roster.exchange.opening import Columns
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers import sds_v1
from fairlead.apps.roster.exchange.readers.shaping import (
    SCED_SUBJECTS,
    fold,
    leave,
    put,
    quarantine,
    race_of,
    renamed,
)

SOURCE = Source(
    key="sds",
    name="Microsoft School Data Sync",
    version="2.1 and 1",
    cadence="nightly, the whole set of files each time",
    merge_rule="the files are the whole roster of their schools: who is missing from them is closed",
    tables=(
        "orgs", "sessions", "courses", "classes", "people", "roles", "demographics", "guardianships", "enrollments",
        "teaching",
    ),
)  # fmt: skip

ORG_KINDS: dict[str, str | None] = {
    **dict.fromkeys(("school", "college", "university", "campus", "adulteducation", "program"), "school"),
    **dict.fromkeys(("district", "localauthority", "local", "municipality", "academictrust", "division"), "district"),
    **dict.fromkeys(
        ("ministryofeducation", "departmentofeducation", "national", "state", "province", "region", "researchcenter"),
        "network",
    ),
}
ROLES: dict[str, str | None] = {
    **dict.fromkeys(
        ("teacher", "professor", "adjunct", "faculty", "lecturer", "instructor", "substitute", "chair"), "teacher"
    ),
    "principal": "principal", "officestaff": "office", "coach": "coach",
}  # fmt: skip
TEACHING = ("teacher", "professor", "adjunct", "faculty", "lecturer", "instructor", "substitute", "chair")
RACES: dict[str, str | None] = {
    "asian": "asian", "blackorafricanamerican": "black", "white": "white",
    "demographicracetwoormoreraces": "two_or_more", "americanindianoralaskanative": "other",
    "nativehawaiianorotherpacificislander": "other", "hispanicorlatinoethnicity": "hispanic",
}  # fmt: skip
GENDERS: dict[str, str | None] = {
    "male": "male",
    "m": "male",
    "female": "female",
    "f": "female",
    "other": "nonbinary",
}

DEPARTMENTS = _("Departments are not schools of their own: their people and classes are counted with %(names)s.")
FOLDED = _("These rows have no row of their own; they tell the school, grade or needs of a person: %(names)s.")
NO_ROLE = _("This person has no role in any school and is nobody's guardian.")
GIVE_ROLE = _("Give the person a role in roles.csv, or leave the person out.")
NO_ORG_KIND = _("This kind of organization is not known.")
SEE_KINDS = _("Use school, district, region, or another type of the format's own list.")
NOT_TEACHING = _("This role in a class is neither a student's nor a teacher's.")
SEE_ROLES = _("Use student or teacher, or another role of the format's own list.")

_COLUMNS = {
    "orgs.csv": Columns(("sourcedId", "name", "type", "parentSourcedId"), ("sourcedId", "name", "type")),
    "users.csv": Columns(
        ("sourcedId", "givenName", "familyName", "email", "phone", "sms"), ("sourcedId",),
        ("username", "password", "activeDirectoryMatchId", "userNumber", "middleName", "preferredGivenName",
         "preferredMiddleName", "preferredFamilyName", "enabledUser", "status"),
    ),
    "roles.csv": Columns(
        ("userSourcedId", "orgSourcedId", "role", "grade", "isPrimary", "roleStartDate", "roleEndDate"),
        ("userSourcedId", "orgSourcedId", "role"), ("sessionSourcedId",),
    ),
    "classes.csv": Columns(
        ("sourcedId", "orgSourcedId", "title", "sessionSourcedIds", "courseSourcedId"),
        ("sourcedId", "orgSourcedId", "title"), ("code",),
    ),
    "enrollments.csv": Columns(("classSourcedId", "userSourcedId", "role"), ("classSourcedId", "userSourcedId", "role")),
    "academicSessions.csv": Columns(
        ("sourcedId", "title", "type", "startDate", "endDate"), ("sourcedId", "title", "startDate", "endDate"),
        ("schoolYear",),
    ),
    "courses.csv": Columns(
        ("sourcedId", "orgSourcedId", "title", "subject"), ("sourcedId", "orgSourcedId", "title"),
        ("code", "schoolYearSourcedId", "grade"),
    ),
    "demographics.csv": Columns(
        ("userSourcedId", "sex", "birthDate", "ethnicityCodes", "raceCodes"), ("userSourcedId",),
        ("birthCity", "birthState", "birthCountry"),
    ),
    "userFlags.csv": Columns(("userSourcedId", "flag"), ("userSourcedId", "flag")),
    "relationships.csv": Columns(
        ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
        ("userSourcedId", "relationshipUserSourcedId"),
    ),
}  # fmt: skip


def recognises(parcel: Parcel) -> bool:
    """No manifest; `roles.csv` with `isPrimary` or `users.csv` with `activeDirectoryMatchId`; or version 1's files."""
    if parcel.find("manifest.csv"):
        return False
    if sds_v1.recognises(parcel):
        return True
    orgs, users, roles = (parcel.find(name) for name in ("orgs.csv", "users.csv", "roles.csv"))
    if not (orgs and users and roles):
        return False
    return "sourcedId" in parcel.header(users) and "userSourcedId" in parcel.header(roles)


def read(parcel: Parcel) -> Reading:
    """The parcel as canonical tables."""
    if sds_v1.recognises(parcel):
        return sds_v1.read(parcel, SOURCE)
    return _Version2(parcel).read()


class _Version2:
    """The files of one parcel on their way into the canonical tables."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.reading = Reading(SOURCE, system="microsoft-school-data-sync")
        self.frames = {name: self._frame(name) for name in _COLUMNS}
        self.home: dict[str, str] = {}  # department → the school or college that holds it

    def _frame(self, name: str) -> pl.DataFrame:
        own, columns = self.parcel.find(name), _COLUMNS[name]
        if own is None:
            frame = pl.DataFrame(schema={"_file": pl.String, "_line": pl.Int64})
        else:
            frame = self.parcel.frame(own, columns)
        lacking = [pl.lit(None, pl.String).alias(c) for c in columns.known if c not in frame.columns]
        return frame.with_columns(
            *lacking, *(pl.col(c).str.strip_chars() for c in columns.known if c in frame.columns)
        )

    def read(self) -> Reading:
        self._orgs()
        self._sessions_and_courses()
        self._classes()
        self._people()
        self._roles()
        self._demographics()
        self._guardianships()
        self._enrollments()
        self.parcel.account(self.reading)
        return self.reading

    def _folded(self, column: str) -> pl.Expr:
        return pl.col(column).replace(self.home) if self.home else pl.col(column)

    def _orgs(self) -> None:
        orgs = self.frames["orgs.csv"]
        kind = pl.col("type").str.to_lowercase()
        departments = orgs.filter(kind == "department")
        parents = dict(orgs.select("sourcedId", "parentSourcedId").iter_rows())
        within = set(departments["sourcedId"])
        for department in within:
            above, seen = parents.get(department), {department}
            while above in within and above not in seen:
                seen.add(above)
                above = parents.get(above)
            if above and above not in within:
                self.home[department] = above
        folded = departments.filter(pl.col("sourcedId").is_in(list(self.home)))
        if not folded.is_empty():
            leave(self.reading, folded["_file"][0], folded.height)
            named = dict(orgs.select("sourcedId", "name").iter_rows())
            names = tuple(dict.fromkeys(str(named.get(above, above)) for above in self.home.values()))
            self.reading.notes.append(Note(folded["_file"][0], DEPARTMENTS, names))
        kept = orgs.filter(~pl.col("sourcedId").is_in(list(self.home)).fill_null(False))
        unknown = kept.filter(fold_kind().is_null() & pl.col("type").is_not_null())
        self.reading.quarantined += quarantine(unknown, "orgs", "type", NO_ORG_KIND, SEE_KINDS)
        spoken = {"sourced_id": "sourcedId", "name": "name", "kind": "type", "parent": "parentSourcedId"}
        known = kept.join(unknown.select("_line"), on="_line", how="anti").with_columns(fold_kind().alias("type"))
        self._put("orgs", known, spoken)

    def _put(self, table: str, frame: pl.DataFrame, spoken: dict[str, str], dates: tuple[str, ...] = ()) -> None:
        own = {header: canonical for canonical, header in spoken.items()}
        put(self.reading, table, renamed(frame, own), spoken, self.parcel.dates, dates)

    def _sessions_and_courses(self) -> None:
        sessions = self.frames["academicSessions.csv"].with_columns(
            fold("type", {k.lower(): k for k in ("schoolYear", "semester", "term", "gradingPeriod")}, "term")
        )
        self._put(
            "sessions",
            sessions,
            {"sourced_id": "sourcedId", "name": "title", "kind": "type", "begins": "startDate", "ends": "endDate"},
            ("begins", "ends"),
        )
        subject = pl.col("subject").str.slice(0, 2).replace_strict(SCED_SUBJECTS, default=None)
        courses = self.frames["courses.csv"].with_columns(
            self._folded("orgSourcedId"), pl.coalesce(subject, "subject").alias("subject")
        )
        self._put(
            "courses",
            courses,
            {"sourced_id": "sourcedId", "org": "orgSourcedId", "name": "title", "subject": "subject"},
        )

    def _classes(self) -> None:
        classes = self.frames["classes.csv"].with_columns(
            self._folded("orgSourcedId"),
            # A class of several sessions belongs to the first that is named.
            pl.col("sessionSourcedIds").str.split(",").list.first().str.strip_chars(),
        )
        spoken = {
            "sourced_id": "sourcedId", "org": "orgSourcedId", "name": "title", "session": "sessionSourcedIds",
            "course": "courseSourcedId",
        }  # fmt: skip
        classes = classes.with_columns(pl.lit("scheduled").alias("kind"))
        self._put("classes", classes, spoken | {"kind": "kind"})

    def _people(self) -> None:
        roles = self.frames["roles.csv"].with_columns(
            self._folded("orgSourcedId"), pl.col("role").str.to_lowercase().alias("is")
        )
        # The primary role first, then the order of the file.
        first = pl.col("isPrimary").str.to_lowercase().is_in(["true", "1", "yes"]).fill_null(False)
        about = (
            roles.sort(~first, "_line", maintain_order=True)
            .group_by("userSourcedId", maintain_order=True)
            .agg(
                pl.col("orgSourcedId").first(),
                (pl.col("is") == "student").any().alias("student"),
                pl.col("grade").filter(pl.col("is") == "student").drop_nulls().first(),
            )
        )
        pairs = self.frames["relationships.csv"]
        wards = (
            pairs.join(about, on="userSourcedId", how="left")
            .group_by("relationshipUserSourcedId", maintain_order=True)
            .agg(pl.col("orgSourcedId").drop_nulls().first().alias("ward_org"))
            .with_columns(pl.lit(True).alias("guardian"))
        )
        born = (
            self.frames["demographics.csv"].select("userSourcedId", "birthDate").unique("userSourcedId", keep="first")
        )
        people = (
            self.frames["users.csv"]
            .join(about, left_on="sourcedId", right_on="userSourcedId", how="left", maintain_order="left")
            .join(wards, left_on="sourcedId", right_on="relationshipUserSourcedId", how="left", maintain_order="left")
            .join(born, left_on="sourcedId", right_on="userSourcedId", how="left", maintain_order="left")
            .with_columns(
                pl.when(pl.col("student"))
                .then(pl.lit("student"))
                .when(pl.col("student").is_not_null())
                .then(pl.lit("staff"))
                .when(pl.col("guardian"))
                .then(pl.lit("guardian"))
                .alias("kind"),
                pl.coalesce("orgSourcedId", "ward_org").alias("orgSourcedId"),
                pl.coalesce("phone", "sms").alias("phone"),
                grade_word("grade"),
            )
        )
        stray = people.filter(pl.col("kind").is_null())
        self.reading.quarantined += quarantine(stray, "people", "sourcedId", NO_ROLE, GIVE_ROLE)
        people = people.filter(pl.col("kind").is_not_null())
        # Only a student's day of birth is needed.
        people = people.with_columns(
            pl.when(pl.col("kind") == "student").then(pl.col("birthDate")).alias("birthDate")
        )
        spoken = {
            "sourced_id": "sourcedId", "org": "orgSourcedId", "kind": "kind", "given_name": "givenName",
            "family_name": "familyName", "email": "email", "phone": "phone", "grade": "grade", "born": "birthDate",
        }  # fmt: skip
        self._put("people", people, spoken, ("born",))
        self.students = people.filter(pl.col("kind") == "student")["sourcedId"]

    def _roles(self) -> None:
        roles = self.frames["roles.csv"].with_columns(
            self._folded("orgSourcedId"), fold("role", ROLES), pl.col("role").alias("said")
        )
        staff = roles.filter(pl.col("role").is_not_null())
        self._fold_away("roles.csv", roles.height - staff.height)
        spoken = {
            "person": "userSourcedId", "org": "orgSourcedId", "role": "role", "begins": "roleStartDate",
            "ends": "roleEndDate",
        }  # fmt: skip
        self._put("roles", staff, spoken, ("begins", "ends"))

    def _demographics(self) -> None:
        told = self.frames["demographics.csv"]
        told = told.with_columns(
            fold("sex", GENDERS),
            pl.struct("raceCodes", "ethnicityCodes")
            .map_elements(lambda row: _race(row["raceCodes"], row["ethnicityCodes"]), return_dtype=pl.String)
            .alias("race_ethnicity"),
        ).select("userSourcedId", "sex", "race_ethnicity", "_file", "_line")
        flags = self.frames["userFlags.csv"].with_columns(pl.col("flag").str.to_lowercase())
        has = pl.col("flag")
        needs = flags.group_by("userSourcedId", maintain_order=True).agg(
            has.is_in(["freelunch", "reducedlunch", "freeorreducedlunch"]).any().alias("economically_disadvantaged"),
            has.is_in(["ell", "lep", "esl", "englishlearner", "limitedenglishproficiency"])
            .any()
            .alias("english_learner"),
            has.is_in(["iep", "specialeducation"]).any().alias("disability"),
            pl.col("_file").first(),
            pl.col("_line").first(),
        )
        # A flag says yes; that it is missing says nothing.
        yes = [
            pl.when(pl.col(name)).then(True).alias(name)
            for name in ("economically_disadvantaged", "english_learner", "disability")
        ]
        both = told.join(
            needs.with_columns(yes),
            on="userSourcedId",
            how="full",
            coalesce=True,
            suffix="_flags",
            maintain_order="left_right",
        ).with_columns(
            pl.coalesce("_file", "_file_flags").alias("_file"), pl.coalesce("_line", "_line_flags").alias("_line")
        )
        mine = both.filter(pl.col("userSourcedId").is_in(self.students.implode()))
        from_told = mine.filter(pl.col("_file_flags").is_null() | (pl.col("_file") != pl.col("_file_flags"))).height
        self._fold_away("demographics.csv", told.height - from_told)
        self._fold_away("userFlags.csv", flags.height - (mine.height - from_told))
        spoken = {"person": "userSourcedId", "gender": "sex"}
        same = ("race_ethnicity", "economically_disadvantaged", "english_learner", "disability")
        self._put("demographics", mine, spoken | {name: name for name in same})

    def _guardianships(self) -> None:
        pairs = self.frames["relationships.csv"].with_columns(
            pl.col("_line").rank("ordinal").over("userSourcedId").cast(pl.Int32).alias("rank")
        )
        spoken = {
            "student": "userSourcedId", "guardian": "relationshipUserSourcedId", "relation": "relationshipRole",
            "rank": "rank",
        }  # fmt: skip
        self._put("guardianships", pairs, spoken)

    def _enrollments(self) -> None:
        rows = self.frames["enrollments.csv"].with_columns(pl.col("role").str.to_lowercase().alias("is"))
        students = rows.filter(pl.col("is") == "student")
        self._put("enrollments", students, {"section": "classSourcedId", "student": "userSourcedId"})
        teachers = rows.filter(pl.col("is").is_in(TEACHING)).with_columns(
            (pl.col("_line") == pl.col("_line").min().over("classSourcedId")).alias("primary")
        )
        spoken = {"section": "classSourcedId", "teacher": "userSourcedId", "primary": "primary"}
        self._put("teaching", teachers, spoken)
        others = rows.filter(~pl.col("is").is_in(["student", *TEACHING]).fill_null(False))
        self.reading.quarantined += quarantine(others, "enrollments", "role", NOT_TEACHING, SEE_ROLES)

    def _fold_away(self, name: str, rows: int) -> None:
        own = self.parcel.find(name)
        if own and rows:
            leave(self.reading, own, rows)
            self.reading.notes.append(Note(own, FOLDED, (str(rows),)))


def fold_kind() -> pl.Expr:
    return fold("type", ORG_KINDS)


def grade_word(column: str) -> pl.Expr:
    """`PS1` to `PS4`, the years after school, as one grade; other words as they are."""
    return pl.col(column).str.replace(r"(?i)^ps\d$", "PS").alias(column)


def _race(races: str | None, ethnicities: str | None) -> str | None:
    codes = [code.strip().lower() for text in (races, ethnicities) if text for code in text.split(",")]
    hispanic = "hispanicorlatinoethnicity" in codes
    return race_of((RACES.get(code) or "" for code in codes), hispanic)
