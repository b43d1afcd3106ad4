"""Walls of a review, and the one way to the levels of a piece: none before both reviewers are in, and only to who judged."""

from django.db import migrations

from fairlead.apps.access.rls import APP, PERSON, open_table, organization_wall

JUDGED = ("first_id", "second_id", "third_id")
# A review's plan and result are read at the schools below the organization that asks; its seed is not.
LEVELS = f"""
CREATE FUNCTION reviews_levels(piece bigint) RETURNS TABLE (part text, item text, level int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.part::text, i.key::text, a.level::int
    FROM reviews_piece p
    JOIN instruments_response r ON r.id IN (p.first_response, p.second_response)
    JOIN instruments_answer a ON a.response_id = r.id
    JOIN instruments_item i ON i.id = a.item_id
    WHERE p.id = piece AND p.first_response IS NOT NULL AND p.second_response IS NOT NULL
      AND {PERSON} IN (p.first_id, p.second_id, p.third_id) AND a.level IS NOT NULL
$$;
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("instruments", "0006_response_row_security")]
    operations = [
        open_table("reviews_framework"),
        open_table("reviews_standard"),
        open_table("reviews_association"),
        organization_wall("reviews_review", up=True, worker="write"),
        organization_wall("reviews_reviewevent", up=True, worker="write"),
        organization_wall("reviews_secret"),
        organization_wall("reviews_reviewer", up=True),
        organization_wall("reviews_reviewerevent", up=True),
        organization_wall("reviews_piece", own=(*JUDGED, "teacher_id"), worker="write"),
        organization_wall("reviews_pieceevent", own=(*JUDGED, "teacher_id"), worker="write"),
        organization_wall("reviews_copy", own=JUDGED),
        organization_wall("reviews_result", up=True, worker="write"),
        migrations.RunSQL(
            [
                LEVELS,
                "REVOKE ALL ON FUNCTION reviews_levels(bigint) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION reviews_levels(bigint) TO {APP}",
            ],
            ["DROP FUNCTION reviews_levels(bigint)"],
        ),
    ]
