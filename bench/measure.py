"""What every bench needs: times of single requests, their CPU time, and the database's own."""

from __future__ import annotations

import contextlib
import statistics
from dataclasses import dataclass, field

import psutil

from fairlead.site import postgres
from fairlead.site.postgres import embedded


@dataclass
class Measured:
    """Times of single requests, and the CPU time of all of them (this process; the database's own)."""

    seconds: list[float] = field(default_factory=list)
    here: float = 0.0
    database: float = 0.0

    @property
    def p95(self) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.seconds, n=20)[18] * 1000

    @property
    def cpu(self) -> tuple[float, float]:
        """Milliseconds of one request: this process, the database's processes."""
        each = 1000 / len(self.seconds)
        return self.here * each, self.database * each


def database_cpu() -> dict[int, float]:
    """CPU seconds of each process of the embedded server; empty for a server that is not ours to look into."""
    server = embedded.cluster().server() if postgres.is_embedded() else None
    used = {}
    for process in psutil.Process(server.pid).children() if server else ():
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            used[process.pid] = times.user + times.system
    return used
