"""The seed is sealed from the app's login until the announced moment: no grant on its table, and two functions instead.

One keeps a seed before it is committed to; the other gives it out for the draw, once, and takes it away. The moment comes from
the app's clock: who lied about it would find that the seed is gone and that the lottery cannot be drawn, so it cannot go unseen.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, ORGS

TABLE = "lotteries_secret"
SEAL = f"""
CREATE FUNCTION lotteries_seal(which bigint, made_seed text, made_salt text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH kept AS (
        INSERT INTO {TABLE} (lottery_id, organization_id, seed, salt)
        SELECT l.id, l.organization_id, made_seed, made_salt FROM lotteries_lottery l
        WHERE l.id = which AND l.organization_id = ANY ({ORGS}) AND l.frozen_at IS NOT NULL AND l.committed_at IS NULL
          AND l.withdrawn_at IS NULL
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM kept)
$$
"""  # noqa: S608
REVEAL = f"""
CREATE FUNCTION lotteries_reveal(which bigint, moment timestamptz) RETURNS TABLE (seed text, salt text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM {TABLE} s USING lotteries_lottery l
    WHERE s.lottery_id = which AND l.id = which AND l.organization_id = ANY ({ORGS}) AND l.committed_at IS NOT NULL
      AND l.drawn_at IS NULL AND l.withdrawn_at IS NULL AND l.draw_at <= moment
    RETURNING s.seed::text, s.salt::text
$$
"""  # noqa: S608
FUNCTIONS = {
    "lotteries_seal(bigint, text, text)": SEAL,
    "lotteries_reveal(bigint, timestamptz)": REVEAL,
}
WALL = f"organization_id = ANY ({ORGS})"


class Migration(migrations.Migration):
    dependencies = [("lotteries", "0002_row_security")]
    operations = [
        migrations.RunSQL(
            [f"DROP POLICY organization_wall ON {TABLE}", f"REVOKE ALL ON {TABLE} FROM {APP}"],
            [
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APP}",
                f"CREATE POLICY organization_wall ON {TABLE} FOR ALL TO {APP} USING ({WALL}) WITH CHECK ({WALL})",
            ],
        ),
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
