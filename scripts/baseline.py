"""Record what the migrations do on an empty database, as src/fairlead/site/baseline.sql."""

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
        from fairlead.site import baseline

        with baseline.empty_database():
            text = baseline.record()
    baseline.FILE.write_text(text, encoding="utf-8")
    print(f"{baseline.FILE}: {text.count(baseline.STEP)} steps, {len(text) // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
