"""Claims: what a sentence may say. Each refusal has a sentence that triggers it, and the same sentence mended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact.claims import Finding, check, finding, suggest
from fairlead.science.impact.standards.rating import Verdict

NOTES = " Retrospective; the rating is provisional."
NOTAS = " Retrospectivo; la calificación es provisional."


@pytest.fixture(scope="module")
def star() -> impact.StudyResult:
    return impact.analyse(
        impact.shipped_plan("star_kindergarten"),
        impact.star_kindergarten(),
        provenance=impact.Provenance(source="Project STAR"),
    )


@pytest.fixture(scope="module")
def found(star) -> Finding:
    return finding(star)


@pytest.fixture(scope="module")
def verdict(star) -> Verdict:
    return star.primary.verdict


def null(found: Finding, verdict: Verdict) -> tuple[Finding, Verdict]:
    """The same study with an estimate that is not distinguishable from zero."""
    return (
        replace(found, estimate=1.2, ci_low=-3.2, ci_high=5.6, p=0.593),
        replace(verdict, significant=False, character="uncertain"),
    )


def rules(text: str, found: Finding, verdict: Verdict, language: str = "en") -> set[str]:
    return {reason.rule for reason in check(text, found, verdict, language).reasons}


GOOD = [
    ("In Tennessee, 1985-86, small classes raised scores by 16 points.", "en"),
    ("In Tennessee, small classes raised scores by 15.93 points (SE 2.24, p < 0.001).", "en"),
    ("Among 3,743 children, scores were 15.9 points higher (95% interval 11.5 to 20.3).", "en"),
    ("In Tennessee small classes raised scores by 16 points: 8.4 percentile points on the improvement index.", "en"),
    ("In Tennessee small classes raised scores by 15.9 points, about 3 months by the EEF toolkit.", "en"),
    ("In Tennessee small classes raised scores by 0.21 standard deviations (Hedges' g).", "en"),
    ("In Tennessee, small classes raised scores by sixteen points.", "en"),
    ("All 3,743 children in Tennessee were analysed; small classes raised scores by 16 points.", "en"),
    ("In Tennessee, small classes raised scores by 16 points; 8.6 percent of children were lost.", "en"),
    ("This does not prove anything beyond Tennessee; small classes raised scores by 16 points.", "en"),
    ("En Tennessee, las clases pequeñas aumentaron el puntaje 15,9 puntos (intervalo de 95%: 11,5 a 20,3).", "es"),
    ("En Tennessee, el puntaje fue 16 puntos más alto en las clases pequeñas.", "es"),
    ("En Tennessee, las clases pequeñas lo subieron dieciséis puntos.", "es"),
]


@pytest.mark.parametrize(("text", "language"), GOOD)
def test_accepts_what_the_finding_says(found, verdict, text, language):
    answer = check(text + (NOTAS if language == "es" else NOTES), found, verdict, language)
    assert answer.accepted, answer.reasons


BAD = [
    ("In Tennessee, small classes raised scores by 17 points.", "en", "number"),
    ("In Tennessee, small classes raised scores by fifteen points.", "en", "number"),
    ("In Tennessee, small classes raised scores by 15.9% .", "en", "unit"),
    ("In Tennessee, small classes raised scores by 20.3 points.", "en", "interval"),
    ("In Tennessee, small classes raised scores by up to 20 points.", "en", "interval"),
    ("In Tennessee, scores averaged 16 points more among 9,999 children.", "en", "number"),
    ("In Tennessee, small classes raised scores by 16 points (p = 0.04).", "en", "p_value"),
    ("In Tennessee, small classes lowered scores by 16 points.", "en", "direction"),
    ("In Tennessee, small classes raised scores by -16 points.", "en", "number"),
    ("In Tennessee, small classes made scores worse.", "en", "direction"),
    ("In Tennessee, small classes had no effect.", "en", "no_effect"),
    ("In Tennessee, the 16 points are not statistically significant.", "en", "understated"),
    ("Small classes raised scores by 16 points.", "en", "sample"),
    ("In Tennessee, small classes raised scores for all students.", "en", "broad"),
    ("In Tennessee, small classes raised scores in every school.", "en", "broad"),
    ("In Tennessee, small classes raise scores for everyone.", "en", "broad"),
    ("In Tennessee and Texas, small classes raised scores.", "en", "place"),
    ("In Tennessee, small classes raised scores of third graders.", "en", "grade"),
    ("In Tennessee, small classes raised high school scores.", "en", "grade"),
    ("In Tennessee, small classes raised scores for elementary children.", "en", "grade"),
    ("In Tennessee, small classes brought lasting gains.", "en", "lasting"),
    ("In Tennessee, small classes raised scores long-term.", "en", "lasting"),
    ("The Tennessee data prove that small classes work.", "en", "certain"),
    ("Small classes guarantee higher scores in Tennessee.", "en", "certain"),
    ("Small classes will raise scores in Tennessee.", "en", "future"),
    ("In Tennessee, small classes are the best support.", "en", "superlative"),
    ("In Tennessee, small classes are more effective than tutoring.", "en", "superlative"),
    ("In Tennessee, small classes worked, especially for poor children.", "en", "superlative"),
    ("In Tennessee, small classes are cost-effective.", "en", "superlative"),
    ("In Tennessee, small classes dramatically raised scores.", "en", "size"),
    ("In Tennessee, small classes had a large effect.", "en", "size"),
    ("In Tennessee, children gained 3 months.", "en", "unit"),
    ("In Tennessee, children gained months of learning.", "en", "unit"),
    ("In Tennessee, children rose 8 percentile points.", "en", "unit"),
    ("In Tennessee, children gained 5 months by the EEF toolkit.", "en", "number"),
    ("En Tennessee, las clases pequeñas aumentaron el puntaje 17 puntos.", "es", "number"),
    ("En Tennessee, las clases pequeñas bajaron el puntaje.", "es", "direction"),
    ("En Tennessee, las clases pequeñas mejoran a todos los estudiantes.", "es", "broad"),
    ("En Tennessee, las clases pequeñas sirven en cualquier escuela.", "es", "broad"),
    ("En Tennessee, las clases pequeñas dejan mejoras duraderas.", "es", "lasting"),
    ("Los datos de Tennessee demuestran que funcionan.", "es", "certain"),
    ("Las clases pequeñas garantizan mejores puntajes en Tennessee.", "es", "certain"),
    ("Las clases pequeñas mejorarán los puntajes en Tennessee.", "es", "future"),
    ("En Tennessee, las clases pequeñas son la mejor ayuda.", "es", "superlative"),
    ("En Tennessee, fue un enorme avance.", "es", "size"),
    ("En Tennessee, los estudiantes ganaron 3 meses.", "es", "unit"),
    ("En Tennessee, los puntajes de tercer grado subieron.", "es", "grade"),
    ("Las clases pequeñas subieron el puntaje 16 puntos.", "es", "sample"),
    ("En Tennessee, no hubo efecto.", "es", "no_effect"),
    ("In Tennessee, most children gained.", "en", "share"),
    ("In Tennessee, two out of three children gained.", "en", "share"),
    ("In Tennessee, children gained a full year of learning.", "en", "size"),
    ("En Tennessee, la mayoría de los estudiantes mejoró.", "es", "share"),
]


@pytest.mark.parametrize(("text", "language", "rule"), BAD)
def test_refuses_what_the_finding_does_not_say(found, verdict, text, language, rule):
    answer = check(text + (NOTAS if language == "es" else NOTES), found, verdict, language)
    assert rule in {reason.rule for reason in answer.reasons}
    for reason in answer.reasons:
        assert reason.says == answer.text[reason.start : reason.end]
        assert reason.supports
        assert reason.change


def test_a_refusal_of_one_word_is_mended_by_taking_the_word_out(found, verdict):
    bad = "In Tennessee, small classes dramatically raised scores by 16 points." + NOTES
    answer = check(bad, found, verdict)
    assert [reason.says for reason in answer.reasons] == ["dramatically"]
    mended = bad[: answer.reasons[0].start] + bad[answer.reasons[0].end :]
    assert check(mended, found, verdict).accepted


@pytest.mark.parametrize("word", ["raised", "improved", "caused", "boosted", "led to", "worked"])
def test_causal_words_need_a_design_that_supports_them(found, verdict, word):
    text = f"In Tennessee, small classes {word} higher scores." + NOTES
    weak = replace(verdict, causal=False)
    assert "causal" not in rules(text, found, verdict)
    assert "causal" in rules(text, found, weak)
    assert rules("In Tennessee, scores were 16 points higher." + NOTES, found, weak) == set()


def test_significance_is_not_claimed_where_there_is_none(found, verdict):
    weak = null(found, verdict)
    assert "significance" in rules("In Tennessee, small classes raised scores by 1.2 points." + NOTES, *weak)
    assert "significance" in rules("In Tennessee, the gain of 1.2 points was significant." + NOTES, *weak)
    assert "no_effect" in rules("In Tennessee, small classes had no effect." + NOTES, *weak)
    good = "In Tennessee, scores differed by 1.2 points, not distinguishable from zero." + NOTES
    assert rules(good, *weak) == set()


@pytest.mark.parametrize(
    ("change", "rule", "caveat"),
    [
        ({"high_attrition": True}, "high_attrition", " Attrition was high."),
        ({"rating": "DNM"}, "does_not_meet", " The study does not meet the standards."),
    ],
)
def test_caveats_that_must_be_said(found, verdict, change, rule, caveat):
    text = "In Tennessee, scores were 16 points higher." + NOTES
    weak = replace(verdict, **change)
    assert rules(text, found, weak) == {rule}
    assert rules(text + caveat, found, weak) == set()


def test_retrospective_and_provisional_must_be_said(found, verdict):
    text = "In Tennessee, scores were 16 points higher."
    assert rules(text, found, verdict) == {"retrospective", "provisional"}
    assert rules(text, replace(found, timing="prospective"), replace(verdict, provisional=False)) == set()


def test_finding_survives_storage(found):
    assert Finding.from_json(found.to_json()) == found


WORDS = st.sampled_from(
    [
        "weekly",
        "coaching",
        "best",
        "proven",
        "reading",
        "practice",
        "score",
        "spring",
        "tutoring",
        "lottery",
        "small",
        "large",
        "lasting",
        "school",
        "support",
        "all",
        "students",
        "every",
        "grade",
        "improved",
        "higher",
        "lower",
        "7",
        "120",
        "months",
        "the",
        "of",
    ]
)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join).filter(lambda name: len(name) >= 4)


@settings(max_examples=300, deadline=None)
@given(
    estimate=st.floats(-500, 500).filter(lambda x: abs(x) > 1e-3),
    ratio=st.floats(0.02, 30),
    intervention=NAMES,
    comparison=NAMES,
    label=NAMES,
    unit=st.sampled_from(
        ["points", "rubric points", "days absent", "percentage points", "months of growth", "words"]
    ),
    causal=st.booleans(),
    better=st.booleans(),
    notes=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["MWOR", "MWR", "DNM"])),
    language=st.sampled_from(["en", "es"]),
)
def test_the_suggestion_is_always_accepted(
    found, verdict, estimate, ratio, intervention, comparison, label, unit, causal, better, notes, language
):
    se = abs(estimate) / ratio
    names = {"intervention": intervention, "comparison": comparison, "outcome": label, "unit": unit}
    some = replace(
        found, english=replace(found.english, **names), spanish=replace(found.spanish, **names), estimate=estimate,
        se=se, ci_low=estimate - 1.96 * se, ci_high=estimate + 1.96 * se, p=0.01 if ratio > 1.96 else 0.4,
        higher_is_better=better, timing="retrospective" if notes[0] else "prospective",
    )  # fmt: skip
    judged = replace(
        verdict,
        significant=ratio > 1.96,
        causal=causal,
        provisional=notes[1],
        high_attrition=notes[2],
        rating=notes[3],
    )
    text = suggest(some, judged, language)
    answer = check(text, some, judged, language)
    assert answer.accepted, (text, [(reason.rule, reason.says) for reason in answer.reasons])
