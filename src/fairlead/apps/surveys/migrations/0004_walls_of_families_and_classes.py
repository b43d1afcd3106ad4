"""Walls of letters, classes and receipts, and the functions through which a family's link and a class's code come in.

Behind a link or a code nobody is signed in, and every wall stays shut. A family's link says whether the child takes part,
until the date on the letter; a class's code takes forms for one class on one day, each by an invitation of that class
that nobody has used: so there are never more answers than students asked.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, organization_wall, purpose_wall, sealed_table

NOTICE_LOOK = """
CREATE FUNCTION surveys_notice_look(hash text, today date)
RETURNS TABLE (administration_id bigint, version_id bigint, school text, name text, name_es text, purpose text, mode text,
               student text, language text, words text, words_es text, opens_on date, closes_on date, until date,
               opted_out boolean, open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.version_id, o.name::text, a.name::text, a.name_es::text, a.purpose::text, a.mode::text,
           p.given_name::text, coalesce((
               SELECT g.language FROM roster_guardianship s JOIN roster_person g ON g.id = s.guardian_id
               WHERE s.student_id = p.id AND s.ends IS NULL ORDER BY s.rank, s.id LIMIT 1), '')::text,
           a.words, a.words_es, a.opens_on, a.closes_on, a.opt_out_until, n.opted_out,
           a.opened_at IS NULL AND today <= a.opt_out_until
    FROM surveys_familynotice n
    JOIN surveys_administration a ON a.id = n.administration_id AND a.opt_out_until IS NOT NULL
    JOIN roster_organization o ON o.id = n.organization_id
    JOIN roster_person p ON p.id = n.student_id
    WHERE n.token_hash = hash
$$
"""
NOTICE_SAY = """
CREATE FUNCTION surveys_notice_say(hash text, today date, at timestamptz, stays_out boolean) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH said AS (
        UPDATE surveys_familynotice n SET opted_out = stays_out, said_at = at, entered_by_id = NULL
        FROM surveys_administration a
        WHERE n.token_hash = hash AND a.id = n.administration_id AND a.opened_at IS NULL AND today <= a.opt_out_until
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM said)
$$
"""
OPEN = "a.opened_at IS NOT NULL AND a.closed_at IS NULL AND a.opens_on <= today AND today <= a.closes_on"
CLASS_LOOK = f"""
CREATE FUNCTION surveys_class_look(which text, today date)
RETURNS TABLE (administration_id bigint, version_id bigint, organization_id bigint, school text, name text, name_es text,
               purpose text, mode text, section text, words text, words_es text, closes_on date,
               open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.version_id, c.organization_id, o.name::text, a.name::text, a.name_es::text, a.purpose::text,
           a.mode::text, s.name::text, a.words, a.words_es, a.closes_on,
           c.closed_at IS NULL AND c.day = today AND {OPEN}
    FROM surveys_classsession c
    JOIN surveys_administration a ON a.id = c.administration_id
    JOIN roster_organization o ON o.id = c.organization_id
    JOIN roster_section s ON s.id = c.section_id
    WHERE c.code = which
$$
"""  # noqa: S608
# `hashes`: of the slip, in a confidential survey; null where nobody is named. `said`: null is a no. A form of a minute
# without network may arrive when the teacher has closed: until midnight it is taken.
CLASS_ANSWER = f"""
CREATE FUNCTION surveys_class_answer(which text, today date, receipt uuid, hashes text[], said jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE the record; one record; many bigint;
BEGIN
    SELECT c.*, a.mode INTO the FROM surveys_classsession c JOIN surveys_administration a ON a.id = c.administration_id
    WHERE c.code = which AND c.day = today AND {OPEN};
    IF NOT FOUND OR (the.mode = 'confidential') = (hashes IS NULL) THEN RETURN 'over'; END IF;
    INSERT INTO surveys_receipt (id, administration_id, organization_id)
    VALUES (receipt, the.administration_id, the.organization_id) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS many = ROW_COUNT;
    IF many = 0 THEN RETURN 'again'; END IF;
    -- Those with a slip on paper come last: theirs is still in somebody's hand.
    SELECT i.* INTO one FROM surveys_invitation i
    WHERE i.administration_id = the.administration_id AND i.organization_id = the.organization_id
      AND i.section_id = the.section_id AND i.state = 'waiting' AND (hashes IS NULL OR i.token_hash = ANY (hashes))
    ORDER BY i.token_hash IS NOT NULL, random() LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        DELETE FROM surveys_receipt r WHERE r.id = receipt;
        RETURN 'none';
    END IF;
    UPDATE surveys_invitation i SET state = CASE WHEN said IS NULL THEN 'declined' ELSE 'answered' END WHERE i.id = one.id;
    IF said IS NOT NULL THEN
        INSERT INTO surveys_ballot (id, administration_id, organization_id, section_id, anonymous, invitation_id, answers)
        VALUES (gen_random_uuid(), one.administration_id, one.organization_id, one.section_id, one.anonymous,
                CASE WHEN one.anonymous THEN NULL ELSE one.id END, said);
    END IF;
    RETURN 'sent';
END $$
"""  # noqa: S608
FUNCTIONS = {
    "surveys_notice_look(text, date)": NOTICE_LOOK,
    "surveys_notice_say(text, date, timestamptz, boolean)": NOTICE_SAY,
    "surveys_class_look(text, date)": CLASS_LOOK,
    "surveys_class_answer(text, date, uuid, text[], jsonb)": CLASS_ANSWER,
}


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_families_and_classes"), ("roster", "0014_fewer_indexes")]
    operations = [
        purpose_wall("surveys_classresult", person_columns=("teacher_id",), use="scores", worker="write"),
        # Its wall would let a teacher write what they read: the worker writes it, once.
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON surveys_classresult FROM {APP}",
            f"GRANT INSERT, UPDATE, DELETE ON surveys_classresult TO {APP}",
        ),
        organization_wall("surveys_familynotice"),
        organization_wall("surveys_familynoticeevent"),
        organization_wall("surveys_classsession"),
        sealed_table("surveys_receipt"),
        *(
            migrations.RunSQL(
                [
                    body,
                    f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}",
                ],
                [f"DROP FUNCTION {signature}"],
            )
            for signature, body in FUNCTIONS.items()
        ),
    ]
