"""Rules and results of a calibration in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.raters.rules import Rule

LEANS = 0.25  # levels: a domain's mean difference from what was agreed that is worth saying


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def rule_in_words(rule: Rule) -> list[str]:
    """What passes, a sentence each."""
    said = []
    if rule.exact is not None:
        said.append(_("At least %(share)s of the levels are the agreed ones.") % {"share": _percent(rule.exact)})
    if rule.adjacent is not None:
        said.append(_("At least %(share)s are at most one level away.") % {"share": _percent(rule.adjacent)})
    if rule.domain_exact is not None:
        said.append(_("In every domain at least %(share)s are exact.") % {"share": _percent(rule.domain_exact)})
    if rule.kappa is not None:
        said.append(_("Weighted kappa is at least %(kappa)s.") % {"kappa": f"{rule.kappa:.2f}"})
    said.append(_("Days before the next attempt: %(n)s.") % {"n": rule.wait_days})
    if rule.months is not None:
        said.append(_("Months that the certificate holds: %(n)s.") % {"n": rule.months})
    return said


def _domains(attempt: Any) -> dict[str, str]:
    items = instruments.items_of(attempt.calibration_set.version_id)
    return {item.domain.key: str(item.domain) for item in items}


def domains_in_words(attempt: Any) -> list[dict[str, Any]]:
    """By domain how many were exact, and in which direction the rest went."""
    if attempt.scored_at is None:
        return []
    names = _domains(attempt)
    rows = []
    for row in attempt.result["domains"]:
        lean = row["lean"]
        if lean is None or abs(lean) < LEANS:
            said = _("near what was agreed")
        elif lean > 0:
            said = _("mostly higher than agreed")
        else:
            said = _("mostly lower than agreed")
        rows.append(
            {"name": names.get(row["key"], row["key"]), "exact": row["exact"], "pairs": row["pairs"], "lean": said}
        )
    return rows


def short_in_words(attempt: Any) -> list[str]:
    """What fell short of the rule."""
    if attempt.scored_at is None:
        return []
    names = _domains(attempt)
    words = {
        "exact": _("too few levels are exact"),
        "adjacent": _("too many levels are two or more away"),
        "kappa": _("weighted kappa is too low"),
    }
    return [
        words.get(short) or _("too few are exact in “%(domain)s”") % {"domain": names.get(short[7:], short[7:])}
        for short in attempt.result["short"]
    ]


def items_in_words(attempt: Any, cases: Sequence[Any]) -> list[dict[str, Any]]:
    """Every agreed level with its reason, where the set is not used again and was passed."""
    rows = (attempt.result or {}).get("items", [])
    if not rows:
        return []
    items = {item.pk: item for item in instruments.items_of(attempt.calibration_set.version_id)}
    names = {pk: {n: name for n, name, _words in item.levels} for pk, item in items.items()}
    titles = {case.pk: str(case) for case in cases}
    return [
        {
            "case": titles.get(row["case"], ""),
            "item": str(items[row["item"]]),
            "agreed": names[row["item"]].get(row["agreed"], ""),
            "level": names[row["item"]].get(row["level"], _("not seen")),
            "same": row["agreed"] == row["level"],
            "why": row["why"],
        }
        for row in rows
    ]
