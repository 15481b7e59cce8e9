"""Pages as a reader has them: what the script adds, by mouse and keyboard, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import WIDTHS, needs_browser, opened_browser, overflowing, served, violations, watched_page
from tests.publishing.conftest import make
from tests.publishing.lint.test_constructs import write_chapter

pytestmark = needs_browser

LONG_TABLE = """
| County | Share |
|:-------|------:|
| Hua    | −2.5  |
| Xun    | 10.0  |
| Qi     |       |
| Wei    | 1,200 |

: Shares of simulated counties {#tbl-shares}

::: {.callout-note}
## Beside the point

Words in a note.
:::
"""
ALL = "chapters/03-all.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a book with every construct that chapters may use."""
    root = write_chapter(tmp_path_factory.mktemp("browser"))
    chapter = root / "chapters/03-all.qmd"
    chapter.write_text(chapter.read_text(encoding="utf-8") + LONG_TABLE, encoding="utf-8")
    make(root)
    with served(root / "_book") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    with watched_page(browser, site) as (found, complaints):
        found.goto(f"{site}/{ALL}")
        yield found
        assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "chapters/01-one.html", ALL, "references.html"])
def test_axe_finds_nothing_and_nothing_is_too_wide(browser: Browser, site: str, name: str, scheme: str) -> None:
    for width in WIDTHS:
        with watched_page(browser, site, width, scheme) as (page, complaints):
            page.goto(f"{site}/{name}")
            page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
            assert violations(page) == []
            assert overflowing(page) == []
            assert complaints == []


def test_search_finds_a_phrase(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Counted by county")
    expect(page.locator(".results a").first).to_contain_text("All of it")
    page.locator("#search").fill("zzzz")
    expect(page.locator(".results")).to_have_text("Nothing found.")


def test_tabs_work_by_keyboard(page: Page) -> None:
    tabs = page.get_by_role("tab")
    expect(page.get_by_text("Counted by county.")).to_be_visible()
    expect(page.get_by_text("Counted by city.")).to_be_hidden()
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(page.get_by_text("Counted by city.")).to_be_visible()
    expect(page.get_by_text("Counted by county.")).to_be_hidden()
    page.keyboard.press("Home")
    expect(tabs.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")


def test_folds_work_by_keyboard(page: Page) -> None:
    fold = page.locator("details.code-fold")
    code = fold.locator("pre")
    expect(code).to_be_hidden()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(code).to_be_visible()
    page.keyboard.press("Enter")
    expect(code).to_be_hidden()


def test_a_link_into_a_fold_opens_it(browser: Browser, site: str) -> None:
    with watched_page(browser, site) as (page, _):
        page.goto(f"{site}/chapters/01-one.html")
        number = page.locator("a.found").first
        number.click()
        expect(page.locator("#report-numbers")).to_have_attribute("open", "")


def test_tables_sort_and_go_back(page: Page) -> None:
    table = page.locator("#tbl-shares table")

    def names() -> list[str]:
        return table.locator("tbody tr td:first-child").all_inner_texts()

    share = table.get_by_role("button", name="Share")
    head = table.locator("th", has_text="Share")
    share.focus()
    page.keyboard.press("Enter")
    assert names() == ["Hua", "Xun", "Wei", "Qi"]
    expect(head).to_have_attribute("aria-sort", "ascending")
    share.click()
    assert names() == ["Wei", "Xun", "Hua", "Qi"]  # what is not known stays last
    expect(head).to_have_attribute("aria-sort", "descending")
    share.click()
    assert names() == ["Hua", "Xun", "Qi", "Wei"]
    expect(head).not_to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="County").click()
    assert names() == ["Hua", "Qi", "Wei", "Xun"]


def test_figures_open_large_and_close_by_keyboard(page: Page) -> None:
    button = page.get_by_role("button", name="Open Figure 3.1 large")
    button.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    expect(box).to_be_visible()
    expect(box.get_by_role("img")).to_have_attribute("alt", "A black square.")
    expect(box).to_contain_text("A square of black")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(button).to_be_focused()
    page.locator("#fig-constructs img").click()
    expect(box).to_be_visible()
    box.get_by_role("button", name="Close").click()
    expect(box).to_be_hidden()


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("a.xref[href='#fig-constructs']", "A square of black"),
        ("a.xref[href='#tbl-constructs']", "A table"),
        ("a.xref[href='#eq-constructs']", "(3.1)"),
        ("a.footnote-ref >> nth=0", "The first note."),
        (".citation a >> nth=0", "Smith"),
    ],
)
def test_links_show_what_they_lead_to(page: Page, link: str, shown: str) -> None:
    card = page.locator("#preview")
    page.locator(link).first.hover()
    expect(card).to_contain_text(shown)
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    assert page.evaluate("document.querySelectorAll('#preview [id]').length") == 0
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_preview_comes_by_keyboard_and_goes_with_the_focus(page: Page) -> None:
    page.locator("main a").first.focus()
    link = page.locator("a.xref[href='#tbl-constructs']").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(page.locator("#preview")).to_contain_text("A table")
    expect(link).to_have_attribute("aria-describedby", "preview")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(link).not_to_have_attribute("aria-describedby", "preview")


def test_colours_are_chosen_and_kept(browser: Browser, site: str) -> None:
    with watched_page(browser, site, scheme="light") as (page, complaints):
        page.goto(f"{site}/index.html")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Dark colours").click()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark != paper
        page.goto(f"{site}/{ALL}")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
        page.get_by_role("button", name="Light colours").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        assert complaints == []


def test_a_narrow_screen_has_a_menu(browser: Browser, site: str) -> None:
    with watched_page(browser, site, width=360) as (page, _):
        page.goto(f"{site}/{ALL}")
        menu, chapters = page.get_by_role("button", name="Contents"), page.get_by_role("navigation", name="Chapters")
        expect(chapters).to_be_hidden()
        menu.click()
        expect(chapters).to_be_visible()
        expect(chapters.get_by_role("link", name="A subsection")).to_be_visible()
        page.keyboard.press("Escape")
        expect(chapters).to_be_hidden()
        expect(menu).to_be_focused()


def test_the_section_being_read_is_marked(page: Page) -> None:
    current = page.locator(".contents a[aria-current]")
    expect(current).to_have_count(1)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(current).to_have_text("One without a number")


def test_without_the_script_everything_is_there(browser: Browser, site: str) -> None:
    with watched_page(browser, site, java_script_enabled=False) as (page, complaints):
        page.goto(f"{site}/{ALL}")
        for words in ("Counted by county.", "By city", "Counted by city.", "A square of black"):
            expect(page.get_by_text(words).first).to_be_visible()
        expect(page.get_by_role("button", name="Dark colours")).to_be_hidden()
        assert complaints == []


def test_on_paper_all_tabs_are_printed(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.get_by_text("Counted by city.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Chapters")).to_be_hidden()
