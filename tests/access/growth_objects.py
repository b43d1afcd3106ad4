"""What the access table names of growth: the demo's comparison of two forms about teaching number."""

from __future__ import annotations

from typing import Any


def of_the_autumn(world: Any) -> int:
    """What teachers knew in August and in November."""
    from fairlead.apps.growth.models import Comparison

    found = Comparison.objects.get(
        organization_id=world.network_id, before__version__instrument__key="teaching-number"
    )
    return int(found.pk)
