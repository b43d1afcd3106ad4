"""Answers in words: read by whom the survey's purpose opens words to, where enough wrote, in an order that says nothing.

A survey in confidence opens them to nobody (`purposes.toml`); one for improvement or research to its readers. The wall of
`instruments.Note` decides that row by row; here stands how many must have written.
"""

from __future__ import annotations

from collections import defaultdict

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.surveys.models import Administration
from fairlead.apps.surveys.selectors import least_group


def comments(scope: Scope, known: Administration, organization_id: int) -> dict[int, list[str]]:
    """What was written to each question, by item; a question to which fewer than the minimum wrote is left out.

    Only of an organization that is told as a group: forms of smaller ones stand under the organization above.
    """
    if known.counted_at is None or not scope.opens("notes", known.purpose, organization_id):
        return {}
    told: dict[int, list[str]] = defaultdict(list)
    rows = fetch(
        _WRITTEN, version=known.version_id, purpose=known.purpose, day=known.opens_on, organization=organization_id
    )
    for item, text in rows:
        told[item].append(text)
    least = least_group(known.version.instrument)
    return {item: texts for item, texts in told.items() if len(texts) >= least}


# Nameless responses have no time, and ids that are random: their hash is an order that nobody chose.
_WRITTEN = """
SELECT n.item_id, n.text FROM instruments_response r JOIN instruments_note n ON n.response_id = r.id
WHERE r.version_id = %(version)s AND r.purpose = %(purpose)s AND r.day = %(day)s AND r.organization_id = %(organization)s
  AND r.author_id IS NULL AND r.subject_id IS NULL AND n.text <> ''
ORDER BY n.item_id, md5(n.text), md5(r.id::text)
"""
