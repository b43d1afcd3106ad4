"""A contact is logged by whoever led it, and stays as it was logged: in plain SQL too. Feedback's two dates may come later."""

from django.db import migrations

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_CONTACT = f"""
CREATE FUNCTION support_contact_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := nullif(current_setting('fairlead.person', true), '')::bigint;
    may text[] := '{{support_id,feedback_shared_at,feedback_closed_at}}';
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a contact is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'INSERT' AND NEW.lead_id IS DISTINCT FROM me THEN
        RAISE EXCEPTION 'a contact is logged by whoever led it' {_REFUSED};
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - may <> to_jsonb(NEW) - may THEN
        RAISE EXCEPTION 'a contact stays as it was logged' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0006_supports_of_every_kind")]
    operations = [
        migrations.RunSQL(_CONTACT, "DROP FUNCTION support_contact_changes()"),
        migrations.RunSQL(
            "CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON support_contact "
            "FOR EACH ROW EXECUTE FUNCTION support_contact_changes()",
            "DROP TRIGGER only_what_services_change ON support_contact",
        ),
    ]
