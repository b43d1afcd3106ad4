"""A study in a notebook: plan and data in, result, report and files out. The command line does the same through it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.science.impact.claims.check import shown_p
from fairlead.science.impact.figure import Figure
from fairlead.science.impact.plan import Plan
from fairlead.science.impact.plan_file import load_plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.reading import closest
from fairlead.science.impact.report import Report, Section, build_report
from fairlead.science.impact.study import SEED, Provenance, StudyResult, analyse, columns_used

if TYPE_CHECKING:
    import polars as pl


class Study:
    """One study, read and run when it is first asked for.

    Parameters
    ----------
    plan : a `Plan`, or the path of one in TOML.
    data : whatever `moments.open_source` takes: a path, a frame, `postgres://…#table`.
    source, registered, outcomes_from : see `Provenance`; the source is the plan's if it is left out.
    seed : of everything that is drawn at random.
    allow_experimental : run methods that are not validated, too.

    Raises
    ------
    PlanError, DataError, EstimationError
        When it is read or run, with everything that is wrong.

    Examples
    --------
    >>> from fairlead.science import impact
    >>> study = impact.Study(impact.shipped_plan("star_kindergarten"), impact.star_kindergarten())
    >>> round(study.result.primary.estimate.estimate, 2), study.result.primary.verdict.rating
    (15.93, 'MWOR')
    """

    def __init__(
        self,
        plan: Plan | str | Path,
        data: Any,
        *,
        source: str = "",
        registered: str | None = None,
        outcomes_from: str | None = None,
        seed: int = SEED,
        allow_experimental: bool = False,
    ) -> None:
        self.plan = plan if isinstance(plan, Plan) else load_plan(plan)
        self.data, self.seed, self.allow_experimental = data, seed, allow_experimental
        self.provenance = Provenance(source or self.plan.source or str(data)[:80], registered, outcomes_from)

    @cached_property
    def table(self) -> pl.DataFrame:
        """The plan's columns of the data, and no others."""
        from fairlead.science.impact.moments.source import open_source

        source = open_source(self.data)
        wanted, have = columns_used(self.plan), source.table.columns
        missing = [column for column in wanted if column not in have]
        if missing:
            what = f"{source.name} has no such column"
            raise DataError(
                [
                    Problem(f"column {name}", what, repr(name), ", ".join(have), closest(name, have))
                    for name in missing
                ]
            )
        answer: pl.DataFrame = source.table.select(*wanted).to_polars()
        return answer

    @cached_property
    def result(self) -> StudyResult:
        """Everything that was found."""
        return analyse(
            self.plan,
            self.table,
            provenance=self.provenance,
            seed=self.seed,
            allow_experimental=self.allow_experimental,
        )

    def report(self, language: str = "en") -> Report:
        """The report, in English or Spanish."""
        return build_report(self.result, language)

    def section(self, name: str, language: str = "en") -> Section:
        """One step of it: "sample", "balance", "estimates", "verdict", … It prints, and a notebook shows it."""
        return self.report(language).section(name)

    def figures(self, language: str = "en") -> dict[str, Figure]:
        """Every figure by its name (flow, love, forest, …): an Altair specification, its numbers, and what it shows in words."""
        from fairlead.science.impact.rendering.charts import figure

        return {item.id: figure(item) for part in self.report(language).sections for item in part.figures}

    def save(self, folder: str | Path, *, language: str = "en", paper: str = "us-letter") -> None:
        """Write report.html, report.pdf and results.json into a folder."""
        from fairlead.science.impact.rendering.page import page
        from fairlead.science.impact.rendering.pdf import pdf

        out, report = Path(folder), self.report(language)
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / "results.json").write_text(self.result.to_json(indent=1) + "\n", encoding="utf-8")
            (out / "report.html").write_text(page(report), encoding="utf-8")
            (out / "report.pdf").write_bytes(pdf(report, paper=paper))
        except OSError as error:
            raise DataError(
                [Problem("--out", "the folder cannot be written", f"{out}: {error.strerror}", next="name another")]
            ) from error

    def __repr__(self) -> str:
        return f"Study({self.plan.title!r}): print it, or ask for its result, report(), section(name), figures() or save(folder)"

    def __str__(self) -> str:
        return table_of(self.result)

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def table_of(result: StudyResult) -> str:
    """Estimates and verdict as lines of text; * marks the primary one."""
    rows = [f"{result.plan.title} ({result.timing})", ""]
    rows.append(f"  {'outcome':<22}{'model':<24}{'estimate':>12}{'se':>11}{'df':>9}{'p':>10}{'n':>10}  rating")
    for item in result.results:
        e = item.estimate
        df = "normal" if e.df >= 1e6 else f"{e.df:.1f}"
        rows.append(
            f"  {item.outcome:<22}{item.model:<24}{e.estimate:>12.4f}{e.se:>11.4f}{df:>9}{shown_p(e.p):>10}{e.n:>10,}"
            f"  {item.verdict.rating}{' *' if item.primary else ''}"
        )
    answer = result.primary.verdict
    tier = "no ESSA tier" if answer.essa == "none" else f"ESSA tier {answer.essa}"
    rows += ["", f"  {answer.rating_text} (WWC {answer.version}); {answer.character}; {tier}"]
    if answer.provisional:
        rows.append(f"  provisional: rests on {', '.join(answer.rests_on)}")
    return "\n".join(rows)
