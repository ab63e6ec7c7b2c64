"""The report says what the result says, in one file that needs nothing else."""

from __future__ import annotations

import re
from itertools import pairwise

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.analysis.summary import summarize
from pse_opt.report import page as report_page
from pse_opt.report.page import report_html, sections
from pse_opt.report.parts import table
from pse_opt.terminal import money, percent, whole
from tests.conftest import small_tables
from tests.report.pages import Page

SCRIPT = "<script>alert(1)</script>"
LOADS = ("src", "href", "xlink:href", "data", "poster", "srcset", "action")


@pytest.fixture(scope="module")
def result():
    return pse.solve("mw-districts", "equalized", gap=0.05, time_limit=30)


@pytest.fixture(scope="module")
def text(result):
    return report_html(result)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def named(**names):
    """The small instance with names of one's own, solved."""
    tables = small_tables(regions={"name": names["regions"]}, jurisdictions=None)
    tables["services"] = tables["services"].assign(name=names.get("service", "Health"))
    tables["providers"] = tables["providers"].assign(name=names.get("provider", "Someone"))
    about = {"name": "small", "title": names.get("title", ""), "currency": "€ <b>"}
    return pse.solve(pse.Instance.from_tables(tables, about), "core", gap=0)


def test_headings_stand_in_order_and_landmarks_are_there(page):
    levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1, landmark
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.misnested == []


def test_every_picture_says_what_it_shows_and_every_table_has_caption_and_scopes(page):
    pictures = page.all("svg", "img")
    assert len(pictures) >= 8
    for picture in pictures:
        assert picture.attributes["role"] == "img"
        assert len(picture.attributes["aria-label"]) > 20
    tables = page.all("table")
    assert len(page.all("caption")) == len(tables) >= 10
    for head in page.all("th"):
        wanted = "col" if "thead" in head.inside else "row"
        assert head.attributes["scope"] == wanted


def test_all_sections_are_there_and_the_links_to_them_lead_somewhere(page):
    keys = [e.attributes["id"] for e in page.all("section")]
    assert keys == ["question", "answer", "who", "costs", "maps", "equalization", "limits",
                    "changes", "method"]  # fmt: skip
    identifiers = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(set(identifiers)) == len(identifiers)
    for link in page.all("a"):
        assert link.attributes["href"].removeprefix("#") in identifiers
    for element in page.elements:
        for name in element.attributes.get("aria-labelledby", "").split():
            assert name in identifiers


def test_nothing_is_loaded_from_anywhere(page, text):
    for element in page.elements:
        for name in LOADS:
            value = element.attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (element.tag, value)
    assert not re.search(r"url\((?!#)|@import|<!DOCTYPE svg|<\?xml", text)
    policy = next(e for e in page.all("meta") if "http-equiv" in e.attributes)
    assert policy.attributes["content"].startswith("default-src 'none'")


def test_the_answer_has_the_figures_of_the_result(page, result):
    summary = summarize(result)
    told = page.text_of("answer")
    assert money(summary.public_cost_plan) in told
    assert money(summary.public_cost_today) in told
    assert percent(summary.covered_plan) in told
    assert f"NGOs {percent(summary.shares['ngo'], 0)}" in told
    assert whole(summary.below_today) in told
    widest = max(summary.services, key=lambda s: s.greatest - s.least)
    assert f"most in {widest.name}" in told
    assert percent(widest.least) in told
    assert percent(widest.greatest) in told
    assert f"by more than {100 * result.gap:.2g}%" in told


def test_costs_terms_and_certificate_are_those_of_the_result(page, result):
    costs = page.text_of("costs")
    for term, value in result.costs.items():
        if value:
            assert term.replace("_", " ") in costs
            assert money(value) in costs
    method = page.text_of("method")
    assert f"{100 * result.gap:.4f}%" in method
    assert "verified by the independent checker" in method
    assert result.instance.about.assumptions[0] in method
    assert result.instance.about.sources[0].title in method
    assert result.versions["highs"] in method


def test_what_each_payer_pays_adds_up_to_all_payments(result):
    found = next(s for s in sections(result) if s.key == "costs")
    payers = next(t for t in found.tables if t.caption == "What each payer pays")
    total = sum(float(row[1].replace(",", "")) for row in payers.rows)
    costs = result.costs
    public = result.verification.public_cost
    assert total == pytest.approx(public + costs["user"] + costs["own"], abs=len(payers.rows))


def test_measures_are_those_of_the_checker(result):
    found = next(s for s in sections(result) if s.key == "equalization")
    lines = next(t for t in found.tables if t.caption.startswith("Inequality"))
    plan = {row[0]: row for row in lines.rows if row[1] == "plan"}
    names = dict(zip(result.instance.services["service"], result.instance.services["name"],
                     strict=True))  # fmt: skip
    for service, measured in result.inequality["regions"].items():
        row = plan[names[service]]
        assert row[2] == f"{100 * measured['range']:.2f}"
        assert row[3] == f"{100 * measured['gini']:.2f}%"


def test_limits_that_bind_are_named(page, result):
    told = page.text_of("limits")
    assert "coverage target" in told
    assert "equalization.regions" in told
    offers = result.plan.offers
    at_capacity = int((offers["utilization"] > 1 - 0.005 + 1e-9).sum())
    assert f"capacity in {at_capacity:,} places" in told


def test_text_of_users_is_text(tmp_path):
    result = named(
        regions=[SCRIPT, "a $x_1$ & <b>b</b>"],
        service=f"{SCRIPT} $s$",
        provider="</svg><img src=x onerror=alert(2)>",
        title=f"{SCRIPT}</title>",
    )
    path = pse.report(result.instance, result, tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.all("script")) == 1
    assert page.all("img", "b") == []
    assert SCRIPT in page.text_of("equalization")
    assert any(SCRIPT in e.text for e in page.all("svg"))
    assert any("$x_1$" in e.text for e in page.all("svg")), "a name is no formula"
    assert "alert(2)" in page.text_of("who")
    assert SCRIPT in page.all("h1")[0].text


def test_names_in_other_scripts_stay_text_in_pictures():
    page = Page(report_html(named(regions=["南明区", "ጎንደር"])))
    pictures = "".join(e.text for e in page.all("svg"))
    assert "南明区" in pictures or "ጎንደር" in pictures
    assert "南明区" in page.text_of("equalization")


def test_a_local_name_stands_beside_the_name():
    tables = small_tables(regions={"name": ["North", "South"], "name_local": ["北", "South"]})
    result = pse.solve(pse.Instance.from_tables(tables), "core", gap=0)
    told = Page(report_html(result)).text_of("equalization")
    assert "North (北)" in told
    assert "South (South)" not in told


def test_without_a_plan_the_reasons_are_told():
    instance = pse.Instance.from_tables(small_tables())
    result = pse.solve(instance, "core", overrides={"coverage.floor": 1.0})
    assert result.status == "infeasible"
    page = Page(report_html(result))
    told = page.text_of("answer")
    assert "There is no plan that keeps all rules." in told
    assert result.reasons
    for reason in result.reasons:
        assert " ".join(reason.split()) in told
    keys = [e.attributes["id"] for e in page.all("section")]
    assert keys == ["question", "answer", "method"]


def test_without_places_and_without_a_plan_of_today_the_rest_is_told():
    tables = small_tables(regions={"longitude": [None] * 2, "latitude": [None] * 2})
    tables["links"] = pd.DataFrame(
        {"offer": ["clinic", "mobile"], "region": ["north", "south"], "travel": [1.0, 1.0]}
    )
    result = pse.solve(
        pse.Instance.from_tables(tables), "core", overrides={"coverage.target": 0.8}, gap=0
    )
    page = Page(report_html(result))
    assert "no map" in page.text_of("maps")
    assert "no plan of today" in page.text_of("changes")
    assert "today" not in page.text_of("answer")


def test_groups_and_last_resort_are_told():
    result = pse.solve("cn-qinghai-minority", "equalized-groups", gap=0.1, time_limit=20)
    assert result.plan is not None
    found = {s.key: s for s in sections(result)}
    groups = next(t for t in found["equalization"].tables if t.caption == "Coverage of groups")
    assert {row[1] for row in groups.rows} == set(result.instance.needs["group"])


def test_a_long_table_says_how_long_it_is_and_where_the_rest_is():
    found = table("Many", ["n"], ([str(k)] for k in range(5000)), file="plan.csv")
    assert len(found.rows) == 3000
    assert "The first 3,000 of 5,000 rows; all are in plan.csv" in found.note


def test_the_extra_is_named_where_jinja_is_missing(monkeypatch, result):
    monkeypatch.setattr(report_page.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(pse.InputError, match=r"pse-opt\[report\]"):
        report_html(result)


def test_a_result_of_another_instance_is_refused(result, tmp_path):
    other = pse.load_instance("tiny-two-districts")
    with pytest.raises(pse.InputError, match="the result is of mw-districts"):
        pse.report(other, result, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
