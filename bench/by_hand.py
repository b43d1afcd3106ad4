"""The pages of the walk, each with the hand-written SQL that fetches the rows it shows.

The SQL is what a careful person would write for that page alone: only the columns shown, no session, no
account, no object, no template; under the same login and the same row-level security. Parameters: person, school
(the organization of the person's role), orgs (those they may read), today, now, and `arg` (the page's argument).
"""

from __future__ import annotations

from dataclasses import dataclass

ROLLS = """
SELECT r.id, s.name, t.given_name, t.family_name, r.due_at, r.submitted_at, r.amended_at, n.enrolled,
       k.present, k.absent
  FROM attendance_roll r
  JOIN roster_section s ON s.id = r.section_id
  JOIN roster_person t ON t.id = s.teacher_id
 CROSS JOIN LATERAL (SELECT count(*) AS enrolled FROM roster_enrollment e
                      WHERE e.section_id = s.id AND e.begins <= r.date
                        AND (e.ends IS NULL OR e.ends >= r.date)) n
 CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE m.status = 'present') AS present,
                            count(*) FILTER (WHERE m.status = 'absent') AS absent
                       FROM attendance_attendancemark m WHERE m.roll_id = r.id) k
 WHERE r.date = %(today)s AND {whose}
 ORDER BY s.name
"""
SCHOOL_ROLLS = ROLLS.format(whose="r.organization_id = %(school)s")

ABSENT = """
SELECT m.id, p.given_name, p.family_name, s.name, p.grade, p.born, m.reason, m.explanation, m.explained_at,
       y.days, y.absent, y.last_present
  FROM attendance_attendancemark m
  JOIN attendance_roll r ON r.id = m.roll_id
  JOIN roster_section s ON s.id = r.section_id
  JOIN roster_person p ON p.id = m.student_id
 CROSS JOIN LATERAL (SELECT count(*) AS days, count(*) FILTER (WHERE h.status = 'absent') AS absent,
                            max(h.date) FILTER (WHERE h.status = 'present') AS last_present
                       FROM attendance_attendancemark h
                      WHERE h.student_id = m.student_id AND h.date <= %(today)s) y
 WHERE r.organization_id = %(school)s AND r.date = %(today)s AND m.status = 'absent' AND r.submitted_at <= %(now)s
"""
GUARDIANS = """
SELECT g.student_id, g.relation, g.rank, p.given_name, p.family_name, p.language, p.phone
  FROM roster_guardianship g JOIN roster_person p ON p.id = g.guardian_id
 WHERE g.may_contact AND g.student_id IN (
       SELECT m.student_id FROM attendance_attendancemark m
        WHERE m.organization_id = %(school)s AND m.date = %(today)s AND m.status = 'absent')
 ORDER BY g.student_id, g.rank
"""
CALLS = """
SELECT c.student_id, c.at, c.outcome, c.note, b.given_name, b.family_name
  FROM attendance_familycontact c JOIN roster_person b ON b.id = c.by_id
 WHERE c.organization_id = %(school)s AND c.date = %(today)s
"""
REMINDERS = """
SELECT m.roll_id, m.sent_at, m.channel, p.given_name, p.family_name
  FROM attendance_reminder m
  JOIN attendance_roll r ON r.id = m.roll_id
  JOIN roster_person p ON p.id = m.sent_by_id
 WHERE r.organization_id = %(school)s AND r.date = %(today)s
"""
HABITS = """
SELECT r.date, count(*), count(r.submitted_at), count(*) FILTER (WHERE r.submitted_at <= r.due_at)
  FROM attendance_roll r
 WHERE r.organization_id = %(school)s AND r.date BETWEEN %(today)s - 15 AND %(today)s - 1 GROUP BY r.date
"""
FOLLOWED = """
SELECT count(*), count(*) FILTER (WHERE m.explained_at IS NOT NULL OR c.student_id IS NOT NULL)
  FROM attendance_attendancemark m
  LEFT JOIN (SELECT DISTINCT student_id, date FROM attendance_familycontact
              WHERE outcome = ANY ('{reached,left_message,explained,other_way}')) c
         ON c.student_id = m.student_id AND c.date = m.date
 WHERE m.organization_id = %(school)s AND m.date BETWEEN %(today)s - 15 AND %(today)s - 1 AND m.status = 'absent'
"""
FEEDBACK = """
SELECT v.id, v.began_at, v.minutes, v.purpose, v.feedback, v.shared_at, v.answered_at, p.given_name, p.family_name
  FROM instruments_visit v JOIN roster_person p ON p.id = v.visitor_id
 WHERE v.subject_id = %(person)s AND v.shared_at IS NOT NULL ORDER BY v.began_at DESC
"""
PROMISES = """
SELECT p.id, p.due, p.kept_at, w.text, o.given_name, o.family_name, t.given_name, t.family_name
  FROM support_promise p
  JOIN support_promisewords w ON w.promise_id = p.id
  JOIN roster_person o ON o.id = p.owner_id
  JOIN roster_person t ON t.id = p.made_to_id
 WHERE (p.owner_id = %(person)s OR p.made_to_id = %(person)s) AND p.kept_at IS NULL ORDER BY p.due
"""
SHEET = """
SELECT e.student_id, p.given_name, p.family_name, m.status
  FROM attendance_roll r
  JOIN roster_enrollment e ON e.section_id = r.section_id AND e.begins <= r.date
                          AND (e.ends IS NULL OR e.ends >= r.date)
  JOIN roster_person p ON p.id = e.student_id
  LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id
 WHERE r.id = %(arg)s ORDER BY p.sort_name
"""
COACHED = """
SELECT s.id, s.goal, s.planned_minutes_per_month, o.name, p.given_name, p.family_name, c.minutes, c.times, c.last
  FROM support_support s
  JOIN roster_organization o ON o.id = s.organization_id
  JOIN support_supportparticipant x ON x.support_id = s.id
  JOIN roster_person p ON p.id = x.person_id
 CROSS JOIN LATERAL (
       SELECT sum(k.minutes) FILTER (WHERE k.at >= date_trunc('month', %(today)s::timestamptz)) AS minutes,
              count(*) AS times, max(k.at) AS last
         FROM support_contact k WHERE k.support_id = s.id) c
 WHERE s.lead_id = %(person)s AND s.begins <= %(today)s AND (s.ends IS NULL OR s.ends >= %(today)s)
 ORDER BY c.last NULLS FIRST
"""
OPEN_VISITS = """
SELECT v.id, v.began_at, v.minutes, v.purpose, v.shared_at, v.answered_at, p.given_name, p.family_name, o.name
  FROM instruments_visit v
  JOIN roster_person p ON p.id = v.subject_id
  JOIN roster_organization o ON o.id = v.organization_id
 WHERE v.visitor_id = %(person)s AND v.closed_at IS NULL ORDER BY v.began_at
"""
LATEST_VISITS = """
SELECT v.id, v.began_at, v.minutes, v.purpose, p.given_name, p.family_name, o.name
  FROM instruments_visit v
  JOIN roster_person p ON p.id = v.subject_id
  JOIN roster_organization o ON o.id = v.organization_id
 WHERE v.visitor_id = %(person)s ORDER BY v.began_at DESC LIMIT 6
"""
STUDIES = """
SELECT s.key, s.title, p.id, p.label, p.written_at, p.registered_at, r.id, r.at
  FROM evidence_study s
  LEFT JOIN evidence_plan p ON p.study_id = s.id
  LEFT JOIN evidence_run r ON r.plan_id = p.id
 WHERE s.organization_id = ANY (%(orgs)s) ORDER BY s.id, p.id, r.id
"""
CLAIMS = """
SELECT c.sentence, c.independence, c.state, c.expires_on, f.estimate, f.se, f.unit, f.rating, s.title
  FROM evidence_claim c
  JOIN evidence_finding f ON f.id = c.finding_id
  JOIN evidence_run r ON r.id = f.run_id
  JOIN evidence_plan p ON p.id = r.plan_id
  JOIN evidence_study s ON s.id = p.study_id
 WHERE c.organization_id = ANY (%(orgs)s) AND c.expires_on >= %(today)s
"""
RUN = """
SELECT r.at, r.rows, r.result, p.text, p.hash, p.registered_at, s.title
  FROM evidence_run r JOIN evidence_plan p ON p.id = r.plan_id JOIN evidence_study s ON s.id = p.study_id
 WHERE r.id = %(arg)s
"""
FINDINGS = (
    "SELECT outcome, unit, estimate, se, p, n, rating, provisional FROM evidence_finding WHERE run_id = %(arg)s"
)
SEATS = """
SELECT t.rule, t.year, p.code, p.name, c.band, c.seats, c.quality, c.not_rated, c.children, c.gap, c.withheld
  FROM places_seattable t
  JOIN places_city y ON y.id = t.city_id
  JOIN places_seatcell c ON c.table_id = t.id
  LEFT JOIN places_place p ON p.id = c.place_id
 WHERE y.organization_id = %(school)s AND t.kind = 'seats' AND t.id IN (
       SELECT id FROM places_seattable WHERE city_id = y.id AND kind = 'seats' ORDER BY year DESC, id LIMIT 2)
"""
SCHOOLS = """
SELECT r.seats, r.results FROM places_schoolyearresult r
  JOIN places_city y ON y.id = r.city_id
 WHERE y.organization_id = %(school)s AND r.year = (SELECT max(year) FROM places_schoolyearresult WHERE city_id = y.id)
"""
INVESTMENTS = """
SELECT i.name, i.purpose, i.amount, i.begins, i.seats_planned, i.seats_opened, i.as_of, i.school_name, p.code
  FROM places_investment i LEFT JOIN places_place p ON p.id = i.place_id WHERE i.organization_id = %(school)s
"""


CASELOADS = """
SELECT p.id, p.name, p.status, p.created_at, p.settings, p.solver, a.organization_id, o.name, d.given_name,
       d.family_name, a.minutes_per_month, a.wanted, a.reason
  FROM caseload_caseloadplan p
  JOIN caseload_caseloadassignment a ON a.plan_id = p.id
  JOIN roster_organization o ON o.id = a.organization_id
  JOIN roster_person d ON d.id = a.director_id
 WHERE p.organization_id = ANY (%(orgs)s)
"""
NEEDS = """
SELECT o.id, o.name, n.value, n.rank, n.scored, n.tier, n.coverage, n.contributions, n.sensitivity, n.as_of
  FROM caseload_needscore n JOIN roster_organization o ON o.id = n.organization_id
 WHERE n.recipe = 'example' AND n.as_of = (SELECT max(as_of) FROM caseload_needscore WHERE recipe = 'example')
"""
MINE = "SELECT a.organization_id FROM caseload_caseloadassignment a WHERE a.director_id = %(person)s"
LED = f"""
SELECT c.organization_id, c.at, c.minutes, c.kind, c.purpose FROM support_contact c
 WHERE c.lead_id = %(person)s AND c.at >= %(today)s::timestamptz - interval '1 year'
   AND c.organization_id IN ({MINE})
"""
LAST_CONTACTS = f"""
SELECT DISTINCT ON (c.organization_id) c.organization_id, c.at, c.kind, c.minutes, p.given_name, p.family_name
  FROM support_contact c JOIN roster_person p ON p.id = c.lead_id
 WHERE c.organization_id IN ({MINE}) ORDER BY c.organization_id, c.at DESC
"""
OPEN_PROMISES = f"""
SELECT p.organization_id, count(*), count(*) FILTER (WHERE p.due < %(today)s) FROM support_promise p
 WHERE p.kept_at IS NULL AND p.organization_id IN ({MINE}) GROUP BY 1
"""
WAITING = f"""
SELECT c.organization_id, count(*) FILTER (WHERE c.feedback_shared_at IS NULL),
       count(c.feedback_shared_at), min(c.at) FILTER (WHERE c.feedback_shared_at IS NULL)
  FROM support_contact c
 WHERE c.kind = 'visit' AND c.feedback_closed_at IS NULL AND c.visit_id IS NOT NULL
   AND c.organization_id IN ({MINE}) GROUP BY 1
"""
READINGS = """
SELECT r.indicator, r.begins, r.ends, sum(r.n), sum(r.numerator), sum(r.denominator), sum(r.observed),
       sum(r.expected), sum(r.rows), max(r.counted_at)
  FROM progress_reading r WHERE r.organization_id = ANY (%(orgs)s) GROUP BY 1, 2, 3 ORDER BY 1, 2
"""
OF_SCHOOLS = """
SELECT r.indicator, r.organization_id, r.begins, r.numerator, r.denominator FROM progress_reading r
 WHERE r.indicator = ANY ('{regular_attendance,chronic_absence,attendance}') AND r.denominator > 0
   AND r.organization_id = ANY (%(orgs)s)
"""
LATEST_TABLE = (
    "SELECT id FROM progress_publishedtable WHERE indicator = 'chronic_absence' ORDER BY begins DESC LIMIT 1"
)
CELLS = f"""
SELECT o.name, c."group", c.category, c.state, c.n, c.numerator, c.low, c.high
  FROM progress_publishedcell c JOIN roster_organization o ON o.id = c.organization_id
 WHERE c.table_id = ({LATEST_TABLE})
"""
GROUPS = f"""
SELECT g.organization_id, g."group", g.category, g.n, g.numerator FROM progress_groupreading g
 WHERE g.table_id = ({LATEST_TABLE})
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its stop of the walk, who opens it, its address, and its rows by hand."""

    stop: int
    person: str
    name: str
    sql: tuple[str, ...]
    arg: str = ""  # SQL for the page's one argument, with the same parameters


MORNING = (SCHOOL_ROLLS, ABSENT, GUARDIANS, CALLS, REMINDERS)
LAST_RUN = "SELECT max(r.id) FROM evidence_run r WHERE r.organization_id = ANY (%(orgs)s)"
OWN_ROLL = """
SELECT r.id FROM attendance_roll r JOIN roster_section s ON s.id = r.section_id
 WHERE s.teacher_id = %(person)s AND r.date = %(today)s
"""

PAGES = (
    Page(1, "amara", "teacher:desk", (ROLLS.format(whose="s.teacher_id = %(person)s"), FEEDBACK, PROMISES)),
    Page(1, "amara", "teacher:roll", (ROLLS.format(whose="r.id = %(arg)s"), SHEET), OWN_ROLL),
    Page(2, "luis", "office:desk", MORNING),
    Page(2, "grace", "principal:desk", (*MORNING, HABITS, FOLLOWED)),
    Page(3, "dana", "coach:desk", (COACHED, OPEN_VISITS, PROMISES, LATEST_VISITS)),
    Page(4, "marcus", "director:desk", (CASELOADS, NEEDS, LED, LAST_CONTACTS, OPEN_PROMISES, WAITING, PROMISES)),
    Page(5, "ines", "network:desk", (READINGS, OF_SCHOOLS, CELLS, GROUPS)),
    Page(6, "tomas", "analyst:desk", (STUDIES, CLAIMS)),
    Page(6, "tomas", "analyst:report", (RUN, FINDINGS), LAST_RUN),
    Page(7, "ruth", "city:desk", (SEATS, SCHOOLS, INVESTMENTS)),
)
