"""The roster as OneRoster 1.2 CSV, in a zip: what one person may see, or a whole network for its owner.

Two steps: the roster's rows as canonical tables, and canonical tables as OneRoster's files. What OneRoster has no
column for stands in `metadata.fairlead.*` columns, as the standard allows; `readers.oneroster` reads them back, so that
an export brought in again is the same roster.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import polars as pl
from django.db import connection

from fairlead.apps.access.scope import Scope
from fairlead.apps.roster.exchange.canonical import TABLES
from fairlead.apps.roster.models import Organization
from fairlead.apps.roster.selectors import organizations_below

OWN = "metadata.fairlead."
ORG_TYPES = {"school": "school", "district": "district", "network": "local", "city": "local"}
# OneRoster's word for our roles; others get its prefix for extensions.
ROLE_WORDS = {
    "teacher": "teacher", "principal": "principal", "office": "siteAdministrator",
    "network_lead": "districtAdministrator",
}  # fmt: skip
EMPTY_OF_USERS = ("username", "middleName", "identifier", "sms", "password", "userMasterIdentifier",
                  "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
                  "pronouns")  # fmt: skip
FILES = ("academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "roles", "users")
ABSENT = (
    "categories", "classResources", "courseResources", "lineItemLearningObjectiveIds", "lineItems",
    "lineItemScoreScales", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "scoreScales",
    "userProfiles", "userResources",
)  # fmt: skip

Tables = dict[str, pl.DataFrame]


def export_all(root_id: int, path: Path) -> dict[str, int]:
    """A whole organization and all below it, for the owner; rows by file."""
    with path.open("wb") as file:
        return export(root_id, organizations_below(root_id), file)


def export_seen(scope: Scope, file: BinaryIO) -> dict[str, int]:
    """What the asking person may see, below their first role as data manager; the walls hold as on every page."""
    root = next(grant.organization_id for grant in scope.roles if grant.role == "data_manager")
    return export(root, [i for i in organizations_below(root) if scope.covers(i)], file)


def export(root_id: int, organization_ids: Iterable[int], file: BinaryIO) -> dict[str, int]:
    """Write the zip; rows by file."""
    root = Organization.objects.get(pk=root_id)
    return write(roster(root, list(organization_ids)), file, root.sourced_id)


def roster(root: Organization, organization_ids: list[int]) -> Tables:
    """The roster's rows as canonical tables, each sorted by its key."""
    orgs = "ANY ('{" + ",".join(str(int(i)) for i in organization_ids) + "}'::bigint[])"
    prefix = str(root.sourced_id).replace("'", "''")
    tables: Tables = {}
    for name, statement in _STATEMENTS.items():
        text = io.BytesIO()
        sql = statement.format(orgs=orgs, root=int(root.pk), prefix=prefix)
        connection.ensure_connection()
        with (
            connection.connection.cursor() as cursor,
            cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)") as copy,
        ):
            for piece in copy:
                text.write(piece)
        text.seek(0)
        spec = TABLES[name]
        schema = {c: d for c, d in spec.schema.items() if not c.startswith("_")}
        read = pl.read_csv(text, schema_overrides=dict.fromkeys(schema, pl.String), infer_schema=False)
        booleans = [c for c, d in schema.items() if d == pl.Boolean]
        read = read.with_columns((pl.col(c) == "t").alias(c) for c in booleans if c in read.columns)
        dates = [c for c, d in schema.items() if d == pl.Date and c in read.columns]
        read = read.with_columns(pl.col(c).str.to_date("%Y-%m-%d") for c in dates)
        frame = read.select(
            (pl.col(c) if c in read.columns else pl.lit(None)).cast(d).alias(c) for c, d in schema.items()
        )
        frame = frame.with_columns(
            pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c, d in schema.items() if d == pl.String
        )
        tables[name] = frame.sort(spec.key)
    return tables


_STATEMENTS = {
    "orgs": "SELECT o.sourced_id, o.name, o.kind, CASE WHEN o.id <> {root} THEN p.sourced_id END AS parent, o.zip, "
    "o.grade_low, o.grade_high, o.begins, o.ends FROM roster_organization o "
    "LEFT JOIN roster_organization p ON p.id = o.parent_id WHERE o.id = {orgs}",
    "sessions": "SELECT coalesce(y.sourced_id, 'session:' || y.id) AS sourced_id, "
    "CASE WHEN y.organization_id <> {root} THEN g.sourced_id END AS org, y.name, y.kind, "
    "coalesce(u.sourced_id, 'session:' || u.id) AS parent, y.begins, y.ends FROM roster_academicsession y "
    "JOIN roster_organization g ON g.id = y.organization_id LEFT JOIN roster_academicsession u ON u.id = y.parent_id "
    "WHERE y.organization_id = {orgs} OR y.id IN (SELECT session_id FROM roster_section WHERE organization_id = {orgs})",
    "courses": "SELECT coalesce(c.sourced_id, 'course:' || c.id) AS sourced_id, "
    "CASE WHEN c.organization_id <> {root} THEN g.sourced_id END AS org, c.name, c.subject FROM roster_course c "
    "JOIN roster_organization g ON g.id = c.organization_id WHERE coalesce(c.sourced_id, '') NOT LIKE 'none:%' "
    "AND (c.organization_id = {orgs} OR c.id IN (SELECT course_id FROM roster_section WHERE organization_id = {orgs}))",
    "classes": "SELECT s.sourced_id, g.sourced_id AS org, "
    "CASE WHEN coalesce(c.sourced_id, '') NOT LIKE 'none:%' THEN coalesce(c.sourced_id, 'course:' || c.id) END AS course, "
    "coalesce(y.sourced_id, 'session:' || y.id) AS session, s.name, s.grade, s.kind, s.periods FROM roster_section s "
    "JOIN roster_organization g ON g.id = s.organization_id JOIN roster_course c ON c.id = s.course_id "
    "JOIN roster_academicsession y ON y.id = s.session_id WHERE s.organization_id = {orgs}",
    "people": "SELECT p.sourced_id, g.sourced_id AS org, p.kind, p.given_name, p.family_name, p.email, p.phone, p.grade, "
    "p.born, p.language, p.zip, (SELECT string_agg(substr(i.source, length('{prefix}') + 2, "
    "strpos(i.source, '/') - length('{prefix}') - 2) || ':' || i.value, '|' ORDER BY i.source, i.value) "
    "FROM roster_personidentifier i WHERE i.person_id = p.id AND strpos(i.source, '{prefix}:') = 1 "
    "AND i.source LIKE '%/' || p.kind) AS identifiers FROM roster_person p "
    "JOIN roster_organization g ON g.id = p.organization_id WHERE p.organization_id = {orgs} AND p.sourced_id NOT LIKE 'vacancy:%'",
    "roles": "SELECT p.sourced_id AS person, g.sourced_id AS org, r.role, r.begins, r.ends FROM roster_role r "
    "JOIN roster_person p ON p.id = r.person_id JOIN roster_organization g ON g.id = r.organization_id "
    "WHERE r.organization_id = {orgs} AND p.organization_id = {orgs} AND p.kind = 'staff'",
    "demographics": "SELECT p.sourced_id AS person, d.gender, d.race_ethnicity, d.economically_disadvantaged, "
    "d.english_learner, d.disability, d.home_language FROM roster_demographics d JOIN roster_person p ON p.id = d.person_id "
    "WHERE d.organization_id = {orgs} AND p.organization_id = {orgs}",
    "guardianships": "SELECT s.sourced_id AS student, a.sourced_id AS guardian, g.relation, g.rank, g.may_contact "
    "FROM roster_guardianship g JOIN roster_person s ON s.id = g.student_id JOIN roster_person a ON a.id = g.guardian_id "
    "WHERE g.ends IS NULL AND s.organization_id = {orgs} AND a.organization_id = {orgs}",
    "enrollments": "SELECT s.sourced_id AS section, p.sourced_id AS student, e.begins, e.ends FROM roster_enrollment e "
    "JOIN roster_section s ON s.id = e.section_id JOIN roster_person p ON p.id = e.student_id "
    "WHERE e.organization_id = {orgs} AND p.organization_id = {orgs}",
    "teaching": "SELECT s.sourced_id AS section, p.sourced_id AS teacher, t.\"primary\", t.begins, t.ends "
    "FROM roster_teaching t JOIN roster_section s ON s.id = t.section_id JOIN roster_person p ON p.id = t.teacher_id "
    "WHERE t.organization_id = {orgs} AND p.organization_id = {orgs} UNION ALL "
    "SELECT s.sourced_id, p.sourced_id, true, NULL, NULL FROM roster_section s JOIN roster_person p ON p.id = s.teacher_id "
    "WHERE s.organization_id = {orgs} AND p.organization_id = {orgs} AND p.sourced_id NOT LIKE 'vacancy:%' "
    "AND NOT EXISTS (SELECT FROM roster_teaching t WHERE t.section_id = s.id AND t.teacher_id = s.teacher_id)",
}  # fmt: skip


def write(tables: Tables, file: BinaryIO, system: str) -> dict[str, int]:
    """Canonical tables as OneRoster 1.2; `system` is the network whose identifiers they are. Rows by file."""
    root = tables["orgs"].filter(pl.col("parent").is_null())["sourced_id"]
    made = {
        "orgs": _orgs(tables["orgs"]),
        "academicSessions": _sessions(tables["sessions"]),
        "courses": _courses(tables["courses"], root[0] if len(root) else None),
        "classes": _classes(tables["classes"]),
        "users": _users(tables["people"], tables["guardianships"]),
        "roles": _roles(tables["people"], tables["roles"]),
        "demographics": _demographics(tables["demographics"], tables["people"]),
        "enrollments": _enrollments(tables["enrollments"], tables["teaching"], tables["classes"]),
    }
    manifest = {"manifest.version": "1.0", "oneroster.version": "1.2", "source.systemName": "Fairlead"}
    manifest |= (
        {"source.systemCode": system} | {f"file.{n}": "bulk" for n in FILES} | {f"file.{n}": "absent" for n in ABSENT}
    )
    made["manifest"] = pl.DataFrame({"propertyName": list(manifest), "value": list(manifest.values())})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in ("manifest", *FILES):
            info = zipfile.ZipInfo(f"{name}.csv", (1980, 1, 1, 0, 0, 0))  # the same roster gives the same bytes
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, made[name].write_csv().encode())
    return {f"{name}.csv": made[name].height for name in FILES}


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _empty(*names: str) -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in names]


def _own(*names: str) -> list[pl.Expr]:
    return [pl.col(name).cast(pl.String).alias(OWN + name) for name in names]


def _base(key: pl.Expr | None = None) -> list[pl.Expr]:
    return [(pl.col("sourced_id") if key is None else key).alias("sourcedId"), *_empty("status", "dateLastModified")]


def _grade(column: str) -> pl.Expr:
    """CEDS codes, as OneRoster asks for them."""
    value = pl.col(column)
    number = _text(column).str.zfill(2)
    return pl.when(value == -1).then(pl.lit("PK")).when(value == 0).then(pl.lit("KG")).otherwise(number)


def _orgs(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        *_base(), "name", pl.col("kind").replace(ORG_TYPES).alias("type"), *_empty("identifier"),
        pl.col("parent").alias("parentSourcedId"), *_own("kind", "zip", "grade_low", "grade_high", "begins", "ends"),
    )  # fmt: skip


def _sessions(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        *_base(), pl.col("name").alias("title"), pl.col("kind").alias("type"), pl.col("begins").alias("startDate"),
        pl.col("ends").alias("endDate"), pl.col("parent").alias("parentSourcedId"),
        pl.col("ends").dt.year().alias("schoolYear"), *_own("org"),
    )  # fmt: skip


def _courses(frame: pl.DataFrame, root: str | None) -> pl.DataFrame:
    """A course of the whole network is its root's."""
    return frame.select(
        *_base(), *_empty("schoolYearSourcedId"), pl.col("name").alias("title"), *_empty("courseCode", "grades"),
        pl.coalesce("org", pl.lit(root, pl.String)).alias("orgSourcedId"), pl.col("subject").alias("subjects"),
        *_empty("subjectCodes"), *_own("org"),
    )  # fmt: skip


def _classes(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        *_base(), pl.col("name").alias("title"), _grade("grade").alias("grades"),
        pl.col("course").alias("courseSourcedId"), *_empty("classCode"), pl.col("kind").alias("classType"),
        *_empty("location"), pl.col("org").alias("schoolSourcedId"), pl.col("session").alias("termSourcedIds"),
        *_empty("subjects", "subjectCodes"), "periods",
    )  # fmt: skip


def _users(people: pl.DataFrame, guardianships: pl.DataFrame) -> pl.DataFrame:
    told = guardianships.sort("student", "rank", "guardian").with_columns(
        pl.concat_str(
            "guardian", pl.col("relation").fill_null("").str.replace_all("[;|]", " "), _text("rank").fill_null(""),
            _text("may_contact").fill_null(""), separator=";",
        ).alias("agent")
    )  # fmt: skip
    agents = told.group_by("student", maintain_order=True).agg(
        pl.col("guardian").str.join(",").alias("agentSourcedIds"), pl.col("agent").str.join("|").alias(OWN + "agents")
    )
    frame = people.join(agents, left_on="sourced_id", right_on="student", how="left", maintain_order="left")
    pairs = pl.col("identifiers").str.split("|").list.eval("{" + pl.element() + "}").list.join(",")
    return frame.select(
        *_base(), pl.lit("true").alias("enabledUser"), pairs.alias("userIds"), pl.col("given_name").alias("givenName"),
        pl.col("family_name").alias("familyName"), *_empty(*EMPTY_OF_USERS), "email", "phone", "agentSourcedIds",
        _grade("grade").alias("grades"), pl.col("org").alias("primaryOrgSourcedId"), *_own("language", "zip", "born"),
        OWN + "agents",
    )  # fmt: skip


def _roles(people: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """Everybody has a role in OneRoster; students, guardians, and staff without a role of ours get a plain one."""
    held = roles.with_columns(
        pl.col("role")
        .replace_strict(ROLE_WORDS, default="ext:" + pl.col("role"), return_dtype=pl.String)
        .alias("word")
    )
    rest = people.join(roles, left_on="sourced_id", right_on="person", how="anti", maintain_order="left")
    word = pl.when(pl.col("kind") == "staff").then(pl.lit("ext:staff")).otherwise(pl.col("kind"))
    none = pl.lit(None, pl.String)
    plain = rest.select(
        pl.col("sourced_id").alias("person"), "org", none.alias("role"), none.cast(pl.Date).alias("begins"),
        none.cast(pl.Date).alias("ends"), word.alias("word"),
    )  # fmt: skip
    every = pl.concat([held.select(plain.columns), plain])
    first = pl.when(pl.col("person").is_first_distinct()).then(pl.lit("primary")).otherwise(pl.lit("secondary"))
    key = pl.concat_str("person", pl.lit("/"), "org", pl.lit("/"), "word", pl.lit("/"), _text("begins").fill_null(""))
    return every.select(
        *_base(key), pl.col("person").alias("userSourcedId"), first.alias("roleType"), pl.col("word").alias("role"),
        pl.col("begins").alias("beginDate"), pl.col("ends").alias("endDate"), pl.col("org").alias("orgSourcedId"),
        *_empty("userProfileSourcedId"), *_own("role"),
    )  # fmt: skip


def _demographics(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    born = people.select("sourced_id", "born")
    frame = frame.join(born, left_on="person", right_on="sourced_id", how="left", maintain_order="left")
    race = pl.col("race_ethnicity")

    def said(words: Iterable[str]) -> pl.Expr:
        answer = pl.when(race.is_in(list(words))).then(pl.lit("true")).otherwise(pl.lit("false"))
        return pl.when(race.is_not_null()).then(answer)

    sex = pl.col("gender").replace({"nonbinary": "other"}).fill_null("unspecified")
    return frame.select(
        *_base(pl.col("person")), pl.col("born").alias("birthDate"), sex.alias("sex"),
        said(()).alias("americanIndianOrAlaskaNative"), said(["asian"]).alias("asian"),
        said(["black"]).alias("blackOrAfricanAmerican"), said(()).alias("nativeHawaiianOrOtherPacificIslander"),
        said(["white"]).alias("white"), said(["two_or_more"]).alias("demographicRaceTwoOrMoreRaces"),
        said(["hispanic"]).alias("hispanicOrLatinoEthnicity"),
        *_empty("countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth", "publicSchoolResidenceStatus"),
        *_own("race_ethnicity", "economically_disadvantaged", "english_learner", "disability", "home_language"),
    )  # fmt: skip


def _enrollments(students: pl.DataFrame, teaching: pl.DataFrame, classes: pl.DataFrame) -> pl.DataFrame:
    school = classes.select(pl.col("sourced_id").alias("section"), pl.col("org").alias("school"))
    none = pl.lit(None, pl.Boolean)
    rows = pl.concat(
        [
            students.select(
                pl.concat_str("section", "student", "begins", separator="/", ignore_nulls=True).alias("id"), "section",
                pl.col("student").alias("user"), pl.lit("student").alias("role"), none.alias("primary"), "begins", "ends",
            ),
            teaching.select(
                pl.concat_str("section", pl.lit("/"), "teacher").alias("id"), "section",
                pl.col("teacher").alias("user"), pl.lit("teacher").alias("role"), "primary", "begins", "ends",
            ),
        ]
    )  # fmt: skip
    rows = rows.join(school, on="section", how="left", maintain_order="left")
    return rows.select(
        *_base(pl.col("id")), pl.col("section").alias("classSourcedId"), pl.col("school").alias("schoolSourcedId"),
        pl.col("user").alias("userSourcedId"), "role", _text("primary").alias("primary"),
        pl.col("begins").alias("beginDate"), pl.col("ends").alias("endDate"),
    )  # fmt: skip
