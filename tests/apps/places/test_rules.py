"""The rule pack: complete in both languages, dated, and honest about what is missing."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import override

from fairlead.apps.places import rules
from fairlead.apps.places.rules import CONFIDENCES, quality_rules, result_columns, rules_for
from fairlead.science.places import NOT_QUALITY, NOT_RATED, QUALITY, rate_schools


@pytest.mark.parametrize("rule", quality_rules().values(), ids=lambda rule: rule.key)
def test_every_rule_says_all_of_it_in_both_languages(rule):
    for words in (rule.label, rule.definition, rule.ignores):
        assert words.en
        assert words.es
        assert words.en != words.es
    assert rule.source
    assert rule.source_url.startswith("https://")
    assert rule.confidence in CONFIDENCES
    assert set(rule.columns) <= set(result_columns())


def test_words_follow_the_language_of_the_page():
    rule = quality_rules()["standard-in-both"]
    with override("es"):
        assert str(rule.label) == rule.label.es
    with override("en"):
        assert str(rule.label) == rule.label.en


def test_a_rule_is_offered_only_for_results_that_it_can_read():
    on = date(2026, 6, 30)
    assert [r.key for r in rules_for({"math_dfs", "ela_dfs"}, on)] == ["standard-in-both"]
    assert rules_for({"math_dfs"}, on) == []
    assert rules_for(set(result_columns()), date(2017, 6, 30)) == [], "no rule is in force before it begins"


def test_no_rule_is_called_published_unless_its_source_published_it_whole():
    """Every rule of the pack combines published measures by our own "and": so each prints as provisional."""
    assert all(rule.provisional for rule in quality_rules().values())


def test_the_two_rules_of_the_demo_can_disagree_and_leave_unrated():
    one, other = quality_rules()["standard-in-both"], quality_rules()["growth-and-presence"]
    results = {
        "math_dfs": [20.0, -40.0, 5.0],
        "ela_dfs": [8.0, -20.0, 5.0],
        "math_growth": [40.0, 61.0, float("nan")],
        "ela_growth": [44.0, 58.0, float("nan")],
        "chronic_absence": [0.10, 0.12, 0.11],
    }
    assert rate_schools(results, one.conditions).tolist() == [QUALITY, NOT_QUALITY, QUALITY]
    assert rate_schools(results, other.conditions).tolist() == [NOT_QUALITY, QUALITY, NOT_RATED]


def test_an_unknown_confidence_is_refused_in_words():
    entry = {"key": "x", "confidence": "sure"}
    with pytest.raises(ValueError, match="confidence must be one of"):
        rules._rule(entry)
