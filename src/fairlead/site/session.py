"""Sessions in the database, as Django keeps them; read by one plain statement, since every page begins with it.

In the demo the statement brings the clock's moment along: one way to the server and back less for each page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone

from fairlead.apps.access.asking import fetch

_LOAD = "SELECT session_data, {moment} FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"
_MOMENT = "(SELECT moment FROM site_democlock ORDER BY id LIMIT 1)"


class SessionStore(db.SessionStore):
    """Django's store of sessions; `moment` is where the demo's clock stood when this session was read."""

    moment: datetime | None = None

    def load(self) -> dict[str, Any]:
        """What the session holds; an unknown or expired key is forgotten."""
        sql = _LOAD.format(moment=_MOMENT if settings.DEMO else "NULL::timestamptz")
        rows = fetch(sql, key=self.session_key, now=timezone.now())
        if not rows:
            self._session_key = None
            return {}
        data, self.moment = rows[0]
        return dict(self.decode(data))
