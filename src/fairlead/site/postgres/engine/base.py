"""Django's engine for PostgreSQL with two things that many small pages need.

`prepared()` gives a cursor whose statements PostgreSQL parses and plans once for a connection: planning the joins of a
desk costs more than running them. Who is asking is a setting that a plan reads when it runs, so a plan is as good for
the next person. Whether a kept connection still lives is asked of its socket, not of the server.
"""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg.pq import TransactionStatus

KEPT = 300  # prepared statements of one connection
PREPARED = "prepared"

_Django: Any = base.DatabaseWrapper
_Bound: Any = base.ServerBindingCursor


class Prepared(_Bound):
    """One statement with values. The name keeps pghistory from putting a second statement before it."""

    name = PREPARED


class DatabaseOperations(operations.DatabaseOperations):
    """Shows a prepared statement with its values to those who look at queries (tests, benches)."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        if isinstance(cursor, Prepared):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(_Django):
    """One connection."""

    ops_class = DatabaseOperations

    def prepared(self) -> Any:
        """A cursor for one statement with values, as `cursor()` gives it for any."""
        return self._cursor(PREPARED)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = KEPT
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return Prepared(self.connection) if name == PREPARED else super().create_cursor(name)

    def is_usable(self) -> bool:
        """Whether the connection lives. One that ended has said so: there is something to read where nothing was asked."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return super().is_usable()
        line = select.poll()
        line.register(self.connection.fileno(), select.POLLIN)
        return not line.poll(0) or super().is_usable()
