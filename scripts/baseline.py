"""Record what the migrations do on an empty database, as src/fairlead/site/baseline.sql, and prove that it is so."""

from __future__ import annotations

import os
import sys

from tests import throwaway_folder


def main() -> None:
    with throwaway_folder() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "fairlead.site.settings",
            "FAIRLEAD_DATA": str(folder),
            "FAIRLEAD_LOGIN": "owner",
            "FAIRLEAD_TEST_CLUSTER": "1",
        }
        os.environ.pop("DATABASE_URL", None)
        from fairlead.site import postgres

        postgres.ensure_running()
        import django

        django.setup()
        from django.core.management import call_command

        from fairlead.site import baseline

        with baseline.empty_database():
            text = baseline.record()
            migrated = baseline.shape()
        baseline.FILE.write_text(text, encoding="utf-8")
        with baseline.empty_database():
            if not baseline.lay() or baseline.shape() != migrated:
                baseline.FILE.unlink()
                sys.exit("baseline: laying the record does not make what the migrations make; nothing was kept")
            call_command("migrate", check_unapplied=True, verbosity=0)  # leaves by the door where one is missing
    print(f"{baseline.FILE}: {text.count(baseline.STEP)} steps, {len(text) // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
