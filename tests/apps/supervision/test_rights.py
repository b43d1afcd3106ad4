"""Whose decision it is on a day: the network's entry, exceptions of schools, changes with reason; kept by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from fairlead.apps.supervision import selectors, services
from fairlead.apps.supervision.models import DecisionRight

ScopeOf = Callable[[str], Any]


def held(scope: Any, on: date) -> dict[tuple[str, bool], str]:
    return {(r.decision.key, r.exception): r.holder for r in selectors.at(selectors.register(scope), on)}


def test_a_day_has_what_was_entered_until_then(seeded: Any, scope_of: ScopeOf) -> None:
    amara = scope_of("amara")
    before, now = held(amara, date(2025, 9, 1)), held(amara, seeded.today)
    assert (before["hiring", False], now["hiring", False]) == ("shared", "school")
    assert before["budget", False] == now["budget", False] == "network"
    assert ("schedule", True) not in before
    assert now["schedule", True] == "shared"
    assert held(amara, date(2020, 1, 1)) == {}
    assert ("schedule", True) not in held(scope_of("owen"), seeded.today), "the exception of another school"


def test_a_change_is_a_new_entry_with_document_and_reason(seeded: Any, scope_of: ScopeOf) -> None:
    ines = scope_of("ines")
    given: dict[str, Any] = {
        "decision": "budget",
        "holder": "shared",
        "since": date(2026, 11, 1),
        "document": "Minutes",
        "reason": "Asked.",
    }
    for missing in ("document", "reason"):
        with pytest.raises(ValidationError):
            services.enter_right(ines, seeded.network_id, **given | {missing: " "})
    services.enter_right(ines, seeded.network_id, **given)
    assert held(scope_of("grace"), seeded.today)["budget", False] == "shared"
    assert held(scope_of("grace"), date(2026, 10, 31))["budget", False] == "network"


def test_nobody_else_enters_one_and_none_is_changed(seeded: Any, scope_of: ScopeOf) -> None:
    given = {"decision": "budget", "holder": "school", "since": seeded.today, "document": "A note", "reason": "Mine."}
    for who in ("grace", "marcus"):
        scope = scope_of(who)
        with pytest.raises(ValidationError, match="your network"):
            services.enter_right(scope, int(seeded.school_ids[0]), **given)
        with pytest.raises(IntegrityError, match="by the network's lead"), transaction.atomic():
            DecisionRight.objects.create(
                organization_id=int(seeded.school_ids[0]), by_id=scope.person_id, at=seeded.moment, **given
            )
    scope_of("ines")
    with pytest.raises(IntegrityError, match="a change is a new entry"), transaction.atomic(), connection.cursor() as cursor:  # fmt: skip
        cursor.execute("UPDATE supervision_decisionright SET holder = 'network'")
