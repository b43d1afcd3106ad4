"""The analyst's pages: plan, power, registration, run, report, claim."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from django.urls import reverse

from fairlead.apps.evidence import selectors, store
from fairlead.apps.evidence.models import Claim, Finding, Plan, Run, Study
from fairlead.apps.roster.models import Person
from tests.conftest import as_owner, max_queries

STAR, COACHING = "star-kindergarten", "coaching-lottery"


def plan_of(key: str) -> Plan:
    with as_owner():
        return Plan.objects.filter(study__key=key).latest("id")


def run_study(client: Any, key: str) -> Run:
    response = client.post(reverse("analyst:run", args=[plan_of(key).pk]))
    assert response.status_code == 302, response.content.decode()
    with as_owner():
        return Run.objects.filter(plan__study__key=key).latest("id")


def primary(run: Run) -> Finding:
    with as_owner():
        return Finding.objects.get(run=run, primary=True)


def test_the_desk_lists_both_studies(as_person: Any) -> None:
    client = as_person("tomas")
    with max_queries(15):
        page = client.get(reverse("analyst:desk")).content.decode()
    assert "15.933" in page  # ready on first start
    assert "Project STAR" in page
    assert "A lottery for weekly coaching" in page
    assert "Real records" in page
    assert "Invented" in page


@pytest.mark.parametrize("key", [STAR, COACHING])
def test_a_study_shows_plan_power_and_registration(as_person: Any, key: str) -> None:
    client = as_person("tomas")
    with max_queries(15):
        page = client.get(reverse("analyst:study", args=[key])).content.decode()
    assert plan_of(key).hash in page
    assert "Smallest detectable effect" in page


def test_the_draw_is_checked_against_its_commitment(as_person: Any) -> None:
    client = as_person("tomas")
    url = reverse("analyst:study", args=[COACHING])
    assert "agree with the commitment" in client.get(url).content.decode()
    with as_owner():
        ticket = plan_of(COACHING).study.lottery.tickets.first()
        ticket.selected = not ticket.selected
        ticket.save()
    page = client.get(url).content.decode()
    assert "agree with the commitment" not in page
    assert "not the one that the seed draws" in page


def test_star_gives_the_published_numbers(as_person: Any) -> None:
    run = run_study(as_person("tomas"), STAR)
    with as_owner():
        numbers = {f.model: (f.estimate, f.se) for f in run.findings.all()}
    # Stock & Watson, tables 13.1 and 13.2; measured with R and AER to five decimals, hence the tolerance
    assert numbers["difference"] == pytest.approx((13.89899, 2.45409), abs=1e-5)
    assert numbers["school_effects"] == pytest.approx((15.93308, 2.24118), abs=1e-5)


def test_the_frozen_records_carry_what_the_plan_reads_and_no_name(as_person: Any) -> None:
    run = run_study(as_person("tomas"), COACHING)
    rows = pl.read_parquet(store.folder() / run.extract_file)
    assert set(rows.columns) == {"teacher", "school", "arm", "practice_before", "practice", "students"}
    with as_owner():
        people = {str(pk) for pk in Person.objects.values_list("pk", flat=True)}
    assert not people & set(rows["teacher"])
    assert rows["teacher"].str.contains(r"^t[0-9a-f]{10}$").all()


def test_the_report_says_what_came_out_and_logs_the_look(as_person: Any) -> None:
    client = as_person("tomas")
    run = run_study(client, STAR)
    with max_queries(15):
        page = client.get(reverse("analyst:report", args=[run.pk])).content.decode()
    assert "15.933" in page
    assert "2.241" in page
    assert "etrospective" in page
    # the next plan of this study says who had seen its outcomes
    client.post(reverse("analyst:plan_new", args=[STAR]))
    draft = plan_of(STAR)
    client.post(reverse("analyst:register", args=[draft.pk]))
    registered = plan_of(STAR)
    assert registered.label == "retrospective"
    assert [seen["name"] for seen in registered.seen_before] == ["Tomas Reyes"]


def test_the_claims_page_prints_the_reports_figures(as_person: Any) -> None:
    """One function prints them: what the table of estimates says stands on the page where a sentence is written."""
    client = as_person("tomas")
    run = run_study(client, STAR)
    report = client.get(reverse("analyst:report", args=[run.pk])).content.decode()
    with as_owner():
        findings = list(run.findings.all())
    assert findings
    for finding in findings:
        page = client.get(reverse("analyst:claim", args=[finding.pk])).content.decode()
        told = re.search(r"<dd>([−\d.,]+) [^(]*\([^)]*?([\d.,]+); 95 % (\[[^\]]+\])\)</dd>", page)
        assert told is not None
        row = next(r for r in re.findall(r"<tr>.*?</tr>", report, re.S) if told[3] in r)
        assert told[1] in row
        assert told[2] in row


def test_an_estimate_of_scores_leads_to_how_good_the_measure_is(as_person: Any) -> None:
    client = as_person("tomas")
    run = run_study(client, STAR)
    with as_owner():
        finding = Finding.objects.filter(run=run).first()
    assert finding is not None
    pages = [reverse("analyst:report", args=[run.pk]), reverse("analyst:claim", args=[finding.pk])]
    link = 'href="/instruments/twelve-minutes/1/technical/"'
    assert not any(link in client.get(page).content.decode() for page in pages), "reading is not scored with it"
    with as_owner():
        Study.objects.filter(key=STAR).update(extract="coaching_lottery")
    assert all(link in client.get(page).content.decode() for page in pages)


def test_a_registered_plan_cannot_be_changed(as_person: Any) -> None:
    client = as_person("tomas")
    plan = plan_of(STAR)
    response = client.post(reverse("analyst:plan", args=[plan.pk]), {"text": plan.text + "\n# more"})
    assert response.status_code == 302
    assert plan_of(STAR).text == plan.text


def test_a_wrong_draft_names_every_problem_and_changes_nothing(as_person: Any) -> None:
    client = as_person("tomas")
    client.post(reverse("analyst:plan_new", args=[STAR]))
    draft = plan_of(STAR)
    wrong = draft.text.replace('standards = "4.1"', 'standards = "9"').replace("alpha = 0.05", 'alpha = "a little"')
    response = client.post(reverse("analyst:plan", args=[draft.pk]), {"text": wrong})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<code>standards</code>" in page
    assert "<code>alpha</code>" in page
    assert "4.1, 5.0" in page
    assert plan_of(STAR).text == draft.text


def test_a_draft_cannot_be_run(as_person: Any) -> None:
    client = as_person("tomas")
    client.post(reverse("analyst:plan_new", args=[STAR]))
    draft = plan_of(STAR)
    client.post(reverse("analyst:run", args=[draft.pk]))
    with as_owner():
        assert not Run.objects.filter(plan=draft).exists()


def test_a_claim_that_says_more_than_its_finding_is_refused(as_person: Any) -> None:
    client = as_person("tomas")
    finding = primary(run_study(client, STAR))
    url = reverse("analyst:claim", args=[finding.pk])
    response = client.post(url, {"sentence": "Small classes prove that all students gain 40 points."})
    page = response.content.decode()
    assert response.status_code == 422
    for said in ("prove", "all students", "40"):
        assert f"<mark>{said}" in page
    with as_owner():
        assert not Claim.objects.filter(finding=finding).exists()


def test_a_small_count_does_not_excuse_a_wrong_estimate(as_person: Any) -> None:
    """The unit is "rubric points"; "points" alone means it too, also where the number is a count of the sample."""
    client = as_person("tomas")
    finding = primary(run_study(client, COACHING))
    with as_owner():
        arm = selectors.result_of(finding.run).primary.flow.analysed.intervention
    sentence = f"Coaching raised practice by {arm} points."
    response = client.post(reverse("analyst:claim", args=[finding.pk]), {"sentence": sentence})
    assert response.status_code == 422
    assert "number" in {reason.rule for reason in response.context["refusal"].reasons}


def test_the_suggested_claim_is_kept_and_listed(as_person: Any) -> None:
    client = as_person("tomas")
    finding = primary(run_study(client, STAR))
    url = reverse("analyst:claim", args=[finding.pk])
    with max_queries(15):
        page = client.get(url)
    sentence = page.context["sentence"]
    assert client.post(url, {"sentence": sentence}).status_code == 302
    kept = client.get(reverse("analyst:desk")).context["claims"]
    assert [claim.sentence for claim in kept if claim.finding_id == finding.pk] == [sentence]


def test_the_network_lead_reads_and_does_not_write(as_person: Any) -> None:
    client = as_person("ines")
    plan = plan_of(STAR)
    assert client.get(reverse("analyst:study", args=[STAR])).status_code == 200
    lottery = client.get(reverse("analyst:study", args=[COACHING]))  # its scores are not hers to read; its design is
    assert lottery.context["plan"].units > 0
    assert lottery.context["plan"].sd is None
    assert client.post(reverse("analyst:run", args=[plan.pk])).status_code == 404
    assert client.post(reverse("analyst:plan", args=[plan.pk]), {"text": plan.text}).status_code == 404


@pytest.mark.parametrize("person", ["amara", "grace", "ruth"])
def test_strangers_do_not_learn_that_studies_exist(as_person: Any, person: str) -> None:
    client = as_person(person)
    assert client.get(reverse("analyst:study", args=[STAR])).status_code == 404
    assert client.get(reverse("analyst:plan", args=[plan_of(STAR).pk])).status_code == 404


@pytest.mark.parametrize("name", ["plan", "report", "claim"])
def test_bad_id(as_person: Any, name: str) -> None:
    assert as_person("tomas").get(reverse(f"analyst:{name}", args=[10**9])).status_code == 404


@pytest.mark.parametrize("name", ["plan_new", "register", "run"])
def test_wrong_method(as_person: Any, name: str) -> None:
    args = [STAR] if name == "plan_new" else [plan_of(STAR).pk]
    assert as_person("tomas").get(reverse(f"analyst:{name}", args=args)).status_code == 405
