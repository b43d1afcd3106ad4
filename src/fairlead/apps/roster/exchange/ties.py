"""What ties people to organizations, sections and each other: roles, demographics, guardianships, enrollments, teaching.

These rows have no identifier of their own that lasts; they are found by what they tie. `resolved_x` here holds every
row for the small tables, and for enrollments only those that are not the same: a million rows are compared in one pass.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import NOT_IN_FILE, SEND_TOO, Check, ask, quarantine, run
from fairlead.apps.roster.exchange.problems import gettext_noop as _

ROLE_BY_HAND = _("This role opens other people's records and is not given by a file sent through the web.")
APPOINT = _("Let the person who runs Fairlead import it at the command line, or appoint the person by hand.")
NOT_A_STUDENT = _("The person is not a student.")
MEND_PERSON = _("Mend the identifier of the person, or the person's role.")

STUDENTS_ONLY = ("not_student", Check("", "student", NOT_A_STUDENT, MEND_PERSON))
YESTERDAY = "(%(today)s::date - 1)"


def _outcome(bad: str, changed: str, ended: str = "o.ends IS NOT NULL AND o.ends < %(today)s") -> str:
    return (
        f"CASE WHEN {bad} THEN 'q' WHEN s._gone AND (o.id IS NULL OR {ended}) THEN 's' WHEN s._gone THEN 'x' "
        f"WHEN o.id IS NULL THEN 'n' WHEN {changed} THEN 'c' ELSE 's' END AS outcome"
    )


def _refuse(job: Job, table: str, *refs: tuple[str, str], more: tuple[tuple[str, Check], ...] = ()) -> None:
    """Rows whose reference leads nowhere: (column that says so, column of the file); and those wrong otherwise."""
    quarantine(job, table, [*((wrong, Check(wrong, column, NOT_IN_FILE, SEND_TOO)) for wrong, column in refs), *more])


def roles(job: Job) -> None:
    """A role is found by person, organization and word; the same beginning first, else the one still open."""
    bad = "p.id IS NULL OR org.id IS NULL OR NOT (%(may_appoint)s OR s.role = 'teacher')"
    run(
        f"CREATE {job.kind} TABLE resolved_roles AS SELECT s._file, s._line, s._gone, s.role, "
        "p.id AS person_id, org.id AS organization_id, coalesce(o.id, 0) AS id, "
        "o.begins AS o_begins, o.ends AS o_ends, coalesce(s.begins, o.begins, %(today)s) AS n_begins, "
        f"CASE WHEN s._gone THEN coalesce(s.ends, {YESTERDAY}) ELSE s.ends END AS n_ends, "
        "p.id IS NULL AS no_person, org.id IS NULL AS no_org, NOT (%(may_appoint)s OR s.role = 'teacher') AS by_hand, "
        + _outcome(bad, "(o.begins, o.ends) IS DISTINCT FROM (coalesce(s.begins, o.begins), s.ends)")
        + " FROM staged_roles s LEFT JOIN map_people p ON p.key = s.person LEFT JOIN map_orgs org ON org.key = s.org "
        "LEFT JOIN LATERAL (SELECT r.* FROM roster_role r WHERE r.person_id = p.id AND r.organization_id = org.id "
        "AND r.role = s.role AND (s.begins IS NULL OR r.begins = s.begins OR (r.ends IS NULL AND s.ends IS NULL)) "
        "ORDER BY (r.begins = s.begins) DESC NULLS LAST, r.ends DESC NULLS FIRST, r.id LIMIT 1) o ON true",
        job,
    )
    by_hand = ("by_hand AND NOT no_person AND NOT no_org", Check("", "role", ROLE_BY_HAND, APPOINT))
    _refuse(job, "roles", ("no_person", "person"), ("no_org", "org"), more=(by_hand,))
    gone = "NOT EXISTS (SELECT FROM resolved_roles s WHERE s.id = r.id)" if job.bulk("roles") else "false"
    run(
        f"CREATE {job.kind} TABLE closing_roles AS SELECT r.id FROM roster_role r WHERE r.source = %(source)s "
        f"AND (r.ends IS NULL OR r.ends >= %(today)s) AND {gone}",
        job,
    )


DEMOGRAPHICS = ("gender", "race_ethnicity", "economically_disadvantaged", "english_learner", "disability",
                "home_language")  # fmt: skip
WORDS = ("gender", "race_ethnicity", "home_language")


def demographics(job: Job) -> None:
    """One row a student; what the file does not say stays."""
    before = ", ".join(f"o.{c} AS o_{c}" for c in DEMOGRAPHICS)
    empty = {c: ", ''" if c in WORDS else "" for c in DEMOGRAPHICS}
    after = {c: f"coalesce(s.{c}, o.{c}{empty[c]})" for c in DEMOGRAPHICS}
    named = ", ".join(f"{value} AS n_{c}" for c, value in after.items())
    changed = f"({', '.join(f'o.{c}' for c in DEMOGRAPHICS)}) IS DISTINCT FROM ({', '.join(after.values())})"
    run(
        f"CREATE {job.kind} TABLE resolved_demographics AS SELECT s._file, s._line, s._gone, p.id AS person_id, "
        f"p.organization_id, coalesce(o.id, 0) AS id, {before}, {named}, p.id IS NULL AS no_person, "
        f"CASE WHEN p.id IS NULL THEN 'q' WHEN s._gone THEN 's' WHEN o.id IS NULL THEN 'n' WHEN {changed} THEN 'c' "
        "ELSE 's' END AS outcome FROM staged_demographics s LEFT JOIN map_people p ON p.key = s.person "
        "LEFT JOIN roster_demographics o ON o.person_id = p.id",
        job,
    )
    _refuse(job, "demographics", ("no_person", "person"))
    run(f"CREATE {job.kind} TABLE closing_demographics (id bigint)", job)


def guardianships(job: Job) -> None:
    """Who may be called about whom; permission that nobody speaks of stays, and is given where it is new."""
    after = (
        "coalesce(s.relation, o.relation, '')",
        "coalesce(s.rank, o.rank, 1)",
        "coalesce(s.may_contact, o.may_contact, true)",
    )
    bad = "p.id IS NULL OR g.id IS NULL OR p.kind <> 'student'"
    run(
        f"CREATE {job.kind} TABLE resolved_guardianships AS SELECT s._file, s._line, s._gone, p.id AS student_id, "
        "g.id AS guardian_id, p.organization_id, coalesce(o.id, 0) AS id, o.relation AS o_relation, o.rank AS o_rank, "
        f"o.may_contact AS o_may_contact, o.ends AS o_ends, {after[0]} AS n_relation, {after[1]} AS n_rank, "
        f"{after[2]} AS n_may_contact, CASE WHEN s._gone THEN {YESTERDAY} END AS n_ends, "
        "p.id IS NULL AS no_student, g.id IS NULL AS no_guardian, coalesce(p.kind <> 'student', false) AS not_student, "
        + _outcome(
            bad,
            f"(o.relation, o.rank::int, o.may_contact) IS DISTINCT FROM ({', '.join(after)}) OR o.ends IS NOT NULL",
        )
        + " FROM staged_guardianships s LEFT JOIN map_people p ON p.key = s.student "
        "LEFT JOIN map_people g ON g.key = s.guardian LEFT JOIN LATERAL (SELECT w.* FROM roster_guardianship w "
        "WHERE w.student_id = p.id AND w.guardian_id = g.id ORDER BY w.ends DESC NULLS FIRST, w.id LIMIT 1) o ON true",
        job,
    )
    _refuse(job, "guardianships", ("no_student", "student"), ("no_guardian", "guardian"), more=(STUDENTS_ONLY,))
    bulk = job.bulk("guardianships")
    gone = "NOT EXISTS (SELECT FROM resolved_guardianships s WHERE s.id = w.id)" if bulk else "false"
    run(
        f"CREATE {job.kind} TABLE closing_guardianships AS SELECT w.id FROM roster_guardianship w "
        f"WHERE w.source = %(source)s AND w.ends IS NULL AND {gone}",
        job,
    )


# The sections that the source speaks of, with the days of their session.
SECTIONS = (
    "SELECT c.key, c.id, c.organization_id, c.o_teacher_id, coalesce(r.n_begins, y.begins) AS begins, "
    "coalesce(r.n_ends, y.ends) AS ends FROM map_classes c LEFT JOIN roster_academicsession y ON y.id = c.session_id "
    "LEFT JOIN resolved_sessions r ON r.id = c.session_id AND r.outcome <> 'q'"
)


def enrollments(job: Job) -> None:
    """File and roster side by side in one full join; what is the same on both sides is counted and not kept.

    A row is found by section, student and first day. What is then left on both sides of a section and student is one
    enrollment whose first day was corrected.
    """
    # Those of the roster that are the same as ever have been counted already.
    cut = job.shortcut.fresh is not None
    standing = " WHERE e.id IN (SELECT id FROM standing_enrollments)" if cut else ""
    run(
        f"CREATE {job.kind} TABLE resolved_enrollments AS SELECT f._file, f._line, coalesce(f._gone, false) AS _gone, "
        "f.section_id, f.student_id, f.organization_id, f.begins AS n_begins, "
        f"CASE WHEN f._gone THEN coalesce(f.ends, greatest(f.begins, least({YESTERDAY}, f.last))) ELSE f.ends END AS n_ends, "
        "e.id, e.section_id AS e_section, e.student_id AS e_student, e.begins AS o_begins, e.ends AS o_ends, e.last, "
        "f.no_section, f.no_student, f.not_student, CASE WHEN f._line IS NULL THEN 'x' "
        "WHEN f.no_section OR f.no_student OR f.not_student THEN 'q' WHEN e.id IS NULL THEN 'n' "
        "WHEN f._gone THEN 'x' ELSE 'c' END AS outcome FROM ("
        "SELECT s._file, s._line, s._gone, c.id AS section_id, c.organization_id, p.id AS student_id, "
        "coalesce(s.begins, c.begins) AS begins, s.ends, c.ends AS last, c.id IS NULL AS no_section, "
        "p.id IS NULL AS no_student, coalesce(p.kind <> 'student', false) AS not_student FROM staged_enrollments s "
        f"LEFT JOIN ({SECTIONS}) c ON c.key = s.section LEFT JOIN map_people p ON p.key = s.student) f "
        "FULL JOIN (SELECT e.id, e.section_id, e.student_id, e.begins, e.ends, c.ends AS last FROM roster_enrollment e "
        f"JOIN ({SECTIONS}) c ON c.id = e.section_id{standing}) e "
        "ON e.section_id = f.section_id AND e.student_id = f.student_id AND e.begins = f.begins "
        "WHERE f._line IS NULL AND (e.ends IS NULL OR e.ends >= %(today)s) AND e.last >= %(today)s "
        "OR f._line IS NOT NULL AND (e.id IS NULL OR f._gone OR e.ends IS DISTINCT FROM f.ends)",
        job,
    )
    run("ANALYZE resolved_enrollments", job)
    found = ask(
        "SELECT coalesce(bool_or(_line IS NULL), false), coalesce(bool_or(_gone), false) FROM resolved_enrollments",
        job,
    )
    only_ours, ended = found[0]
    if only_ours:
        _corrected_beginnings(job)
    if ended:
        run("DELETE FROM resolved_enrollments WHERE outcome = 'n' AND _gone", job)
        run("DELETE FROM resolved_enrollments WHERE outcome = 'x' AND _line IS NOT NULL AND o_ends < %(today)s", job)
    if only_ours and not job.bulk("enrollments"):
        run("DELETE FROM resolved_enrollments WHERE _line IS NULL", job)
    _refuse(job, "enrollments", ("no_section", "section"), ("no_student", "student"), more=(STUDENTS_ONLY,))
    run(
        f"CREATE {job.kind} TABLE closing_enrollments AS SELECT id, greatest(o_begins, least({YESTERDAY}, last)) AS ends "
        "FROM resolved_enrollments WHERE _line IS NULL",
        job,
    )
    if only_ours:
        run("DELETE FROM resolved_enrollments WHERE _line IS NULL", job)


def _corrected_beginnings(job: Job) -> None:
    """Pair, per section and student, what only the file has with what only the roster has."""
    run(
        f"CREATE {job.kind} TABLE map_enrollments AS SELECT f._file, f._line, e.id, e.o_begins, e.o_ends FROM ("
        "SELECT *, row_number() OVER (PARTITION BY section_id, student_id ORDER BY n_begins) AS n "
        "FROM resolved_enrollments WHERE outcome = 'n') f JOIN ("
        "SELECT *, row_number() OVER (PARTITION BY e_section, e_student ORDER BY o_begins) AS n "
        "FROM resolved_enrollments WHERE _line IS NULL) e "
        "ON e.e_section = f.section_id AND e.e_student = f.student_id AND e.n = f.n",
        job,
    )
    run(
        "UPDATE resolved_enrollments r SET id = m.id, o_begins = m.o_begins, o_ends = m.o_ends, "
        "outcome = CASE WHEN r._gone THEN 'x' ELSE 'c' END "
        "FROM map_enrollments m WHERE r._file = m._file AND r._line = m._line AND r.outcome = 'n'",
        job,
    )
    run("DELETE FROM resolved_enrollments r USING map_enrollments m WHERE r._line IS NULL AND r.id = m.id", job)


def teaching(job: Job) -> None:
    """Found by section and teacher. Who takes the roll teaches already, also where no row of its own says so."""
    bad = "c.id IS NULL OR p.id IS NULL"
    after = ('coalesce(s."primary", o."primary", false)', "coalesce(s.begins, o.begins)")
    taken = '(o.id IS NULL AND c.o_teacher_id = p.id AND s.begins IS NULL AND s.ends IS NULL AND s."primary" IS NOT FALSE)'
    run(
        f"CREATE {job.kind} TABLE resolved_teaching AS SELECT s._file, s._line, s._gone, c.id AS section_id, "
        'p.id AS teacher_id, c.organization_id, coalesce(o.id, 0) AS id, o."primary" AS o_primary, o.begins AS o_begins, '
        f"o.ends AS o_ends, {after[0]} AS n_primary, {after[1]} AS n_begins, "
        f"CASE WHEN s._gone THEN coalesce(s.ends, {YESTERDAY}) ELSE s.ends END AS n_ends, c.id IS NULL AS no_section, "
        f"p.id IS NULL AS no_teacher, CASE WHEN c.id IS NOT NULL AND {taken} THEN 's' ELSE "
        + _outcome(
            bad, f'(o."primary", o.begins, o.ends) IS DISTINCT FROM ({", ".join(after)}, s.ends)'
        ).removesuffix(" AS outcome")
        + f" END AS outcome FROM staged_teaching s LEFT JOIN ({SECTIONS}) c ON c.key = s.section "
        "LEFT JOIN map_people p ON p.key = s.teacher AND p.kind = 'staff' LEFT JOIN LATERAL (SELECT w.* FROM roster_teaching w "
        "WHERE w.section_id = c.id AND w.teacher_id = p.id ORDER BY w.ends DESC NULLS FIRST, w.id LIMIT 1) o ON true",
        job,
    )
    _refuse(job, "teaching", ("no_section", "section"), ("no_teacher", "teacher"))
    gone = "NOT EXISTS (SELECT FROM resolved_teaching s WHERE s.id = w.id)" if job.bulk("teaching") else "false"
    run(
        f"CREATE {job.kind} TABLE closing_teaching AS SELECT w.id FROM roster_teaching w JOIN ({SECTIONS}) c "
        f"ON c.id = w.section_id WHERE (w.ends IS NULL OR w.ends >= %(today)s) AND c.ends >= %(today)s AND {gone}",
        job,
    )


# Enrollments last: they are compared beside the others.
TIES = {
    "roles": roles, "demographics": demographics, "guardianships": guardianships, "teaching": teaching,
    "enrollments": enrollments,
}  # fmt: skip


def count_known(table: str, job: Job) -> int:
    """How many of these the source had going on before."""
    if table in job.shortcut.known:
        return job.shortcut.known[table]
    if table in ("enrollments", "teaching"):
        question = (
            f"SELECT count(*) FROM roster_{'enrollment' if table == 'enrollments' else 'teaching'} e "
            f"JOIN ({SECTIONS}) c ON c.id = e.section_id "
            "WHERE (e.ends IS NULL OR e.ends >= %(today)s) AND c.ends >= %(today)s"
        )
    elif table == "roles":
        question = (
            "SELECT count(*) FROM roster_role WHERE source = %(source)s AND (ends IS NULL OR ends >= %(today)s)"
        )
    elif table == "guardianships":
        question = "SELECT count(*) FROM roster_guardianship WHERE source = %(source)s AND ends IS NULL"
    else:
        return 0
    return int(ask(question, job)[0][0])
