"""One view per grain. They run as the asking login, so the walls of the tables below hold here too.

What each column means stands in `catalogue.toml`, which a test compares with these views.
"""

from django.db import migrations

from fairlead.apps.access.rls import open_view

VIEWS = {
    "facts_student": """
        SELECT p.organization_id, p.id AS student_id, p.grade,
               COALESCE(NULLIF(d.race_ethnicity, ''), 'not_stated') AS race_ethnicity,
               COALESCE(NULLIF(d.gender, ''), 'not_stated') AS gender,
               CASE d.economically_disadvantaged WHEN true THEN 'yes' WHEN false THEN 'no' ELSE
               'not_stated' END
                   AS economically_disadvantaged,
               CASE d.english_learner WHEN true THEN 'yes' WHEN false THEN 'no' ELSE 'not_stated' END
                   AS english_learner,
               CASE d.disability WHEN true THEN 'yes' WHEN false THEN 'no' ELSE 'not_stated' END AS disability
        FROM roster_person p
        LEFT JOIN roster_demographics d ON d.person_id = p.id
        WHERE p.kind = 'student'
    """,
    "facts_staff": """
        SELECT r.organization_id, r.person_id, r.role, r.fte, r.begins, r.ends FROM roster_role r
    """,
    # The unit of attendance: a student on an expected roll.
    "facts_student_day": """
        SELECT r.organization_id, e.student_id, r.section_id, r.date,
               COALESCE(m.status, 'not_submitted') AS status,
               COALESCE(m.status = 'absent' AND (m.reason = 'excused' OR m.explained_at IS NOT NULL), false)
                   AS explained
        FROM attendance_roll r
        JOIN roster_enrollment e
          ON e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
        LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id
    """,
    "facts_school_day": """
        SELECT rolls.organization_id, rolls.date, students.enrolled, rolls.expected_rolls,
        rolls.submitted_rolls,
               rolls.on_time_rolls, students.present, students.absent, students.not_submitted
        FROM (
            SELECT organization_id, date, count(*) AS expected_rolls,
                   count(submitted_at) AS submitted_rolls,
                   count(*) FILTER (WHERE submitted_at <= due_at) AS on_time_rolls
            FROM attendance_roll GROUP BY organization_id, date
        ) rolls
        JOIN (
            SELECT organization_id, date, count(*) AS enrolled,
                   count(*) FILTER (WHERE status = 'present') AS present,
                   count(*) FILTER (WHERE status = 'absent') AS absent,
                   count(*) FILTER (WHERE status = 'not_submitted') AS not_submitted
            FROM facts_student_day GROUP BY organization_id, date
        ) students USING (organization_id, date)
    """,
    "facts_student_term": """
        SELECT d.organization_id, d.student_id, s.session_id, count(*) AS days_expected,
               count(*) FILTER (WHERE d.status <> 'not_submitted') AS days_marked,
               count(*) FILTER (WHERE d.status = 'absent') AS days_absent,
               count(*) FILTER (WHERE d.explained) AS days_explained
        FROM facts_student_day d
        JOIN roster_section s ON s.id = d.section_id
        GROUP BY d.organization_id, d.student_id, s.session_id
    """,
    "facts_family_contact": """
        SELECT organization_id, student_id, date, count(*) AS tries,
               bool_or(outcome IN ('reached', 'left_message', 'explained', 'other_way')) AS settled
        FROM attendance_familycontact GROUP BY organization_id, student_id, date
    """,
    # From support's contacts, which hold the dose and no word: scores and notes cannot be here.
    "facts_visit": """
        SELECT c.organization_id, (c.at AT TIME ZONE o.time_zone)::date AS date, c.lead_id AS visitor_id,
               c.with_person_id AS teacher_id, c.minutes, c.purpose,
               (c.feedback_shared_at AT TIME ZONE o.time_zone)::date AS feedback_shared_on,
               (c.feedback_closed_at AT TIME ZONE o.time_zone)::date AS feedback_closed_on
        FROM support_contact c
        JOIN roster_organization o ON o.id = c.organization_id
        WHERE c.kind = 'visit'
    """,
    "facts_support": """
        SELECT s.organization_id, s.id AS support_id, s.kind, s.purpose, s.lead_id, s.begins, s.ends,
               s.planned_minutes_per_month,
               (SELECT count(*) FROM support_supportparticipant p WHERE p.support_id = s.id) AS participants
        FROM support_support s
    """,
    "facts_contact": """
        SELECT c.organization_id, c.support_id, (c.at AT TIME ZONE o.time_zone)::date AS date, c.lead_id,
               c.with_person_id AS person_id, c.kind, c.purpose, c.minutes
        FROM support_contact c
        JOIN roster_organization o ON o.id = c.organization_id
    """,
    "facts_promise": """
        SELECT p.organization_id, p.owner_id, p.purpose, (p.made_at AT TIME ZONE o.time_zone)::date AS
        made_on,
               p.due, (p.kept_at AT TIME ZONE o.time_zone)::date AS kept_on, p.done_another_way
        FROM support_promise p
        JOIN roster_organization o ON o.id = p.organization_id
    """,
    # Levels of visits made for research, and of no other; the wall of scores stands behind it. No note, no word.
    "facts_research_score": """
        SELECT c.visit_id, r.organization_id, r.subject_id, (c.at AT TIME ZONE o.time_zone)::date AS date,
               i.version_id, avg(r.level)::double precision AS mean_level, count(*) AS items
        FROM instruments_itemrating r
        JOIN instruments_item i ON i.id = r.item_id
        JOIN support_contact c ON c.visit_id = r.visit_id
        JOIN roster_organization o ON o.id = r.organization_id
        WHERE r.purpose = 'research' AND r.level IS NOT NULL
        GROUP BY c.visit_id, r.organization_id, r.subject_id, c.at, o.time_zone, i.version_id
    """,
}


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0002_row_security"),
        ("attendance", "0002_row_security"),
        ("instruments", "0002_row_security"),
        ("support", "0002_row_security"),
    ]
    operations = [
        operation
        for name, body in VIEWS.items()
        for operation in (
            migrations.RunSQL(
                f"CREATE VIEW {name} WITH (security_invoker = true) AS {body}", f"DROP VIEW IF EXISTS {name} CASCADE"
            ),
            open_view(name),
        )
    ]
