"""Where tries at signing in are counted for all web processes: the table of Django's database cache."""

from django.db import migrations

from fairlead.apps.access.rls import Statements

FORWARD: Statements = [
    "CREATE TABLE django_cache (cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, "
    "expires timestamp with time zone NOT NULL)",
    "CREATE INDEX django_cache_expires ON django_cache (expires)",
]


class Migration(migrations.Migration):
    dependencies = [("site", "0002_row_security")]
    operations = [migrations.RunSQL(FORWARD, ["DROP TABLE django_cache"])]
