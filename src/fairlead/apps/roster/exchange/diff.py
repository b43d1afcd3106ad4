"""What an import would change: counts by table and by file, and the first few examples of each kind."""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from fairlead.apps.roster.exchange import nouns, shortcut, staging, ties
from fairlead.apps.roster.exchange.canonical import TABLES
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import BY_NAME, NOUNS, ask
from fairlead.apps.roster.exchange.staging import Staged

EXAMPLES = 10  # of each outcome and table
MOST_REFUSED = 10_000  # rows in quarantine that are kept one by one; all are counted
MOST_ASKED = 200  # questions about persons
LIMIT = 0.10  # a file that would close more of a table than this stops
NAMES = {"n": "new", "c": "changed", "s": "same", "x": "closed", "q": "quarantined"}
UNSEEN = {"people": ("sort_name",)}  # follows from others


@dataclass(frozen=True, slots=True)
class Example:
    """One row that would change: what a person calls it, and each column before and after."""

    table: str
    outcome: str
    key: str
    label: str
    fields: dict[str, list[Any]]
    person_id: int | None = None
    will_be: int | None = None  # the id of a person who is not there before the merge


@dataclass(slots=True)
class Diff:
    """All that is shown before somebody confirms."""

    counts: dict[str, dict[str, int]]
    files: dict[str, dict[str, int]]
    over: list[str]
    examples: list[Example] = field(default_factory=list)
    refused: list[tuple[str, int, str, str, str, str]] = field(default_factory=list)
    vacancies: int = 0

    @property
    def changes(self) -> int:
        """Rows that merging would write."""
        return sum(c[o] for c in self.counts.values() for o in ("new", "changed", "closed"))


def compare(job: Job, staged: Staged, tables: dict[str, pl.DataFrame]) -> Diff:
    """Stage each table but for the rows that need not be, make the resolved tables, low to high, and count them."""
    nouns.reach(job)
    for noun in NOUNS:
        if noun.name == "courses":
            job.default_session = _current_year(job)
            job.no_course = _kept_row(job, "roster_course", f"none:{job.root_key}")
            job.vacancy = _kept_row(job, "roster_person", f"vacancy:{job.root_key}")
        frame = tables.pop(noun.name)
        if noun.name == "people":
            frame = shortcut.people(frame, job)
        if noun.name == "classes":
            _stage_tie("teaching", tables.pop("teaching"), job, staged)
            nouns.leads(job)
        staging.put(noun.name, frame, staged.files)
        nouns.resolve(noun, job)
    with shortcut.holding(tables.pop("enrollments"), job, staged) as remaining:
        for name, tie in ties.TIES.items():
            if name == "enrollments":
                _stage_tie(name, remaining(), job, staged)
            elif name in tables:
                _stage_tie(name, tables.pop(name), job, staged)
            tie(job)
    refused = _refused(job, staged)
    counts = {name: _counts(name, job, staged) for name in job.present()}
    for _file, _line, table in {(row[0], row[1], row[3]) for row in refused}:
        if table in counts:
            counts[table]["quarantined"] += 1
    over = [name for name, c in counts.items() if c["closed"] > LIMIT * c["known"]]
    diff = Diff(counts, _files(job, staged, refused), over, [], refused)
    diff.examples = [example for name in job.present() for example in examples(name, job)]
    diff.examples += questions(job)
    diff.vacancies = int(
        ask(
            "SELECT count(*) FROM resolved_classes c LEFT JOIN resolved_sessions r ON r.id = c.n_session_id "
            "AND r.outcome <> 'q' LEFT JOIN roster_academicsession y ON y.id = c.n_session_id "
            "WHERE c.outcome IN ('n', 'c') AND c.n_teacher_id = %(vacancy)s AND coalesce(r.n_ends, y.ends) >= %(today)s",
            job,
        )[0][0]
    )
    return diff


def _stage_tie(name: str, frame: pl.DataFrame, job: Job, staged: Staged) -> None:
    """Stage one of the tables that tie persons to something."""
    if name == "demographics":
        frame = shortcut.demographics(frame, job)
    shortcut.point_at(job, *(frame[c.name] for c in TABLES[name].columns if c.refers == "people"))
    staging.put(name, frame, staged.files)


def _current_year(job: Job) -> int | None:
    """The school year of the network that holds today; in the file or in the roster."""
    found = ask(
        "SELECT id FROM (SELECT id, n_begins AS begins, n_ends AS ends FROM resolved_sessions "
        "WHERE outcome <> 'q' AND n_kind = 'schoolYear' AND n_organization_id = %(root)s UNION ALL "
        "SELECT y.id, y.begins, y.ends FROM roster_academicsession y WHERE y.organization_id = %(root)s "
        "AND y.kind = 'schoolYear' AND y.id NOT IN (SELECT id FROM resolved_sessions)) y "
        "WHERE %(today)s BETWEEN begins AND ends ORDER BY begins LIMIT 1",
        job,
    )
    return int(found[0][0]) if found else None


def _kept_row(job: Job, table: str, sourced_id: str) -> int:
    """The id of a row that stands for "none", or the id that it will have."""
    return int(
        ask(
            f"SELECT coalesce((SELECT id FROM {table} WHERE sourced_id = %(key)s), "
            f"nextval(pg_get_serial_sequence('{table}', 'id')))",
            job,
            key=sourced_id,
        )[0][0]
    )


def _refused(job: Job, staged: Staged) -> list[tuple[str, int, str, str, str, str]]:
    """Rows in quarantine: those that the reader found, and those that the database found."""
    found = ask(
        'SELECT _file, _line, "column", "table", problem, next FROM import_refused ORDER BY _file, _line', job
    )
    rows = [(q.file, q.line, q.column, q.table, q.problem, q.next) for q in staged.quarantined]
    for number, line, column, table, problem, remedy in found:
        file = staged.files[number]
        rows.append((file, line, staged.header(file, table, column), table, problem, remedy))
    return sorted(rows, key=lambda r: (r[0], r[1]))


def _counts(name: str, job: Job, staged: Staged) -> dict[str, int]:
    """One table's rows by outcome. `closed` are those that the file ends and those that it no longer lists."""
    found = {NAMES[o]: int(n) for o, n in ask(f"SELECT outcome, count(*) FROM resolved_{name} GROUP BY outcome", job)}
    quarantined = found.pop("quarantined", 0)
    counts = {"new": 0, "changed": 0, "same": 0, "closed": 0, "quarantined": 0} | found
    counts["same"] += job.shortcut.same.get(name, 0)
    if name == "enrollments":  # the same ones were not kept
        counts["new"] += sum(job.shortcut.fresh_of.values())
        counts["same"] = staged.rows[name] - quarantined - counts["new"] - counts["changed"] - counts["closed"]
    counts["closed"] += int(ask(f"SELECT count(*) FROM closing_{name}", job)[0][0])
    counts["known"] = nouns.count_known(BY_NAME[name], job) if name in BY_NAME else ties.count_known(name, job)
    return counts


def _files(job: Job, staged: Staged, refused: list[tuple[str, int, str, str, str, str]]) -> dict[str, dict[str, int]]:
    """Every input row of every file by its outcome; a row that speaks of several things by the weightiest."""
    bad: dict[str, set[int]] = {}
    for file, line, *_rest in refused:
        bad.setdefault(file, set()).add(line)
    result: dict[str, dict[str, int]] = {}
    for number, file in enumerate(staged.files):
        tables = staged.tables_of.get(file, [])
        lines = " UNION ALL ".join(
            f"SELECT _line, outcome FROM resolved_{name} WHERE _file = {number} AND outcome IN ('n', 'c', 'x')"
            for name in tables
        )
        found: dict[str, int] = {}
        if lines:
            # Tables that share no line of the file need not be put together line by line.
            if sum(staged.lines_of[file, name] for name in tables) > staged.covered[file]:
                lines = (
                    "SELECT _line, max(CASE outcome WHEN 'n' THEN '3n' WHEN 'c' THEN '2c' ELSE '1x' END) AS outcome "
                    f"FROM ({lines}) u GROUP BY _line"
                )
            hidden = "(SELECT _line FROM import_refused WHERE _file = %(number)s)"
            asked = f"SELECT outcome, count(*) FROM ({lines}) l WHERE _line NOT IN {hidden} GROUP BY outcome"
            found = {NAMES[o[-1]]: int(n) for o, n in ask(asked, job, number=number)}
        if fresh := job.shortcut.fresh_of.get(file):
            found["new"] = found.get("new", 0) + fresh
        total = staged.counts.get(file, 0)
        quarantined = len(bad.get(file, ()))
        in_database = int(
            ask("SELECT count(DISTINCT _line) FROM import_refused WHERE _file = %(number)s", job, number=number)[0][0]
        )
        taken = staged.covered.get(file, 0) - in_database
        row = {"rows": total, "new": 0, "changed": 0, "closed": 0} | found | {"quarantined": quarantined}
        row["same"] = taken - sum(found.values())
        row["unused"] = total - taken - quarantined
        result[file] = row
    return result


# How a person would call a row, and under which identifier the file knows it.
_LABELS = {
    "orgs": "n_name", "sessions": "n_name", "courses": "n_name", "classes": "n_name",
    "people": "n_given_name || ' ' || n_family_name",
}  # fmt: skip
_CLOSING_LABELS = {
    "orgs": "name", "sessions": "name", "courses": "name", "classes": "name",
    "people": "given_name || ' ' || family_name",
}  # fmt: skip


def examples(name: str, job: Job) -> list[Example]:
    """The first few new, changed and closed rows of a table."""
    shown = _noun_examples(name, job) if name in BY_NAME else _tie_examples(name, job)
    return shown


def _first(name: str, outcome: str) -> str:
    """The first few rows of an outcome, before anything is asked about them: they are few of very many."""
    return f"SELECT * FROM resolved_{name} WHERE outcome = '{outcome}' ORDER BY _file, _line LIMIT {EXAMPLES}"


def _noun_examples(name: str, job: Job) -> list[Example]:
    noun = BY_NAME[name]
    columns = [v.column for v in noun.values if v.column not in UNSEEN.get(name, ())]
    person = "id, fresh" if name == "people" else "NULL::bigint, false"
    olds, news = ", ".join(f"o_{c}::text" for c in columns), ", ".join(f"n_{c}::text" for c in columns)
    result = []
    for outcome in ("n", "c", "x"):
        for key, label, person_id, fresh, before, after in ask(
            f"SELECT key, {_LABELS[name]}, {person}, ARRAY[{olds}], ARRAY[{news}] FROM ({_first(name, outcome)}) r "
            "ORDER BY _file, _line",
            job,
        ):
            fields = {
                c: [b, a] for c, b, a in zip(columns, before, after, strict=True)
                if (outcome == "c" and b != a) or (outcome == "n" and a)
            }  # fmt: skip
            result.append(
                Example(name, NAMES[outcome], key, label, _words(fields, job), *_now_or_then(person_id, fresh))
            )
    closing = ask(
        f"SELECT c.key, o.{_CLOSING_LABELS[name].replace(' || family', ' || o.family')}, "
        f"{'o.id' if name == 'people' else 'NULL::bigint'} "
        f"FROM closing_{name} c JOIN {noun.rows} o ON o.id = c.id ORDER BY c.key LIMIT {EXAMPLES}",
        job,
    )
    result += [Example(name, "closed", key, label, {}, person) for key, label, person in closing]
    return result


# (label, person, fields) of a tie, over its resolved table `r`; the same over the roster's own row `e` when it closes.
_KNOWN_WHO = "(SELECT p.given_name || ' ' || p.family_name FROM roster_person p WHERE p.id = {0})"
_CLASS = "(SELECT c.n_name FROM resolved_classes c WHERE c.id = {0} LIMIT 1)"
_KNOWN_CLASS = "(SELECT c.name FROM roster_section c WHERE c.id = {0})"
_TIES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    # table: (person column, section column or "", columns compared, table of the roster)
    "roles": ("person_id", "", ("begins", "ends"), "roster_role"),
    "demographics": ("person_id", "", ties.DEMOGRAPHICS, "roster_demographics"),
    "guardianships": ("student_id", "", ("relation", "rank", "may_contact", "ends"), "roster_guardianship"),
    "enrollments": ("student_id", "section_id", ("begins", "ends"), "roster_enrollment"),
    "teaching": ("teacher_id", "section_id", ("primary", "begins", "ends"), "roster_teaching"),
}


def _tie_examples(name: str, job: Job) -> list[Example]:
    person, section, columns, rows = _TIES[name]
    olds, news = ", ".join(f"o_{c}::text" for c in columns), ", ".join(f"n_{c}::text" for c in columns)
    result = []
    for outcome in ("n", "c", "x"):
        where = (
            f"coalesce({_CLASS.format('r.section_id')}, {_KNOWN_CLASS.format('r.section_id')})" if section else "NULL"
        )
        extra = "r.role" if name == "roles" else "NULL"
        for who, what, word, person_id, there, before, after in ask(
            f"WITH shown AS MATERIALIZED ({_first(name, outcome)}) "
            f"SELECT coalesce(w.name, {_KNOWN_WHO.format('r.' + person)}), {where}, {extra}, "
            f"r.{person}, EXISTS (SELECT FROM roster_person p WHERE p.id = r.{person}), ARRAY[{olds}], ARRAY[{news}] "
            "FROM shown r LEFT JOIN (SELECT id, min(n_given_name || ' ' || n_family_name) AS name FROM resolved_people "
            f"WHERE id IN (SELECT {person} FROM shown) GROUP BY id) w ON w.id = r.{person} ORDER BY r._file, r._line",
            job,
        ):
            hidden = name == "demographics"  # what somebody is stays out of a list that is read in passing
            fields = {
                c: ["…", "…"] if hidden else [b, a] for c, b, a in zip(columns, before, after, strict=True)
                if (outcome != "n" and b != a) or (outcome == "n" and a)
            }  # fmt: skip
            label = " · ".join(part for part in (who, what, word) if part)
            result.append(Example(name, NAMES[outcome], "", label, fields, *_now_or_then(person_id, not there)))
    if name == "demographics":
        return result
    where = _KNOWN_CLASS.format("e.section_id") if section else "NULL"
    extra = "e.role" if name == "roles" else "NULL"
    for who, what, word, person_id in ask(
        f"SELECT {_KNOWN_WHO.format('e.' + person)}, {where}, {extra}, e.{person} FROM {rows} e "
        f"WHERE e.id IN (SELECT id FROM closing_{name} LIMIT {EXAMPLES})",
        job,
    ):
        label = " · ".join(part for part in (who, what, word) if part)
        result.append(Example(name, "closed", "", label, {}, person_id))
    return result


def _now_or_then(person_id: int | None, fresh: bool) -> tuple[int | None, int | None]:
    """A person who is there, or who will be: an example is erased with its person."""
    return (None, person_id) if fresh else (person_id, None)


_REFERENCES = {
    "organization_id": ("roster_organization", "resolved_orgs", "name"),
    "session_id": ("roster_academicsession", "resolved_sessions", "name"),
    "course_id": ("roster_course", "resolved_courses", "name"),
    "teacher_id": ("roster_person", "resolved_people", "family_name"),
}


def _words(fields: dict[str, list[Any]], job: Job) -> dict[str, list[Any]]:
    """Ids of other rows by their names."""
    told: dict[str, list[Any]] = {}
    for column, pair in fields.items():
        if column in _REFERENCES:
            rows, resolved, label = _REFERENCES[column]
            found = [
                ask(
                    f"SELECT coalesce((SELECT n_{label} FROM {resolved} WHERE id = %(id)s LIMIT 1), "
                    f"(SELECT {label} FROM {rows} WHERE id = %(id)s))",
                    job,
                    id=value,
                )[0][0] if value else None
                for value in pair
            ]  # fmt: skip
            told[column.removesuffix("_id")] = found
        else:
            told[column] = pair
    return told


def questions(job: Job) -> list[Example]:
    """New persons who are probably known already, under another identifier: same name and birthday, or same e-mail.

    They are asked about and never merged on their own.
    """
    # Two joins that can be hashed: with OR between them every new person was held against every known one.
    pair = "SELECT r.key, r.n_given_name || ' ' || r.n_family_name AS label, p.id FROM resolved_people r JOIN roster_person p"
    same_day = "p.kind = r.n_kind AND p.sort_name = r.n_sort_name AND p.born = r.n_born"
    same_mail = "p.kind = r.n_kind AND p.email = r.n_email AND p.email <> ''"
    found = ask(
        "SELECT r.key, r.label, p.id, p.given_name || ' ' || p.family_name, o.name, p.sourced_id "
        f"FROM ({pair} ON {same_day} WHERE r.outcome = 'n' UNION {pair} ON {same_mail} WHERE r.outcome = 'n') r "
        "JOIN roster_person p ON p.id = r.id "
        "JOIN import_reach i ON i.id = p.organization_id JOIN roster_organization o ON o.id = p.organization_id "
        "WHERE NOT EXISTS (SELECT FROM resolved_people q WHERE q.id = p.id AND q.outcome <> 'q') "
        "ORDER BY r.key, p.id",
        job,
    )
    same = job.shortcut.people  # they are in the file, so nobody new is one of them
    listed = set() if same is None else set(same["id"].filter(same["id"].is_in([row[2] for row in found])))
    asked: dict[str, Example] = {}
    for key, label, person, name, org, sourced_id in found:
        if person not in listed and key not in asked:
            asked[key] = Example("people", "question", key, label, {"known": [name, org, sourced_id]}, person)
    return list(asked.values())[:MOST_ASKED]


def check_files(diff: Diff) -> list[str]:
    """Files of which some rows are in no outcome: our own mistake, told rather than hidden."""
    parts = ("new", "changed", "same", "closed", "quarantined", "unused")
    return [
        file for file, row in diff.files.items()
        if row["rows"] != sum(row[p] for p in parts) or min(row.values()) < 0
    ]  # fmt: skip
