"""A verdict from what is written down: a stored result, or a study record that a reviewer fills in by hand from an article.

The record is JSON; its keys are in `docs/reference/study-record.md`. Counts and effect sizes as the article reports
them are enough: where an effect is missing, it is computed from means and standard deviations; where the article left
its clusters out of the errors, they are corrected by the version's formula.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import scipy

from fairlead.science.impact import effects, record
from fairlead.science.impact.estimate import Arm, Balance, Effect, Estimate
from fairlead.science.impact.plan import DESIGNS, RELIABILITY, VERSIONS, Assignment, Outcome
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.reading import Reader
from fairlead.science.impact.sample import Count, Flow
from fairlead.science.impact.standards.facts import Evidence, Mismatch, Sibling, evidence
from fairlead.science.impact.standards.rating import Verdict, verdict
from fairlead.science.impact.study import StudyResult, siblings_of


def verdicts(data: Any, *, version: str | None = None) -> list[tuple[str, Verdict]]:
    """Every finding's name and verdict, the primary one first.

    Parameters
    ----------
    data : the content of results.json, or a study record.
    version : "4.1" or "5.0" instead of the one that the record names.

    Raises
    ------
    DataError
        With everything that is wrong with the record at once.

    Examples
    --------
    >>> record = {
    ...     "design": "randomized_individual", "unit": "student",
    ...     "outcome": {"label": "reading", "domain": "achievement", "reliability_kind": "standardised"},
    ...     "assigned": {"intervention": 200, "comparison": 200},
    ...     "analysed": {"intervention": 190, "comparison": 188},
    ...     "providers": {"intervention": 10, "comparison": 10}, "students": 378, "sites": 4,
    ...     "finding": {"effect": 0.31, "se": 0.1},
    ... }
    >>> [(name, answer.rating, answer.essa) for name, answer in verdicts(record)]
    [('reading', 'MWOR', '1')]
    """
    if isinstance(data, dict) and {"plan", "results", "plan_hash"} <= set(data):
        return _stored(data, version)
    if not isinstance(data, dict):
        raise DataError([Problem("STUDY", "is not a study record", type(data).__name__, "one JSON object")])
    facts = read_record(data)
    return [(facts.outcome.label, verdict(facts if version is None else replace(facts, version=version)))]


def _stored(data: dict[str, Any], version: str | None) -> list[tuple[str, Verdict]]:
    try:
        result: StudyResult = record.from_plain(StudyResult, data)
    except (KeyError, TypeError, ValueError) as error:
        what = "is not a result of this engine"
        raise DataError([Problem("results.json", what, str(error), next="run the study again")]) from error
    plan = result.plan if version is None else replace(result.plan, standards=version)
    rated = []
    for item in sorted(result.results, key=lambda item: not item.primary):
        outcome = plan.outcome(item.outcome)
        facts = evidence(plan, outcome, item.flow, item.balance, item.estimate, siblings_of(plan, result.results))
        rated.append((f"{item.outcome} × {item.model}", verdict(facts)))
    return rated


def read_record(data: dict[str, Any]) -> Evidence:
    """A study record as the facts that the rules look at."""
    problems: list[Problem] = []
    top = Reader(data, "", problems)
    found = _record(top, problems)
    if problems or found is None:
        raise DataError(problems)
    return found


def _record(top: Reader, problems: list[Problem]) -> Evidence | None:
    version = top.choice("version", VERSIONS, "4.1")
    top.text("title", "")
    design = top.choice("design", DESIGNS)
    outcome = _outcome(top.table("outcome"))
    counts = {name: _count(top, name) for name in ("assigned", "analysed", "providers")}
    levels = ("clusters_assigned", "clusters_analysed", "assigned_in_kept_clusters")
    clusters = {name: _count(top, name) for name in levels}
    students, sites = top.number("students", low=0), top.number("sites", low=0)
    assignment = Assignment(
        design=design,
        unit=top.text("unit"),
        column="arm",
        intervention="intervention",
        comparison="comparison",
        other_arms=(),
        blocks="block" if top.flag("unequal_chances_ignored", False) else None,
        cluster="cluster" if design == "randomized_cluster" or clusters["clusters_assigned"] is not None else None,
        provider=None,
        site=None,
        identifier=None,
        analysed_as=top.choice("analysed_as", ("assigned", "received"), "assigned"),
        exclusions_after_assignment=bool(top.flag("exclusions_after_assignment", False)),
        joiners=top.choice("joiners", ("none", "not_a_risk", "risk"), "none"),
        confound=top.text("confound", ""),
    )
    boundary = top.choice("boundary", ("cautious", "optimistic"), "cautious")
    multiplicity = top.choice("multiplicity", ("by_version", "benjamini_hochberg", "none"), "by_version")
    balance = tuple(_baseline(item, problems) for item in top.tables("baseline"))
    analysed = counts["analysed"] or Count(0, 0)
    if counts["analysed"] is None:
        problems.append(Problem("analysed", "is missing", "nothing", '{"intervention": n, "comparison": n}'))
    randomized = design.startswith("randomized")
    if randomized and counts["assigned"] is None:
        what = "a lottery's attrition needs the numbers assigned"
        problems.append(Problem("assigned", what, "nothing", '{"intervention": n, "comparison": n}'))
    if design == "randomized_cluster" or any(clusters.values()):
        problems += [
            Problem(
                name, "a cluster design needs this count by arm", "nothing", '{"intervention": n, "comparison": n}'
            )
            for name, value in clusters.items()
            if value is None
        ]
    estimate, mismatch = _finding(top.table("finding"), outcome, analysed, version, problems)
    siblings = tuple(_sibling(item) for item in top.tables("other_findings"))
    top.done()
    if problems or estimate is None:
        return None
    flow = Flow(
        rows=(counts["assigned"] or analysed).total,
        unassigned=0,
        assigned=counts["assigned"] or analysed,
        other_assigned=0,
        dropped=(),
        analysed=analysed,
        other_analysed=0,
        clusters_assigned=clusters["clusters_assigned"],
        clusters_analysed=clusters["clusters_analysed"],
        assigned_in_kept_clusters=clusters["assigned_in_kept_clusters"],
        students=None if students is None else int(students),
        sites=None if sites is None else int(sites),
        providers=counts["providers"],
        block_share_low=0.0 if assignment.blocks else None,
        block_share_high=1.0 if assignment.blocks else None,
    )
    own = Sibling(outcome.name, outcome.domain, estimate.p, (estimate.estimate >= 0) == outcome.higher_is_better)
    return Evidence(
        version, assignment, outcome, flow, balance, estimate, boundary, multiplicity, (own, *siblings), mismatch
    )


def _outcome(reader: Reader) -> Outcome:
    name = reader.text("label")
    outcome = Outcome(
        name=name, label=name, label_es=name, domain=reader.text("domain"), unit=reader.text("unit", "SD"), unit_es="SD",
        columns=(name,), combine="sum", kind=reader.choice("kind", ("continuous", "binary"), "continuous"),
        higher_is_better=bool(reader.flag("higher_is_better", True)), primary=True, standardiser="pooled", subject=None,
        grade=None, icc=None, face_valid=bool(reader.flag("face_valid", True)),
        over_aligned=bool(reader.flag("over_aligned", False)),
        same_collection=bool(reader.flag("same_collection", True)),
        reliability_kind=reader.choice("reliability_kind", RELIABILITY, "unknown"),
        reliability=reader.number("reliability", low=0.0, high=1.0), independent=reader.flag("independent", None),
    )  # fmt: skip
    reader.done()
    return outcome


def _count(top: Reader, key: str) -> Count | None:
    if key not in top.data:
        top.table(key)
        return None
    reader = top.table(key)
    pair = [reader.number(arm, low=0) for arm in ("intervention", "comparison")]
    reader.done()
    if pair[0] is None or pair[1] is None:
        reader.note("intervention" if pair[0] is None else "comparison", "is missing", "nothing", "a whole number")
        return None
    return Count(int(pair[0]), int(pair[1]))


def _baseline(reader: Reader, problems: list[Problem]) -> Balance:
    name = reader.text("measure")
    kind = reader.choice("kind", ("continuous", "binary"), "continuous")
    effect = reader.number("effect", low=-math.inf)
    values = {key: _arms(reader, key) for key in ("n", "means", "sds")}
    required = bool(reader.flag("required", True))
    adjusted = bool(reader.flag("adjusted", False))
    reader.done()
    n, means, sds = values["n"], values["means"], values["sds"]
    if effect is None and n and means and (sds or kind == "binary"):
        total = int(sum(n))
        if kind == "binary":
            effect = effects.cox(means[0], means[1], total)
        elif sds:
            effect = effects.hedges_g(means[0] - means[1], _pooled(sds, n), total)
    if effect is None:
        allowed = "effect (g or Cox), or n, means and sds as [intervention, comparison]"
        problems.append(Problem(reader.where, "no difference can be computed", "nothing", allowed))
    return Balance(
        measure=name, label=name, label_es=name, kind=kind, required=required, adjusted=adjusted,
        n_intervention=int(n[0]) if n else 0, n_comparison=int(n[1]) if n else 0, missing=0,
        mean_intervention=means[0] if means else None, mean_comparison=means[1] if means else None, sd=None,
        effect=effect, effect_name="cox" if kind == "binary" else "hedges_g", within_blocks=None,
    )  # fmt: skip


def _arms(reader: Reader, key: str) -> tuple[float, float] | None:
    value = reader.take(key)
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    ):
        reader.note(key, "must be two numbers", value, "[intervention, comparison]")
        return None
    return float(value[0]), float(value[1])


def _pooled(sds: tuple[float, float], n: tuple[float, float]) -> float:
    squares = sum((count - 1) * sd**2 for sd, count in zip(sds, n, strict=True))
    return math.sqrt(squares / (sum(n) - 2))


def _finding(
    reader: Reader, outcome: Outcome, analysed: Count, version: str, problems: list[Problem]
) -> tuple[Estimate | None, Mismatch | None]:
    """The finding as an estimate in standard deviations, and what its clusters do to it when the study left them out."""
    effect, se, p = (reader.number(key, low=low) for key, low in (("effect", -math.inf), ("se", 0.0), ("p", 0.0)))
    means, sds = _arms(reader, "means"), _arms(reader, "sds")
    alpha = reader.number("alpha", low=0.0001, high=0.5, default=0.05) or 0.05
    clusters = reader.table("clusters")
    icc = clusters.number("icc", low=0.0, high=0.99)
    size = clusters.number("size", low=1.0)
    handled = clusters.flag("handled", True)
    adjusted = reader.flag("adjusted", True)
    clusters.done()
    reader.done()
    total = analysed.total
    arms = (float(analysed.intervention), float(analysed.comparison))
    if effect is None and means and total > 2 and (sds or outcome.kind == "binary"):
        if outcome.kind == "binary":
            effect = effects.cox(*means, total)
        elif sds:
            effect = effects.hedges_g(means[0] - means[1], _pooled(sds, arms), total)
    if effect is None or total < 4 or min(arms) < 1:
        allowed = "effect (g), or means and sds as [intervention, comparison]"
        problems.append(Problem(reader.where, "no effect can be computed", "nothing", allowed))
        return None, None
    mismatch = None
    df = float(total - 2)
    if not handled and size is not None:
        rho = icc if icc is not None else 0.20 if outcome.domain == "achievement" else 0.10
        source = "study" if icc is not None else "default"
        rows = [
            effects.mismatched_t(effect, *map(int, arms), rho=rho, cluster_size=size, version=name)
            for name in ("4.1", "4.0")
        ]
        mismatch = Mismatch(rho, source, size, *rows[0], *rows[1])
        p, df = rows[0][3], rows[0][2]
        se = abs(effect / rows[0][1]) if rows[0][1] else se
    if se is None and p is None:
        se = math.sqrt(1 / arms[0] + 1 / arms[1] + effect**2 / (2 * total))
    if p is None:
        assert se is not None
        p = float(2 * scipy.stats.norm.sf(abs(effect) / se)) if se > 0 else 0.0
    if se is None or se == 0:
        z = float(scipy.stats.norm.isf(p / 2)) if 0 < p < 1 else math.inf
        se = abs(effect) / z if math.isfinite(z) and z > 0 else math.sqrt(1 / arms[0] + 1 / arms[1])
    sign = 1.0 if outcome.higher_is_better else -1.0
    b = sign * effect
    half = float(scipy.stats.t.ppf(1 - alpha / 2, df)) * se
    estimate = Estimate(
        outcome=outcome.name, model="reported", primary=True, unit="SD", estimate=b, se=se, df=df, t=b / se, p=p,
        alpha=alpha, ci_low=b - half, ci_high=b + half, errors="reported", n=total, n_clusters=None, absorbed=None,
        absorbed_groups=0, rank=2, r2=0.0, terms=(),
        intervention=Arm(analysed.intervention, means[0] if means else 0.0, sds[0] if sds else 0.0),
        comparison=Arm(analysed.comparison, means[1] if means else 0.0, sds[1] if sds else 0.0),
        effect=Effect("cox" if outcome.kind == "binary" else "hedges_g", effect, se, None, df, icc, "study", size),
        warnings=(), method="adjusted" if adjusted else "unadjusted",
    )  # fmt: skip
    return estimate, mismatch


def _sibling(reader: Reader) -> Sibling:
    p = reader.number("p", low=0.0, high=1.0)
    if p is None:
        reader.note("p", "is missing", "nothing", "a number from 0 to 1")
    found = Sibling(reader.text("outcome"), reader.text("domain"), p or 0.0, bool(reader.flag("favourable", True)))
    reader.done()
    return found
