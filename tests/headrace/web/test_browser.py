"""The pages in a real Chromium: charts are drawn, nothing is refused or loaded from elsewhere, keys and themes work,
and axe finds nothing against WCAG 2.1 AA."""

import os
import shutil
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from headrace.web.app import PAGES
from tests.headrace.web.conftest import headrace, served

pytestmark = [pytest.mark.xdist_group("web"), pytest.mark.browser]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Pages that lead on from those of the menu; the account has most of what there is.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# How many different colours a drawn chart has at the least: ground, grid, text, bars.
DRAWN = """canvas => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, found = new Set();
    for (let at = 0; at < data.length; at += 4) found.add(data.slice(at, at + 4).join());
    return found.size;
}"""


def chromium() -> str:
    named = os.environ.get("HEADRACE_TEST_CHROMIUM", "")
    return named or next((found for name in NAMES if (found := shutil.which(name))), "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if not path:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in HEADRACE_TEST_CHROMIUM")
    with sync_playwright() as started:
        # A sandbox needs rights that root does not have in a container; only our own pages are opened.
        found = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


class Watched:
    """A page of a fresh profile; whatever it complains of, or asks of others, is kept in `wrong`."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.wrong: list[str] = []
        self.site = site
        self.page: Page = context.new_page()
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.wrong.append(said.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda asked: asked.url.startswith(site) or self.wrong.append(f"asked {asked.url}"))

    def open(self, address: str) -> Page:
        answer = self.page.goto(self.site + address)
        assert answer is not None
        assert answer.ok, f"{address}: {answer.status}"
        return self.page


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield found
    found.close()


@pytest.fixture
def watched(context: BrowserContext, site: str) -> Iterator[Watched]:
    found = Watched(context, site)
    yield found
    assert found.wrong == []


@pytest.fixture(scope="module")
def account(shop: Path) -> str:
    """The address of the account with the most decisions."""
    sql = "SELECT concat(tenant, '/', entity, '/', account_id) AS a FROM decisions WHERE account_id LIKE 'C%' GROUP BY a ORDER BY count() DESC, a LIMIT 1"
    return "/account/" + headrace("query", "--dir", str(shop), sql, "--format", "csv").splitlines()[1]


def axe(page: Page) -> list[str]:
    """What axe finds, a line for each."""
    page.evaluate(axe_script())
    found: dict[str, Any] = page.evaluate("tags => axe.run(document, { runOnly: tags })", WCAG)
    return [
        f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def axe_script() -> str:
    path = distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")
    return Path(str(path)).read_text()


@pytest.mark.parametrize("path", [path for path, _, _, _ in PAGES])
def test_every_chart_is_drawn_from_its_table(watched: Watched, path: str) -> None:
    page = watched.open(path)
    figures = page.locator("figure.chart")
    canvases = page.locator("figure.chart canvas")
    assert canvases.count() == figures.count()
    for at in range(canvases.count()):
        assert canvases.nth(at).evaluate(DRAWN) > 4
    if path not in ("/accounts",):
        assert figures.count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, account: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    try:
        found = []
        watched = Watched(context, site)
        for path in (*(path for path, _, _, _ in PAGES), account, "/why/0-0"):
            page = watched.open(path)
            page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
            found += [f"{path}: {said}" for said in axe(page)]
        assert found == []
        assert watched.wrong == []
    finally:
        context.close()


def test_a_dark_system_gets_a_dark_page_and_the_choice_is_kept(browser: Browser, site: str) -> None:
    context = browser.new_context(color_scheme="dark")
    try:
        watched = Watched(context, site)
        page = watched.open("/")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        dark = page.evaluate(ground)
        assert dark == "rgb(17, 22, 28)"
        page.get_by_role("button", name="Use light colours").click()
        light = page.evaluate(ground)
        assert light == "rgb(246, 247, 249)"
        # Also on the next page, from its first moment on: the server says so.
        page.get_by_role("link", name="Aging").first.click()
        assert page.locator("html").get_attribute("data-theme") == "light"
        assert page.evaluate(ground) == light
        assert watched.wrong == []
    finally:
        context.close()


def test_everything_is_reached_by_keys(watched: Watched) -> None:
    page = watched.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the figures"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    order = []
    for _ in range(60):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                "document.activeElement.name || document.activeElement.id || document.activeElement.textContent.trim()"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"{order[-1]} does not show that it has the focus"
        if order[-1].startswith("Figures"):
            break
    wanted = [
        "Skip to the figures",
        "headrace",
        "as_of",
        "currency",
        "period",
        "live",
        "theme",
        "Overview",
        "Operations",
        "Receivables",
    ]
    places = [order.index(name) for name in wanted]
    assert places == sorted(places)
    # The table of the first chart.
    details = page.locator("figure.chart details").first
    assert not details.evaluate("each => each.open")
    page.keyboard.press("Enter")
    assert details.evaluate("each => each.open")
    assert page.get_by_role("table", name="Open items by age").is_visible()


def test_filters_lead_to_an_address_that_says_the_same(watched: Watched) -> None:
    page = watched.open("/aging")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Period").select_option("12")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**/aging?*currency=EUR*")
    assert "period=12" in page.url
    assert page.locator(".from").inner_text().startswith("EUR")
    page.get_by_role("link", name="Disputes").first.click()
    page.wait_for_url("**/disputes?*currency=EUR*")
    assert page.get_by_label("Currency").input_value() == "EUR"


def test_from_the_largest_debtor_to_why(watched: Watched) -> None:
    page = watched.open("/")
    page.get_by_role("region", name="Open items by account").get_by_role("link").first.click()
    page.wait_for_url("**/account/**")
    line = page.get_by_role("region", name="Timeline").get_by_role("link").first
    name = line.inner_text()
    line.click()
    page.wait_for_url("**/why/**")
    assert page.get_by_role("heading", level=1).inner_text() == f"Why {name}"
    assert page.get_by_role("heading", name="Policy").is_visible()
    assert page.get_by_role("heading", name="Caused by").is_visible()


def test_nothing_is_wider_than_a_telephone(browser: Browser, site: str, account: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    try:
        watched = Watched(context, site)
        for path in (*(path for path, _, _, _ in PAGES), account):
            page = watched.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    finally:
        context.close()


def test_a_page_without_scripts_has_its_tables(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site + "/aging")
        assert page.locator("figure.chart .canvas").first.is_hidden()
        page.locator("figure.chart summary").first.click()
        assert page.get_by_role("table", name="Open items by age").is_visible()
    finally:
        context.close()


def test_a_page_that_is_open_shows_what_comes(browser: Browser, shop: Path, tmp_path: Path) -> None:
    """Somebody notes something about an account; its page, which is open, shows it without being asked."""
    own = tmp_path / "shop"
    # chDB's directory has absolute links within itself: the copy's views are made anew.
    shutil.copytree(shop, own, ignore=shutil.ignore_patterns("run", "clickhouse*"))
    headrace("run", "publish", "--sink", "clickhouse", "--until-idle", "--dir", str(own))
    sql = "SELECT tenant, entity, account_id FROM decisions WHERE account_id LIKE 'C%' ORDER BY account_id LIMIT 1"
    tenant, entity, name = headrace("query", "--dir", str(own), sql, "--format", "csv").splitlines()[1].split(",")
    context = browser.new_context()
    try:
        with served(own) as site:
            watched = Watched(context, site)
            page = watched.open(f"/account/{tenant}/{entity}/{name}")
            page.get_by_role("region", name="Timeline").get_by_role("link").nth(1).focus()
            first = page.get_by_role("region", name="Timeline").get_by_role("row").nth(1).inner_text()
            href = page.evaluate("document.activeElement.getAttribute('href')")
            headrace(
                "note",
                f"account:{name}",
                "A note that came in.",
                "--by",
                "anna",
                "--account",
                f"{tenant}/{entity}/{name}",
                "--dir",
                str(own),
            )
            headrace("run", "all", "--replay", "--until-idle", "--dir", str(own))
            page.wait_for_function(
                "first => document.querySelector('[aria-label=Timeline] tbody tr').innerText !== first",
                arg=first,
                timeout=60_000,
            )
            assert page.evaluate("document.activeElement.getAttribute('href')") == href
            assert watched.wrong == []
    finally:
        context.close()


def test_a_page_without_a_menu_has_the_whole_width(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto(f"{site}/aging?currency=XXX")
        assert page.locator("main").bounding_box()["width"] > 1200  # type: ignore[index]
        page.goto(f"{site}/aging")
        assert 1000 < page.locator("main").bounding_box()["width"] < 1120  # type: ignore[index]
    finally:
        context.close()
