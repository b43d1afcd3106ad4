"""OneRoster 1.1 and 1.2 CSV: bulk and delta, with or without a manifest that can be believed.

Columns `metadata.fairlead.*` are those of our own export (`writer`): OneRoster lets everybody add such columns, and
they carry what it has no column for. Other people's extensions (`metadata.*`, `ext_*`) are passed over.
"""

from __future__ import annotations

import difflib
from functools import reduce
from typing import Any

import polars as pl

from fairlead.apps.roster.exchange.canonical import (
    FILL_IT,
    TABLES,
    Mode,
    Note,
    Quarantined,
    Reading,
    Source,
    by_words,
    trimmed,
    typed,
)
from fairlead.apps.roster.exchange.opening import Columns
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _

SOURCE = Source(
    key="oneroster",
    name="OneRoster CSV",
    version="1.1 and 1.2",
    cadence="nightly, or when somebody exports by hand",
    merge_rule="the file wins where it says something; what a bulk file no longer lists is closed",
    tables=tuple(TABLES),
)
OWN = "metadata.fairlead."
FILES = ("academicSessions", "orgs", "courses", "classes", "users", "roles", "enrollments", "demographics")
KNOWN_UNUSED = (
    "userProfiles", "userResources", "categories", "lineItems", "lineItemLearningObjectiveIds", "lineItemScoreScales",
    "results", "resultLearningObjectiveIds", "resultScoreScales", "scoreScales", "resources", "classResources",
    "courseResources",
)  # fmt: skip
# Which canonical tables a file's mode governs.
GOVERNS = {
    "orgs": ("orgs",), "academicSessions": ("sessions",), "courses": ("courses",), "classes": ("classes",),
    "users": ("people", "guardianships"), "roles": ("roles",), "enrollments": ("enrollments", "teaching"),
    "demographics": ("demographics",),
}  # fmt: skip
# Every column of 1.1 and 1.2, so that a misspelt one can be told from one that is merely not kept.
BASE = ("sourcedId", "status", "dateLastModified")
COLUMNS: dict[str, tuple[str, ...]] = {
    "orgs": ("name", "type", "identifier", "parentSourcedId"),
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": ("schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"),
    "classes": ("title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
                "termSourcedIds", "subjects", "subjectCodes", "periods"),
    "users": ("enabledUser", "orgSourcedIds", "role", "username", "userIds", "givenName", "familyName", "middleName",
              "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier",
              "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
              "primaryOrgSourcedId", "pronouns"),
    "roles": ("userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
    "enrollments": ("classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
    "demographics": ("birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
                     "nativeHawaiianOrOtherPacificIslander", "nativeHawaiianOrPacificIslander", "white",
                     "demographicRaceTwoOrMoreRaces", "hispanicOrLatinoEthnicity", "countryOfBirthCode",
                     "stateOfBirthAbbreviation", "cityOfBirth", "publicSchoolResidenceStatus"),
}  # fmt: skip
NEEDED = {
    "orgs": ("sourcedId", "name", "type"), "academicSessions": ("sourcedId", "title", "type", "startDate", "endDate"),
    "courses": ("sourcedId", "title"), "classes": ("sourcedId", "title", "schoolSourcedId"),
    "users": ("sourcedId", "givenName", "familyName"), "roles": ("userSourcedId", "role", "orgSourcedId"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"), "demographics": ("sourcedId",),
}  # fmt: skip
ORG_KINDS = {"school": "school", "district": "district", "local": "district"}
STAFF_ROLES = {"teacher": "teacher", "principal": "principal", "siteAdministrator": "office"}
GUARDIANS = ("guardian", "parent", "relative")
OTHER_STAFF = (
    "staff",
    "administrator",
    "aide",
    "proctor",
    "counselor",
    "districtAdministrator",
    "systemAdministrator",
)
SEXES = {"male": "male", "female": "female", "other": "nonbinary", "m": "male", "f": "female"}

NO_ROLE = _("This user has no role that a roster knows.")
GIVE_ROLE = _("Give the user a role: in users.csv (OneRoster 1.1) or in roles.csv (1.2).")
NOT_ACTIVE = _("The status is neither active nor tobedeleted.")
WRITE_STATUS = _("Leave the status empty in a bulk file; write active or tobedeleted in a delta file.")
ODD_WIDTH = _("This line has fewer or more fields than the header.")
MANIFEST_BLANK = _("The manifest does not say how %(names)s are to be taken; they are taken as bulk files.")
MANIFEST_NONE = _("There is no manifest; every file is taken as a bulk file.")
MANIFEST_ABSENT = _("The manifest says that this file is absent, so it was not read.")
MANIFEST_BROKEN = _("The manifest promises files that are not there: %(names)s. Nothing of their kind is changed.")
COLUMNS_UNKNOWN = _("Columns that OneRoster does not have were not read: %(names)s.")
COLUMNS_MISSPELT = _("Columns that look misspelt were not read: %(names)s.")
ROLES_WITHOUT_DESK = _(
    "Administrators, aides and counselors come as staff without a role in Fairlead; appoint them by hand."
)


def recognises(parcel: Parcel) -> bool:
    """A manifest that speaks of OneRoster, or a file of its name with its columns."""
    if (manifest := parcel.find("manifest.csv")) and parcel.header(manifest)[:1] == ["propertyName"]:
        return True
    for file in ("orgs", "users", "enrollments", "classes", "academicSessions"):
        name = parcel.find(f"{file}.csv")
        if name and {"sourcedid", "status", "datelastmodified"} <= {c.lower() for c in parcel.header(name)}:
            return True
    return False


def read(parcel: Parcel) -> Reading:
    """All files of the parcel, as canonical tables. The largest comes first: then no other is held meanwhile."""
    reading = Reading(SOURCE)
    modes = _manifest(parcel, reading)
    files: dict[str, pl.DataFrame] = {}
    for file in sorted(FILES, key=lambda name: name != "enrollments"):
        name = parcel.find(f"{file}.csv")
        if name is None or modes.get(file) == "absent":
            if name:
                reading.notes.append(Note(name, MANIFEST_ABSENT))
                reading.unused[name] = parcel.frame(name).height
            continue
        for table in GOVERNS[file]:
            reading.modes[table] = "delta" if modes.get(file) == "delta" else "bulk"
        if file == "enrollments":
            _enrollments(_file(parcel, name, file, reading), reading)
        else:
            files[file] = _file(parcel, name, file, reading)
    for file in KNOWN_UNUSED:
        if name := parcel.find(f"{file}.csv"):
            reading.unused[name] = parcel.frame(name).height
    if "orgs" in files:
        _orgs(files["orgs"], reading)
    if "academicSessions" in files:
        _sessions(files["academicSessions"], reading)
    if "courses" in files:
        _courses(files["courses"], reading)
    if "classes" in files:
        _classes(files["classes"], reading)
    if "users" in files:
        _users(files.pop("users"), files.get("roles"), files.get("demographics"), reading)
    if "roles" in files:
        _roles(files.pop("roles"), reading)
    if "demographics" in files:
        _demographics(files.pop("demographics"), reading)
    parcel.account(reading)
    return reading


def _manifest(parcel: Parcel, reading: Reading) -> dict[str, str]:
    """What the manifest says of each file: bulk, delta or absent; what it does not say is noted."""
    name = parcel.find("manifest.csv")
    there = [file for file in FILES if parcel.find(f"{file}.csv")]
    if name is None:
        reading.notes.append(Note("manifest.csv", MANIFEST_NONE))
        return {}
    rows = parcel.frame(name)
    reading.unused[name] = rows.height
    said: dict[str, str] = {}
    if {"propertyName", "value"} <= set(rows.columns):
        pairs = rows.select(trimmed("propertyName"), trimmed("value")).drop_nulls()
        said = dict(pairs.iter_rows())
    modes = {key.removeprefix("file."): value.lower() for key, value in said.items() if key.startswith("file.")}
    if blank := [f"{file}.csv" for file in there if modes.get(file) not in ("bulk", "delta", "absent")]:
        reading.notes.append(Note(name, MANIFEST_BLANK, tuple(blank)))
    if broken := [f"{file}.csv" for file in FILES if modes.get(file) in ("bulk", "delta") and file not in there]:
        reading.notes.append(Note(name, MANIFEST_BROKEN, tuple(broken)))
    system, code = said.get("source.systemName", ""), said.get("source.systemCode", "")
    # Our own export names the network whose identifiers it uses.
    reading.system = f"fairlead:{code}" if system == "Fairlead" else "-".join(system.lower().split())
    return modes


def _file(parcel: Parcel, name: str, file: str, reading: Reading) -> pl.DataFrame:
    """One file as text with the standard's own spelling of the headers, `_gone`, and the odd rows taken out."""
    frame = parcel.frame(name, _wanted(parcel.header(name), file))
    standard = {c.lower(): c for c in (*BASE, *COLUMNS[file])}
    standard |= {"agentsourceids": "agentSourcedIds"}
    rename = {c: standard[c.lower()] for c in frame.columns if c.lower() in standard}
    frame = frame.rename({old: new for old, new in rename.items() if old != new})
    strange = [
        c for c in frame.columns
        if c not in standard.values() and not c.startswith(("_", "metadata.", "ext_")) and c
    ]  # fmt: skip
    near = {
        c: difflib.get_close_matches(c, [s for s in standard.values() if s not in frame.columns], 1) for c in strange
    }
    if lost := [c for c in NEEDED[file] if c not in frame.columns]:
        guess = next((c for c, found in near.items() if found[:1] == [lost[0]]), "")
        raise ExchangeError(
            said(
                _("The column %(column)s is missing; “%(guess)s” looks like it, misspelt."),
                column=lost[0],
                guess=guess,
            )
            if guess
            else said(_("The column %(column)s is missing."), column=lost[0]),
            allowed=", ".join((*BASE, *COLUMNS[file])),
            got=", ".join(c for c in frame.columns if not c.startswith("_"))[:300],
            where=said(_("%(file)s, line %(line)s, column %(column)s"), file=name, line=1, column=guess or lost[0]),
            then=_("mend the header and import again"),
        )
    if misspelt := [f"{c} ({found[0]}?)" for c, found in near.items() if found]:
        reading.notes.append(Note(name, COLUMNS_MISSPELT, tuple(misspelt)))
    if unknown := [c for c, found in near.items() if not found]:
        reading.notes.append(Note(name, COLUMNS_UNKNOWN, tuple(unknown)))
    if "status" not in frame.columns:
        return frame.with_columns(pl.lit(False).alias("_gone"))
    frame = frame.with_columns(_few_words("status", frame))
    gone = (pl.col("status") == "tobedeleted").fill_null(False).alias("_gone")
    wrong = ~frame["status"].is_in(["active", "tobedeleted", "inactive"])
    if wrong.any():  # not said is not wrong
        table = GOVERNS[file][0]
        for line in frame.filter(wrong)["_line"]:
            reading.quarantined.append(Quarantined(name, line, "status", table, NOT_ACTIVE, WRITE_STATUS))
        frame = frame.filter(~wrong.fill_null(False))
    return frame.select(pl.exclude("status"), gone)


def _few_words(column: str, frame: pl.DataFrame) -> pl.Expr:
    """A column of a few words trimmed and in small letters: each different one is looked at once."""
    words = frame[column].unique().drop_nulls()
    tidy = words.to_frame().select(trimmed(column).str.to_lowercase()).to_series()
    if tidy.equals(words, null_equal=True):
        return pl.col(column)
    return pl.col(column).replace_strict(words, tidy, default=None, return_dtype=pl.String)


# Columns of the standard that nothing here reads.
NOT_READ = {
    "datelastmodified", "enableduser", "username", "middlename", "password", "resourcesourcedids", "preferredgivenname",
    "preferredmiddlename", "preferredfamilyname", "pronouns", "coursecode", "classcode", "location", "subjectcodes",
    "schoolyear", "schoolyearsourcedid", "userprofilesourcedid", "countryofbirthcode", "stateofbirthabbreviation",
    "cityofbirth", "publicschoolresidencestatus",
}  # fmt: skip


def _wanted(header: list[str], file: str) -> Columns:
    """The file's own columns that are read; the standard's others and other people's extensions are passed over."""
    skipped = [
        c
        for c in header
        if c.lower() in NOT_READ or _extension(c) or (file == "enrollments" and c == "schoolSourcedId")
    ]
    return Columns(known=[c for c in header if c not in skipped], ignored=skipped)


def _extension(column: str) -> bool:
    return column.startswith(("metadata.", "ext_")) and not column.startswith(OWN)


def _take(frame: pl.DataFrame, table: str, reading: Reading, spoken: dict[str, str], *made: pl.Expr) -> None:
    """Columns of the file under their canonical names, plus those made by an expression, into the reading."""
    own = {expression.meta.output_name() for expression in made}
    columns = [
        pl.col(header).alias(name) for name, header in spoken.items() if header in frame.columns and name not in own
    ]
    chosen = [frame.select("_file", "_line", "_gone", *columns, *made)]
    del frame
    # What is typed need not be held as text as well.
    reading.add(table, *typed(table, chosen.pop(), spoken), spoken=spoken)


def _own(frame: pl.DataFrame, column: str, name: str | None = None) -> list[pl.Expr]:
    """A column of our own export, when it is there."""
    header = OWN + column
    return [pl.col(header).alias(name or column)] if header in frame.columns else []


def _mapped(column: str, words: dict[str, str]) -> pl.Expr:
    """Words of the standard → canonical ones; others as they are, so that they are refused by name."""
    return trimmed(column).replace(words)


def _first(column: str) -> pl.Expr:
    """The first of a list with commas between."""
    return pl.col(column).str.split(",").list.first()


def _ours_or(frame: pl.DataFrame, column: str, otherwise: pl.Expr) -> pl.Expr:
    """Our own column where it says something, else the standard's."""
    header = OWN + column
    if header not in frame.columns:
        return otherwise.alias(column)
    return pl.coalesce(trimmed(header), otherwise).alias(column)


def _orgs(frame: pl.DataFrame, reading: Reading) -> None:
    """Schools and districts; departments and what stands above a district are not kept."""
    kind = _ours_or(frame, "kind", _mapped("type", ORG_KINDS))
    frame = frame.with_columns(kind)
    outside = pl.col("kind").is_in(["department", "state", "national"]).fill_null(False)
    _unused(frame.filter(outside), reading)
    frame = frame.filter(~outside)
    made = [expr for name in ("zip", "grade_low", "grade_high", "begins", "ends") for expr in _own(frame, name)]
    if "parentSourcedId" in frame.columns:  # a state above a district: the district hangs on what imports it
        parent = trimmed("parentSourcedId")
        made.append(
            pl.when(parent.is_in(frame["sourcedId"].str.strip_chars().implode())).then(parent).alias("parent")
        )
    _take(frame, "orgs", reading, {"sourced_id": "sourcedId", "name": "name", "kind": "kind"}, *made)


def _sessions(frame: pl.DataFrame, reading: Reading) -> None:
    spoken = {
        "sourced_id": "sourcedId", "name": "title", "kind": "type", "begins": "startDate", "ends": "endDate",
        "parent": "parentSourcedId",
    }  # fmt: skip
    _take(frame, "sessions", reading, spoken, *_own(frame, "org"))


def _courses(frame: pl.DataFrame, reading: Reading) -> None:
    spoken = {"sourced_id": "sourcedId", "name": "title", "org": "orgSourcedId", "subject": "subjects"}
    if OWN + "org" in frame.columns:
        spoken["org"] = OWN + "org"
    _take(frame, "courses", reading, spoken)


def _classes(frame: pl.DataFrame, reading: Reading) -> None:
    spoken = {
        "sourced_id": "sourcedId", "name": "title", "org": "schoolSourcedId", "course": "courseSourcedId",
        "kind": "classType", "periods": "periods", "session": "termSourcedIds", "grade": "grades",
    }  # fmt: skip
    made = []
    if "termSourcedIds" in frame.columns:
        made.append(_first("termSourcedIds").alias("session"))
    if "grades" in frame.columns:  # a class for several grades belongs to none of them
        made.append(pl.when(~pl.col("grades").str.contains(",")).then(pl.col("grades")).alias("grade"))
    _take(frame, "classes", reading, spoken, *made)


def _kinds(roles: pl.DataFrame) -> pl.DataFrame:
    """1.2: one kind and one organization for each user, from all roles; staff before student before guardian."""
    order = pl.when(pl.col("role") == "student").then(2).when(pl.col("role").is_in(GUARDIANS)).then(3).otherwise(1)
    primary = (pl.col("roleType") != "primary").fill_null(True) if "roleType" in roles.columns else pl.lit(True)
    ranked = roles.select(
        trimmed("userSourcedId"), trimmed("orgSourcedId"), order.alias("order"), primary.alias("second")
    )
    best = ranked.sort("order", "second", maintain_order=True).unique("userSourcedId", keep="first")
    kind = pl.col("order").replace_strict({1: "staff", 2: "student", 3: "guardian"}, return_dtype=pl.String)
    return best.select("userSourcedId", pl.col("orgSourcedId").alias("_org"), kind.alias("_kind"))


def _users(
    frame: pl.DataFrame, roles: pl.DataFrame | None, demographics: pl.DataFrame | None, reading: Reading
) -> None:
    """Persons; for 1.1 their roles too. Guardians hang on the students that name them."""
    frame = frame.with_columns(trimmed("sourcedId"))
    if roles is not None:
        frame = frame.join(_kinds(roles), left_on="sourcedId", right_on="userSourcedId", how="left")
        if "primaryOrgSourcedId" in frame.columns:
            frame = frame.with_columns(pl.coalesce(trimmed("primaryOrgSourcedId"), "_org").alias("_org"))
    else:
        role = trimmed("role") if "role" in frame.columns else pl.lit(None, pl.String)
        org = (
            _first("orgSourcedIds").str.strip_chars() if "orgSourcedIds" in frame.columns else pl.lit(None, pl.String)
        )
        kind = (
            pl.when(role == "student").then(pl.lit("student"))
            .when(role.is_in(GUARDIANS)).then(pl.lit("guardian"))
            .when(role.is_in((*STAFF_ROLES, *OTHER_STAFF)) | role.str.starts_with("ext:")).then(pl.lit("staff"))
        )  # fmt: skip
        frame = frame.with_columns(org.alias("_org"), kind.alias("_kind"))
    nobody = frame.filter(pl.col("_kind").is_null())
    for file, line in nobody.select("_file", "_line").iter_rows():
        reading.quarantined.append(Quarantined(file, line, "role", "people", NO_ROLE, GIVE_ROLE))
    frame = frame.filter(pl.col("_kind").is_not_null())
    made = [pl.col("_kind").alias("kind"), pl.col("_org").alias("org"), _identifiers(frame).alias("identifiers")]
    if "grades" in frame.columns:
        made.append(_first("grades").alias("grade"))
    if demographics is not None and "birthDate" in demographics.columns:
        births = demographics.select(trimmed("sourcedId"), pl.col("birthDate").alias("_born")).unique("sourcedId")
        # A wrong date is refused with its own row of demographics; the person stays.
        day = pl.col("_born").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        frame = frame.join(births, on="sourcedId", how="left")
        made.append(day.alias("born"))
    if OWN + "born" in frame.columns:
        made = [m for m in made if m.meta.output_name() != "born"] + _own(frame, "born")
    made += [expr for name in ("language", "zip") for expr in _own(frame, name)]
    if "phone" in frame.columns or "sms" in frame.columns:
        phones = [trimmed(c) for c in ("phone", "sms") if c in frame.columns]
        made.append(pl.coalesce(phones).alias("phone"))
    spoken = {
        "sourced_id": "sourcedId", "given_name": "givenName", "family_name": "familyName", "email": "email",
        "org": "orgSourcedIds" if roles is None else "orgSourcedId (roles.csv)", "identifiers": "userIds",
        "grade": "grades", "born": "birthDate (demographics.csv)",
    }  # fmt: skip
    _take(frame, "people", reading, spoken, *made)
    _guardianships(frame, reading)
    if roles is None and "role" in frame.columns and "orgSourcedIds" in frame.columns:
        staff = frame.filter(pl.col("_kind") == "staff")
        each = staff.with_columns(pl.col("orgSourcedIds").str.split(",")).explode("orgSourcedIds")
        _staff_roles(
            each.with_columns(_mapped("role", STAFF_ROLES)), "sourcedId", "orgSourcedIds", reading, count=False
        )
        reading.modes["roles"] = reading.modes["people"]


def _identifiers(frame: pl.DataFrame) -> pl.Expr:
    """`{type:value},…` of userIds, the master identifier and the local one, as `kind:value|kind:value`."""
    parts: list[pl.Expr] = []
    if "userIds" in frame.columns:
        one = pl.col("userIds").str.contains(r"^\{[^:{}\s]+:[^{}\s]+\}$").fill_null(True)
        if frame.select(one.all()).item():  # nearly every file: one pair, as it should be written
            parts.append(pl.col("userIds").str.strip_chars("{}"))
        else:
            pairs = pl.col("userIds").str.extract_all(r"\{[^:{}]+:[^{}]+\}")
            clean = pl.element().str.strip_chars("{}").str.replace(r"^([^:]+):\s*", "${1}:")
            parts.append(pairs.list.eval(clean).list.join("|"))
    for column, kind in (("userMasterIdentifier", "master"), ("identifier", "local")):
        if column in frame.columns:
            parts.append(pl.format(kind + ":{}", trimmed(column).str.replace_all(r"[|:]", " ")))
    if not parts:
        return pl.lit(None, pl.String)
    joined = pl.concat_str([pl.when(p != "").then(p) for p in parts], separator="|", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _guardianships(frame: pl.DataFrame, reading: Reading) -> None:
    """Students name their guardians; in other people's files guardians may name their students as well."""
    ours = OWN + "agents"
    if ours in frame.columns:  # guardian;relation;rank;true
        told = frame.filter(pl.col(ours) != "").with_columns(pl.col(ours).str.split("|")).explode(ours)
        fields = pl.col(ours).str.split(";").list
        names = ("guardian", "relation", "rank", "may_contact")
        parts = [fields.get(i, null_on_oob=True).alias(name) for i, name in enumerate(names)]
        _take(told, "guardianships", reading, {"student": "sourcedId"}, *parts)
        return
    if "agentSourcedIds" not in frame.columns:
        return
    told = frame.filter((pl.col("agentSourcedIds") != "").fill_null(False) & (pl.col("_kind") == "student"))
    told = told.with_columns(pl.col("agentSourcedIds").str.split(",")).explode("agentSourcedIds")
    told = told.with_columns(trimmed("agentSourcedIds"))
    known = frame.select(pl.col("sourcedId").alias("agentSourcedIds"), pl.col("_kind").alias("_agent"))
    told = told.join(known, on="agentSourcedIds", how="left", maintain_order="left")
    told = told.filter(pl.col("_agent").is_null() | (pl.col("_agent") != "student"))
    rank = pl.int_range(1, pl.len() + 1).over("sourcedId").cast(pl.Int32)
    spoken = {"student": "sourcedId", "guardian": "agentSourcedIds"}
    _take(told, "guardianships", reading, spoken, rank.alias("rank"))


def _roles(frame: pl.DataFrame, reading: Reading) -> None:
    """1.2: roles.csv. Students and guardians hold no role in Fairlead: their rows told what kind of person they are."""
    plain = pl.col("role").str.strip_chars().is_in(("student", *GUARDIANS)).fill_null(False)
    _unused(frame.filter(plain), reading)
    role = _ours_or(frame, "role", _mapped("role", STAFF_ROLES).str.strip_prefix("ext:"))
    _staff_roles(frame.filter(~plain).with_columns(role.alias("role")), "userSourcedId", "orgSourcedId", reading)


def _staff_roles(frame: pl.DataFrame, person: str, org: str, reading: Reading, count: bool = True) -> None:
    """Roles that open a desk. An administrator in another system is not somebody whom we let see everything."""
    without = pl.col("role").is_in(OTHER_STAFF).fill_null(False)
    if frame.select((without & (pl.col("role") != "staff")).any()).item():
        reading.notes.append(Note(frame["_file"][0], ROLES_WITHOUT_DESK))
    if count:
        _unused(frame.filter(without), reading)
    spoken = {"person": person, "org": org, "role": "role", "begins": "beginDate", "ends": "endDate"}
    _take(frame.filter(~without), "roles", reading, spoken)


def _demographics(frame: pl.DataFrame, reading: Reading) -> None:
    """Race as federal reporting counts it: Hispanic first, then several, then the one that is said."""
    races = {
        "asian": "asian", "blackOrAfricanAmerican": "black", "white": "white",
        "americanIndianOrAlaskaNative": "other", "nativeHawaiianOrOtherPacificIslander": "other",
        "nativeHawaiianOrPacificIslander": "other",
    }  # fmt: skip
    said = {c: _yes(frame, c) for c in races if c in frame.columns}
    several = reduce(lambda a, b: a + b, (s.cast(pl.Int8) for s in said.values()), pl.lit(0)) > 1
    if "demographicRaceTwoOrMoreRaces" in frame.columns:
        several = several | _yes(frame, "demographicRaceTwoOrMoreRaces")
    race: Any = pl.when(several).then(pl.lit("two_or_more"))
    for column, flag in said.items():
        race = race.when(flag).then(pl.lit(races[column]))
    one = race.otherwise(None)
    if "hispanicOrLatinoEthnicity" in frame.columns:
        one = pl.when(_yes(frame, "hispanicOrLatinoEthnicity")).then(pl.lit("hispanic")).otherwise(one)
    made = [_ours_or(frame, "race_ethnicity", one)]
    if "sex" in frame.columns:
        sex = trimmed("sex").str.to_lowercase().replace(SEXES)
        made.append(pl.when(sex != "unspecified").then(sex).alias("gender"))
    for name in ("economically_disadvantaged", "english_learner", "disability", "home_language"):
        made += _own(frame, name)
    if "birthDate" in frame.columns:
        day = pl.col("birthDate").str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        wrong = trimmed("birthDate").is_not_null() & day.is_null()
        refused = frame.filter(by_words(frame["birthDate"], wrong.fill_null(False)))
        for file, line in refused.select("_file", "_line").iter_rows():
            reading.quarantined.append(Quarantined(file, line, "birthDate", "demographics", *BIRTH))
        if refused.height:
            frame = frame.join(refused.select("_line"), on="_line", how="anti", maintain_order="left")
    _take(frame, "demographics", reading, {"person": "sourcedId", "gender": "sex"}, *made)


BIRTH = (_("This is not a date."), _("Write dates as year-month-day, for example 2026-09-01."))


def _yes(frame: pl.DataFrame, column: str) -> pl.Expr:
    yes = pl.col(column).str.strip_chars().str.to_lowercase().is_in(["true", "t", "yes", "1"])
    return by_words(frame[column], yes).fill_null(False)


def _enrollments(frame: pl.DataFrame, reading: Reading) -> None:
    """Students are enrolled, teachers teach; aides and proctors do neither. A row's own identifier names nothing here."""
    frame = frame.drop("sourcedId", strict=False).with_columns(_few_words("role", frame))
    missing = frame.filter(pl.col("role").is_null())
    for file, line in missing.select("_file", "_line").iter_rows():
        reading.quarantined.append(Quarantined(file, line, "role", "enrollments", NO_ROLE, FILL_IT))
    spoken = {"section": "classSourcedId", "begins": "beginDate", "ends": "endDate"}
    others = frame.filter(pl.col("role") != "student")
    students = [frame.filter(pl.col("role") == "student").drop("role", "primary", strict=False)]
    del frame  # a million rows are held once
    _take(students.pop(), "enrollments", reading, spoken | {"student": "userSourcedId"})
    teacher = {"teacher": "userSourcedId", "primary": "primary"}
    _take(others.filter(pl.col("role") == "teacher"), "teaching", reading, spoken | teacher)
    _unused(others.filter(pl.col("role") != "teacher"), reading)


def _unused(frame: pl.DataFrame, reading: Reading) -> None:
    if frame.height:
        name = frame["_file"][0]
        reading.unused[name] = reading.unused.get(name, 0) + frame.height


__all__ = ["SOURCE", "Mode", "read", "recognises"]
