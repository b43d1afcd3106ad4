"""What imports kept of an erased person."""

from __future__ import annotations

from fairlead.apps.access.erasure import Erasing


def erase(erasing: Erasing) -> None:
    """Answers that said which person a file means."""
    erasing.execute(
        "roster_importrun",
        "forgets the person",
        """
        UPDATE roster_importrun SET answers = (
            SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(answers) WHERE value <> to_jsonb(%s::bigint)
        )
        WHERE jsonb_path_exists(answers, '$.* ? (@ == $person)', jsonb_build_object('person', %s::bigint))
        """,
        [erasing.person_id, erasing.person_id],
    )
