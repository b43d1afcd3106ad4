"""Extracts: the records that answer a study, frozen, pseudonymous, with a hash. One function each."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import import_module
from types import ModuleType

import numpy as np
import polars as pl
from django.conf import settings

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence.models import Study, Ticket
from fairlead.apps.facts import selectors as facts
from fairlead.apps.instruments.scoring import VersionsDiffer, one_version
from fairlead.apps.roster import selectors as roster
from fairlead.science import impact
from fairlead.science.impact import trials
from fairlead.science.impact.power import Power


@dataclass(frozen=True, slots=True)
class Extract:
    """A study's rows as they were at one moment."""

    table: pl.DataFrame
    outcomes_from: date
    outcomes_to: date
    source: str
    source_es: str
    redraws: Callable[[int], trials.Redraws | trials.Orders] | None = None

    def narrowed_to(self, plan: impact.Plan) -> Extract:
        """Only the columns that the plan reads: what nobody planned to use is not kept."""
        used = impact.columns_used(plan)
        return replace(self, table=self.table.select([c for c in self.table.columns if c in used]))

    def frozen(self) -> tuple[bytes, str]:
        """The rows as Parquet, and the SHA-256 of what they say (not of the file: writers differ)."""
        return frozen(self.table)


def frozen(table: pl.DataFrame) -> tuple[bytes, str]:
    """A table as Parquet, and the SHA-256 of what it says."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue(), impact.data_hash(table, tuple(table.columns))


@dataclass(frozen=True, slots=True)
class Design:
    """What is known before any outcome: how many units in how many blocks, and the design's power by share explained."""

    units: int
    blocks: int
    sd: float | None
    power: dict[float, Power]


EXPLAINED = (0.0, 0.3, 0.5)  # shares of variance that covariates may explain; guesses made before the data


def design_of(scope: Scope, study: Study, plan: impact.Plan) -> Design:
    """A plan's power from its units and their baseline; outcome columns are not read."""
    if study.extract.startswith(OF_A_LOTTERY) and (known := _of_lotteries().early(scope, study, plan)) is not None:
        return known
    assignment = plan.assignment
    wanted = {assignment.column, assignment.blocks, assignment.cluster, *(m.column for m in plan.baseline)}
    table = extract_of(scope, study).table
    table = table.select([c for c in table.columns if c in wanted])
    arms = table.filter(
        pl.col(assignment.column).cast(pl.String).is_in([assignment.intervention, assignment.comparison])
    )
    unit = assignment.cluster if assignment.design == "randomized_cluster" else None
    units = arms[unit].n_unique() if unit else arms.height
    blocks = arms[assignment.blocks].n_unique() if assignment.blocks else 1
    share = float(np.mean(arms[assignment.column].cast(pl.String).to_numpy() == assignment.intervention))
    measure = next((m for m in plan.baseline if m.required and m.kind == "continuous"), None)
    known = arms[measure.column].drop_nulls().to_numpy() if measure else ()
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    rows = {
        r2: impact.power.plan_power(
            plan,
            units=units,
            blocks=blocks if assignment.blocks else 0,
            per_cluster=arms.height / units,
            share=share,
            r2=r2,
            sd=sd or None,
        )
        for r2 in EXPLAINED
    }
    return Design(units, blocks, sd or None, rows)


def pseudonym(study: Study, kind: str, pk: int) -> str:
    """A stable name for a row that cannot be turned back without the installation's secret."""
    content = f"{settings.SECRET_KEY}|{study.key}|{kind}|{pk}".encode()
    return f"{kind[0]}{hashlib.sha256(content).hexdigest()[:10]}"


def _star(scope: Scope, study: Study) -> Extract:
    return Extract(
        table=impact.star_kindergarten(),
        outcomes_from=date(1986, 4, 1),
        outcomes_to=date(1986, 4, 30),
        source="Project STAR, public-use records, kindergarten 1985-86 (as distributed in R's AER package)",
        source_es="Project STAR, registros de uso público, kindergarten 1985-86 (según el paquete AER de R)",
    )


def _coaching(scope: Scope, study: Study) -> Extract:
    """Teachers of the lottery: assigned arm, school, practice before and after as research visitors rated it."""
    tickets = Ticket.objects.filter(lottery__study=study, organization_id__in=scope.org_ids).order_by("id")
    drawn = tickets.values_list("person_id", "organization_id", "selected", "lottery__drawn_at")
    rows = [
        (person, school, "coaching" if won else "usual", at) for person, school, won, at in drawn if at is not None
    ]
    if not rows:
        raise impact.DataError([impact.Problem("lottery", "this study has no draw that you may read", "0 tickets")])
    drawn_on = min(at for *_, at in rows if at is not None).date()
    scores = facts.research_scores(scope, [person for person, *_ in rows])
    before = means_of_scores("practice_before", [s for s in scores if s.date <= drawn_on])
    after = means_of_scores("practice", [s for s in scores if s.date > drawn_on])
    students = roster.students_by_teacher(scope, [person for person, *_ in rows], clock.today())
    minutes = facts.coaching_minutes(scope, [person for person, *_ in rows], after=drawn_on)
    table = pl.DataFrame(
        {
            "teacher": [pseudonym(study, "teacher", person) for person, *_ in rows],
            "school": [pseudonym(study, "school", school) for _, school, *_ in rows],
            "arm": [arm for *_, arm, _ in rows],
            "practice_before": [before.get(person) for person, *_ in rows],
            "practice": [after.get(person) for person, *_ in rows],
            "coaching_minutes": [minutes.get(person, 0) for person, *_ in rows],
            "students": [students.get(person, 0) for person, *_ in rows],
        },
        schema_overrides={
            "practice_before": pl.Float64,
            "practice": pl.Float64,
            "coaching_minutes": pl.Int64,
            "students": pl.Int64,
        },
    ).sort("teacher")
    # No outcome yet, or none that this person may read (the network lead: scores are for research only).
    # Then the first one comes tomorrow at the earliest, and the plan's design can be shown all the same.
    days = [s.date for s in scores if s.date > drawn_on] or [clock.today() + timedelta(days=1)]
    return Extract(
        table=table,
        outcomes_from=min(days),
        outcomes_to=max(days),
        source="Research visits of this network, by visitors who were not told who is coached",
        source_es="Visitas de investigación de esta red, por visitantes que no sabían quién recibe coaching",
    )


def means_of_scores(column: str, scores: Sequence[facts.ResearchScore]) -> dict[int, float]:
    """Each teacher's mean over their visits, every visit counting once; of one version of one rubric, or refused."""
    try:
        if scores:
            one_version(score.version_id for score in scores)
    except VersionsDiffer as error:
        said = "scores of different versions are never averaged"
        raise impact.DataError([impact.Problem(column, said, str(error))]) from None
    seen: dict[int, list[float]] = {}
    for score in scores:
        seen.setdefault(score.subject_id, []).append(score.mean)
    return {person: sum(means) / len(means) for person, means in seen.items()}


EXTRACTS: dict[str, Callable[[Scope, Study], Extract]] = {"star_kindergarten": _star, "coaching_lottery": _coaching}

OF_A_LOTTERY = "lottery-"  # with its number: the extract of a study that was opened on a lottery

# The instrument whose scores are an extract's outcome: how good it is belongs beside every estimate.
MEASURED_WITH = {"coaching_lottery": "twelve-minutes"}


def extract_of(scope: Scope, study: Study) -> Extract:
    """The rows that answer a study, as this person may read them now."""
    if study.extract.startswith(OF_A_LOTTERY):
        return _of_lotteries().extract(scope, study)
    return EXTRACTS[study.extract](scope, study)


def number_of_lottery(study: Study) -> int | None:
    """The lottery that a study was opened on; None for other studies."""
    return int(study.extract.removeprefix(OF_A_LOTTERY)) if study.extract.startswith(OF_A_LOTTERY) else None


def _of_lotteries() -> ModuleType:
    """The room of studies that were opened on a lottery; it is built on this one."""
    return import_module("fairlead.apps.evidence.of_lotteries")
