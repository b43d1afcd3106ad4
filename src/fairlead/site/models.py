"""The one table of the site: where the demo's clock stands."""

from django.db import models


class DemoClock(models.Model):
    """One row: the moment at which the demo stands. Outside the demo it is never read."""

    moment = models.DateTimeField()

    def __str__(self) -> str:
        return self.moment.isoformat()
