"""`fairlead impact run`, `wwc` and `plan power`: from a plan and a file to a report, and from a record to a verdict."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fairlead.cli import main
from fairlead.science import impact
from fairlead.science.impact.rendering.charts import svg
from fairlead.science.impact.rendering.page import page
from fairlead.science.impact.rendering.pdf import pdf

PACKAGE = Path(impact.__file__).parent
PLAN, DATA = PACKAGE / "plans" / "star_kindergarten.toml", PACKAGE / "data" / "star_kindergarten.parquet"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("star") / "new" / "folder"
    assert main(["impact", "run", str(PLAN), "--data", str(DATA), "--out", str(folder), "--seed", "7"]) == 0
    return folder


def test_the_stored_result_is_the_published_one_and_reads_back(out: Path) -> None:
    text = (out / "results.json").read_text(encoding="utf-8")
    result = impact.StudyResult.from_json(text)
    main_result = result.primary.estimate
    assert f"{main_result.estimate:.3f} ({main_result.se:.3f})" == "15.933 (2.241)"
    plain = result.result("total_score", "difference").estimate
    assert f"{plain.estimate:.3f} ({plain.se:.3f})" == "13.899 (2.454)"
    assert json.loads(result.to_json()) == json.loads(text)
    stored = json.loads(text)
    assert stored["seed"] == 7
    assert len(stored["data_hash"]) == len(stored["plan_hash"]) == 64
    assert stored["versions"]["numpy"]
    flow = stored["results"][0]["flow"]
    assert [(item["reason"], item["column"]) for item in flow["dropped"]] == [
        ("missing_outcome", "reading + math"), ("missing_covariate", "teacher_experience"),
    ]  # fmt: skip
    assert stored["results"][0]["estimate"]["converged"] is True


def test_a_result_stored_before_these_fields_still_reads(out: Path) -> None:
    old = json.loads((out / "results.json").read_text(encoding="utf-8"))
    del old["seed"]
    for item in old["results"]:
        del item["estimate"]["method"]
        del item["estimate"]["converged"]
    assert impact.StudyResult.from_json(json.dumps(old)).primary.estimate.converged


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed(out: Path) -> None:
    text = (out / "report.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert "script" not in page.seen
    assert page.seen.count("svg") == page.seen.count("figure") == page.seen.count("details") == 3
    assert text.count('role="img"') == 3
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "15.9 points" in text
    assert "Meets standards without reservations" in text


def test_the_first_page_answers_who_reads_nothing_else(out: Path) -> None:
    result = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    (glance,) = impact.build_report(result).section("answer").tables
    told = dict(glance.rows)
    assert told["How large is the difference?"] == "15.9 points; the data agree with anything from 11.5 to 20.3"
    assert told["How far can it be trusted?"].startswith(
        "Meets standards without reservations (WWC 4.1); provisional"
    )
    assert told["In percentiles?"].endswith("at about percentile 58 (interval 56 to 61)")
    assert "What speaks against it?" not in told
    assert {row[0] for row in impact.build_report(result, "es").section("answer").tables[0].rows}.isdisjoint(told)


def test_a_long_name_is_broken_and_not_cut_off() -> None:
    long = "effect of the draw, with free lunch, gender and school effects, errors by school"
    drawn = svg(impact.FigureData("f", "forest", "t", "s", ("a", "b", "low", "high"), ((long, 1.0, 0.5, 1.5),)))
    texts = [
        element.text or ""
        for element in ElementTree.fromstring(drawn).iter()
        if element.tag.endswith(("text", "tspan"))
    ]
    assert not [text for text in texts if "…" in text]
    assert " ".join(text for text in texts if len(text) > 5 and text in long) == long


def test_the_pdf_is_tagged_and_always_the_same(out: Path) -> None:
    raw = (out / "report.pdf").read_bytes()
    assert raw.startswith(b"%PDF-")
    assert b"/MarkInfo" in raw
    assert b"pdfuaid" in raw
    result = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    assert pdf(impact.build_report(result)) == raw
    assert pdf(impact.build_report(result, "es"), paper="a4").startswith(b"%PDF-")


def test_each_picture_says_what_it_shows(out: Path) -> None:
    result = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    for section in impact.build_report(result).sections:
        for figure in section.figures:
            root = ElementTree.fromstring(svg(figure))
            assert [root[0].text, root[1].text] == [figure.title, figure.summary]


def test_every_colour_of_a_chart_has_another_on_a_dark_screen(out: Path) -> None:
    text = (out / "report.html").read_text(encoding="utf-8")
    style, pictures = text.split("</style>")
    assert "prefers-color-scheme: dark" in style
    used = set(re.findall(r'(fill|stroke)="(#[0-9a-f]{6})"', pictures))
    assert used
    assert {pair for pair in used if f'[{pair[0]}="{pair[1]}"]' not in style} == set()


def test_the_numbers_of_a_figure_are_written_as_in_the_tables_in_spanish_too(out: Path) -> None:
    result = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    text = page(impact.build_report(result, "es"))
    tables = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    assert any(">Desde<" in table and ">Hasta<" in table for table in tables)
    assert not [table for table in tables if re.search(r">-[0-9]|>low<|>[0-9]{4,}<", table)]


def test_the_sample_says_what_was_lost_and_the_estimates_say_the_unit_once(out: Path) -> None:
    result = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    report = impact.build_report(result)
    line = next(line.text for line in result.primary.verdict.lines if line.rule == "attrition")
    assert line in report.section("sample").paragraphs
    table = report.section("estimates").tables[0]
    assert table.caption == "Estimates by model: combined reading and math score, in points"
    assert table.columns[0] == "Model"
    assert next(row[1:4] for row in table.rows) == ("15.93", "2.24", "[11.54, 20.33]")


def test_what_cannot_be_run_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "run", str(PLAN), "--data", str(tmp_path / "no.csv"), "--out", str(tmp_path)]) == 2
    assert "no such file" in capsys.readouterr().err
    rows = impact.star_kindergarten().drop("math")
    rows.write_parquet(tmp_path / "rows.parquet")
    arguments = ["impact", "run", str(PLAN), "--data", str(tmp_path / "rows.parquet"), "--out", str(tmp_path / "o")]
    assert main(arguments) == 2
    assert "no such column" in capsys.readouterr().err
    assert main([*arguments[:-1], str(tmp_path), "--registered", "soon"]) == 2
    assert "--registered" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["impact", "run", str(PLAN), "--data", str(DATA), "--out", str(tmp_path / "file" / "x")]) == 2
    assert "--out" in capsys.readouterr().err


RECORD = {
    "version": "4.1",
    "design": "randomized_cluster",
    "unit": "school",
    "outcome": {"label": "reading", "domain": "achievement", "reliability_kind": "standardised"},
    "assigned": {"intervention": 500, "comparison": 500},
    "analysed": {"intervention": 500, "comparison": 500},
    "clusters_assigned": {"intervention": 20, "comparison": 20},
    "clusters_analysed": {"intervention": 20, "comparison": 20},
    "assigned_in_kept_clusters": {"intervention": 500, "comparison": 500},
    "providers": {"intervention": 20, "comparison": 20},
    "students": 1000,
    "sites": 40,
    "finding": {"effect": 0.25, "clusters": {"icc": 0.20, "size": 25, "handled": False}},
}


def rate(record: object, tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict:
    path = tmp_path / "study.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert main(["impact", "wwc", str(path), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_clusters_left_out_are_put_back_by_both_formulas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """g = 0.25, N = 1,000 in clusters of 25, ρ = 0.20: 4.1 gives t 3.9375 → 1.627, p 0.104; the older formula, without
    g²/2N, 3.953 → 1.633, h 516.2, p 0.103 (EVIDENCE_STANDARDS §4)."""
    answer = rate(RECORD, tmp_path, capsys)
    assert (answer["rating"], answer["character"], answer["essa"]) == ("MWOR", "uncertain", "none")
    line = next(line["text"] for line in answer["lines"] if line["rule"] == "clustering")
    assert "t 3.937 → 1.627, 516.2 df, p 0.104" in line
    assert "t 3.953 → 1.633, p 0.103" in line
    handled = {**RECORD, "finding": {"effect": 0.25, "se": 0.1}}
    assert rate(handled, tmp_path, capsys)["character"] == "positive"


def test_a_record_is_rated_by_the_version_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    five = rate(RECORD, tmp_path, capsys, "--version", "5.0")
    assert five["version"] == "5.0"
    assert five["provisional"]


def test_baseline_from_means_and_deviations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Means 10.2 and 10, both SD 2, 200 each: g = 0.1 × (1 − 3/(4·398 − 1)), so it needs adjustment."""
    base = {"measure": "pretest", "n": [200, 200], "means": [10.2, 10.0], "sds": [2.0, 2.0]}
    record = {
        "design": "qed", "unit": "student", "outcome": RECORD["outcome"], "analysed": {"intervention": 200, "comparison": 200},
        "students": 400, "sites": 2, "finding": {"effect": 0.5, "se": 0.1}, "baseline": [base],
    }  # fmt: skip
    plain = rate(record, tmp_path, capsys)
    assert plain["rating"] == "DNM"
    assert next(line["value"] for line in plain["lines"] if line["rule"] == "equivalence") == "0.100"
    adjusted = rate({**record, "baseline": [{**base, "adjusted": True}]}, tmp_path, capsys)
    assert (adjusted["rating"], adjusted["essa"]) == ("MWR", "2")


def test_a_result_of_a_run_is_rated_as_in_its_report(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "wwc", str(out / "results.json"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    stored = impact.StudyResult.from_json((out / "results.json").read_text(encoding="utf-8"))
    assert answer["rating"] == stored.primary.verdict.rating == "MWOR"
    assert [line["text"] for line in answer["lines"]] == [line.text for line in stored.primary.verdict.lines]
    assert [other["rating"] for other in answer["others"]] == ["DNM", "MWOR"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"design": "rct"}, "design"),
        ({"analysed": {"intervention": 3}}, "analysed.comparison"),
        ({"finding": {}}, "finding"),
        ({"clusters_assigned": None}, "clusters_assigned"),
        ({"design": "randomized_paired", "clusters_analysed": None}, "clusters_analysed"),
        ({"sitess": 3}, "sitess"),
        ({"baseline": [{"measure": "pretest"}]}, "baseline[0]"),
    ],
)
def test_records_with_faults_are_refused(
    change: dict, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "study.json"
    record = {key: value for key, value in {**RECORD, **change}.items() if value is not None}
    path.write_text(json.dumps(record), encoding="utf-8")
    assert main(["impact", "wwc", str(path), "--json"]) == 2
    assert where in {problem["where"] for problem in json.loads(capsys.readouterr().out)["problems"]}


def test_power_of_a_plan_before_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["impact", "plan", "power", str(PLAN), "--units", "4000", "--blocks", "79", "--sd", "74", "--json"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    first = impact.power.blocked(4000 / 79, 79, covariates=1, sd=74)
    assert answer["guesses"][0]["mdes_native"] == pytest.approx(first.mdes_native)
    assert answer["guesses"][0]["power_for_smallest_effect"] == pytest.approx(first.power_for_native(5.0))
    assert main(["impact", "plan", "power", str(PLAN)]) == 2
    assert "--units" in capsys.readouterr().err


def test_clusters_are_never_taken_to_be_alike(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(Path(__file__).parents[3] / "examples" / "achievement_awards" / "plan.toml")
    asked = ["impact", "plan", "power", plan, "--units", "40"]
    assert main(asked) == 2
    assert "--per-cluster 60" in capsys.readouterr().err
    assert main([*asked, "--per-cluster", "60", "--r2", "0.5", "--json"]) == 0
    guesses = json.loads(capsys.readouterr().out)["guesses"]
    assert [row["icc"] for row in guesses] == [0.10, 0.17, 0.26]
    assert all(row["r2_cluster"] == 0.5 for row in guesses)
    assert main([*asked, "--per-cluster", "60", "--icc", "0.2"]) == 0
    assert "not given" not in capsys.readouterr().out


def test_a_study_in_a_notebook(tmp_path: Path) -> None:
    study = impact.Study(PLAN, DATA)
    assert "15.9331" in str(study)
    assert study._repr_html_().startswith("<main>")
    study.save(tmp_path, language="es")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count('lang="es"') == 1
    assert sorted(study.table.columns) == sorted(impact.columns_used(study.plan))
