"""What the web server loads. Refuses to serve pages with a login that row-level security does not hold."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.site.settings")
application = get_wsgi_application()

from django.db import connection  # noqa: E402 - after Django is set up

from fairlead.site.postgres import refuse_unsafe_login  # noqa: E402

refuse_unsafe_login(connection)
connection.close()
# What the start has made stays for good: the collector need not look through it again while a page waits.
gc.collect()
gc.freeze()
