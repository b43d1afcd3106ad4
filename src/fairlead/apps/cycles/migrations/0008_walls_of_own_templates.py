"""Walls: a network's own templates are read by everybody whose school is in it, and published by its lead alone."""

from django.db import migrations

from fairlead.apps.access.rls import ORGS, PERSON, organization_wall

_TABLE = "cycles_owntemplate"
_REFUSED = "USING ERRCODE = 'restrict_violation'"
_PUBLISHED = f"""
CREATE FUNCTION cycles_template_published() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    IF row_security_active(TG_RELID) AND (NEW.organization_id <> ALL ({ORGS}) OR NEW.published_by_id IS DISTINCT FROM {PERSON}
       OR NOT EXISTS (SELECT FROM roster_role r WHERE r.person_id = {PERSON} AND r.organization_id = NEW.organization_id
                      AND r.role = 'network_lead')) THEN
        RAISE EXCEPTION 'only the lead of a network publishes its templates' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""


class Migration(migrations.Migration):
    dependencies = [("cycles", "0007_own_templates")]
    operations = [
        organization_wall(_TABLE, up=True),
        migrations.RunSQL(_PUBLISHED, "DROP FUNCTION cycles_template_published()"),
        migrations.RunSQL(
            f"CREATE TRIGGER only_its_lead_publishes BEFORE INSERT ON {_TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION cycles_template_published()",
            f"DROP TRIGGER only_its_lead_publishes ON {_TABLE}",
        ),
    ]
