"""An erased person's rows in frozen extracts, and their name in what plans copied from the log of reads."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import polars as pl

from fairlead.apps.access.erasure import NAMELESS, Erasing
from fairlead.apps.evidence import store
from fairlead.apps.evidence.extracts import frozen, pseudonym
from fairlead.apps.evidence.models import Plan, Run, Study

KINDS = ("teacher", "student")  # what pseudonyms in extracts may stand for


def erase(erasing: Erasing) -> None:
    """Rewrite extracts without the person; their runs say how many rows they no longer repeat exactly."""
    _extracts(erasing)
    for plan in Plan.objects.filter(seen_before__contains=[{"name": erasing.person.name}]):
        for seen in plan.seen_before:
            if seen.get("name") == erasing.person.name:
                seen["name"] = NAMELESS
        plan.save(update_fields=["seen_before"])
        erasing.count("evidence_plan", "forgets the person", 1)


def _extracts(erasing: Erasing) -> None:
    files: dict[str, list[Run]] = defaultdict(list)
    for run in Run.objects.select_related("plan__study"):
        files[run.extract_file].append(run)
    for name, runs in files.items():
        path = store.folder() / name
        if not path.exists():
            continue
        left, gone = _without(pl.read_parquet(path), runs[0].plan.study, erasing.person_id)
        if not gone:
            continue
        content, digest = frozen(left)
        kept = store.keep(content, digest)
        for run in runs:
            run.extract_file = kept
            run.erased_rows += gone
            run.save(update_fields=["extract_file", "erased_rows"])
        erasing.count("evidence_run", "no longer exactly repeatable", len(runs))
        erasing.count("extracts", "rows deleted", gone)
        erasing.at_last.append(partial(path.unlink, missing_ok=True))


def _without(table: pl.DataFrame, study: Study, person_id: int) -> tuple[pl.DataFrame, int]:
    """The rows of everybody else, and how many rows were the person's."""
    names = [pseudonym(study, kind, person_id) for kind in KINDS]
    texts = [column for column, kind in table.schema.items() if kind == pl.String]
    if not texts:
        return table, 0
    left = table.filter(~pl.any_horizontal(pl.col(texts).is_in(names).fill_null(value=False)))
    return left, table.height - left.height
