"""A planned contact is written and changed by who plans it, in plain SQL too; it is called off and not deleted."""

from django.db import migrations

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_PLAN = f"""
CREATE FUNCTION support_plan_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := nullif(current_setting('fairlead.person', true), '')::bigint;
    may text[] := '{{at,minutes,changed_at,sequence,cancelled_at,became_id}}';
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a plan is called off, not deleted' {_REFUSED}; END IF;
    IF NEW.lead_id IS DISTINCT FROM me THEN RAISE EXCEPTION 'a plan is written by who plans it' {_REFUSED}; END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - may <> to_jsonb(NEW) - may THEN
        RAISE EXCEPTION 'whose a plan is, and with whom, is fixed' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0004_contacts_row_security")]
    operations = [
        migrations.RunSQL(_PLAN, "DROP FUNCTION support_plan_changes()"),
        migrations.RunSQL(
            "CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON support_plannedcontact "
            "FOR EACH ROW EXECUTE FUNCTION support_plan_changes()",
            "DROP TRIGGER only_what_services_change ON support_plannedcontact",
        ),
    ]
