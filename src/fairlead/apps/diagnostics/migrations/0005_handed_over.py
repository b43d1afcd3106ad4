"""Who facilitates may hand a diagnosis over, until the group talks: then the levels lie open to its facilitator."""

from django.db import migrations

# Two words of a function that 0004 made, of which the rest stays as it is.
_BEFORE = """may := may || '{named,stage,rating_at}'::text[]"""
_AFTER = """may := may || '{facilitator_id,named,stage,rating_at}'::text[]"""
_BEFORE_RATE = """may := may || '{stage,consensus_at}'::text[]"""
_AFTER_RATE = """may := may || '{facilitator_id,stage,consensus_at}'::text[]"""


def _reworded(*pairs: tuple[str, str]) -> str:
    """The same function with these words for those; it refuses where one is not found, so nothing is lost unseen."""
    steps = "".join(
        f"""
        IF position($w${old}$w$ IN told) = 0 THEN RAISE EXCEPTION 'the words of 0004 are not there'; END IF;
        told := replace(told, $w${old}$w$, $w${new}$w$);"""
        for old, new in pairs
    )
    return f"""
    DO $do$ DECLARE told text := pg_get_functiondef('diagnostics_diagnosis_changes()'::regprocedure);
    BEGIN {steps}
        EXECUTE told;
    END $do$
    """


class Migration(migrations.Migration):
    dependencies = [("diagnostics", "0004_only_what_services_change")]
    operations = [
        migrations.RunSQL(
            _reworded((_BEFORE, _AFTER), (_BEFORE_RATE, _AFTER_RATE)),
            _reworded((_AFTER, _BEFORE), (_AFTER_RATE, _BEFORE_RATE)),
        )
    ]
