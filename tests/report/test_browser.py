"""A report in a browser: it opens, sorts, filters, fits a phone, and fetches nothing."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

import pse_opt as pse
from pse_opt.cli import main
from tests.conftest import small_tables

pytestmark = pytest.mark.browser

SMALLEST = """() => Math.min(...[...document.querySelectorAll('figure svg text')].map(t =>
    parseFloat(getComputedStyle(t).fontSize) *
    Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)))"""
"""Size in pixels of the smallest letters in pictures."""
SCRIPT = "<script>alert(1)</script>"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium with the driver playwright."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed: pip install 'pse-opt[dev]'")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as driver:
        found = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if root else []
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The report of a plan, all its regions named as a script."""
    result = pse.solve("mw-districts", "equalized", gap=0.05, time_limit=30)
    path = tmp_path_factory.mktemp("browser") / "report.html"
    return pse.report(result.instance, result, path)


class Visit:
    """A page with all that happened while it was open."""

    def __init__(self, browser, path, width=1280):
        self.page = browser.new_page(viewport={"width": width, "height": 800})
        self.messages, self.requests, self.dialogs = [], [], []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog), dialog.dismiss()))
        self.page.goto(path.as_uri())

    def column(self, table, number):
        """Texts of the rows that are seen."""
        cells = table.locator(f"tbody tr:not([hidden]) > :nth-child({number})")
        return cells.all_text_contents()


@pytest.fixture
def visit(browser, file):
    found = Visit(browser, file)
    yield found
    found.page.close()


def opened(visit, caption):
    """The table of a caption, unfolded."""
    folded = visit.page.locator("details", has=visit.page.locator("caption", has_text=caption))
    folded.locator("summary").click()
    return folded


def test_it_opens_without_errors_and_asks_for_nothing_but_itself(visit, file):
    assert visit.messages == []
    assert visit.requests == [file.as_uri()]


def test_a_table_is_sorted_by_numbers_both_ways_by_keyboard_too(visit):
    part = opened(visit, "Coverage of need by region")
    table = part.locator("table")
    head = table.locator("thead th", has_text="people")
    head.locator("button").click()
    people = [int(t.replace(",", "")) for t in visit.column(table, 3)]
    assert people == sorted(people)
    assert len(people) == 28
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").focus()
    visit.page.keyboard.press("Enter")
    people = [int(t.replace(",", "")) for t in visit.column(table, 3)]
    assert people == sorted(people, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert visit.messages == []


def test_a_long_table_is_filtered_and_shows_more_when_asked(visit):
    part = opened(visit, "Offers engaged")
    table = part.locator("table")
    assert len(visit.column(table, 1)) == 100
    part.get_by_role("button", name="Show all").click()
    total = table.locator("tbody tr").count()
    assert len(visit.column(table, 1)) == total > 1000
    part.get_by_label("Find").fill("CHAM facilities")
    kinds = visit.column(table, 3)
    assert kinds
    assert set(kinds) == {"NGO"}
    said = part.get_by_role("status").text_content()
    assert said.endswith("rows shown")
    assert visit.messages == []


def test_it_is_no_wider_than_a_phone_and_letters_in_pictures_can_be_read(browser, file):
    visit = Visit(browser, file, width=390)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visit.page.evaluate(SMALLEST) > 6.5
    visit.page.close()


def test_text_can_be_told_from_its_ground_in_light_and_dark(browser, file):
    for scheme in ("light", "dark"):
        visit = Visit(browser, file)
        visit.page.emulate_media(color_scheme=scheme)
        poor = visit.page.evaluate(CONTRAST)
        assert poor == [], scheme
        visit.page.close()


CONTRAST = """() => {
  const numbers = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => numbers(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if ((numbers(c)[3] ?? 1) > 0) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = new Set();
  for (const e of document.querySelectorAll("p, li, h1, h2, a, th, td, caption, summary, figcaption")) {
    if (!e.checkVisibility() || !e.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.add(`${e.tagName} ${e.className}`);
  }
  return [...poor];
}"""  # noqa: E501


@pytest.fixture(scope="module")
def analyses(tmp_path_factory):
    """Reports of a plan, a frontier and a comparison of Zambia, from the folders written."""
    folder = tmp_path_factory.mktemp("analyses")
    frontier = ["frontier", "zm-provinces", "--points", "3", "--gap", "0.05"]
    compare = ["compare", "zm-provinces", "--models", "government-only,ngo-mixed"]
    compare += ["--gap", "0.05", "--steps", "0", "--no-variants"]
    solve = ["solve", "zm-provinces", "--model", "equalized", "--gap", "0.1"]
    lines = {"plan": solve, "frontier": frontier, "compare": compare}
    for name, line in lines.items():
        where = str(folder / name)
        assert main([*line, "--out", where, "--quiet"]) == 0
        assert main(["report", where, "--quiet"]) == 0
    return {name: folder / name / "report.html" for name in lines}


@pytest.mark.parametrize("kind", ["frontier", "compare"])
def test_a_report_of_an_analysis_opens_sorts_fits_a_phone_and_fetches_nothing(
    browser, analyses, kind
):
    visit = Visit(browser, analyses[kind])
    table = visit.page.locator("table", has_text="points of coverage").first
    head = table.locator("thead th", has_text="people")
    head.locator("button").click()
    people = [int(t.replace(",", "")) for t in visit.column(table, 2)]
    assert people == sorted(people)
    assert len(people) > 3
    assert visit.messages == []
    assert visit.requests == [analyses[kind].as_uri()]
    visit.page.set_viewport_size({"width": 390, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visit.page.evaluate(SMALLEST) > 6.5
    visit.page.close()


@pytest.mark.parametrize(
    ("kind", "width"), [("plan", 390), ("frontier", 1280), ("frontier", 390), ("compare", 390)]
)
def test_nothing_keeps_people_with_a_handicap_out(browser, analyses, kind, width):
    """No serious or critical violation, and no other one either, as axe-core counts them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    visit = Visit(browser, analyses[kind], width=width)
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = axe.Axe().run(visit.page)
    assert found.response["passes"], "axe looked at something"
    assert found.violations_count == 0, found.generate_report()
    visit.page.close()


def test_a_page_that_keeps_people_out_is_noticed(browser, analyses):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    visit = Visit(browser, analyses["frontier"])
    visit.page.evaluate("document.documentElement.removeAttribute('lang')")
    visit.page.evaluate("document.querySelector('main p').style.color = '#cccccc'")
    found = {v["id"] for v in axe.Axe().run(visit.page).response["violations"]}
    assert {"html-has-lang", "color-contrast"} <= found
    visit.page.close()


def test_a_script_as_a_name_is_text(browser, tmp_path):
    tables = small_tables(regions={"name": [SCRIPT, SCRIPT]})
    result = pse.solve(pse.Instance.from_tables(tables), "core", gap=0)
    visit = Visit(browser, pse.report(result.instance, result, tmp_path / "report.html"))
    assert visit.dialogs == []
    assert visit.messages == []
    assert visit.page.get_by_text(SCRIPT, exact=True).count() >= 1
    assert visit.page.locator("svg").get_by_text(SCRIPT, exact=True).count() >= 1
    visit.page.close()


def test_without_scripts_all_rows_are_there(browser, file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator("summary", has_text="Offers engaged").click()
    rows = page.locator("details", has_text="Offers engaged").locator("tbody tr")
    assert rows.count() > 1000
    assert rows.last.is_visible()
    context.close()
