"""The page in a real browser: hostile texts do no harm, nothing overflows, it prints, a large one opens fast enough."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.runs import RunFolder

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; these tests fail, not skip, where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no Chromium on PATH: install the package 'chromium' to test the page"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def address(run: RunFolder) -> str:
    """Where the page of the complete run lies."""
    return write(run, run.file("report.html"))


def write(run: RunFolder, path: Path) -> str:
    path.write_text(render(read_content(run, "my-topics")), encoding="utf-8")
    return path.as_uri()


def opened(browser: Browser, address: str, width: int, scheme: str = "light") -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.goto(address)
    return page


CLIPPED = """() => [...document.querySelectorAll('h1,h2,h3,p,li,dt,dd,figcaption,.name,.value,svg text,blockquote')]
  .filter(e => !e.closest('.scroll') && !e.closest('details:not([open])'))
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([text, box]) => text && (box.right > document.documentElement.clientWidth + 1 || box.left < -1))
  .map(([text]) => text)"""

OVERLAPPING = """() => [...document.querySelectorAll('.dots .row')].flatMap(row => {
  const boxes = [...row.querySelectorAll('.name > span:last-child, .value')].map(e => e.getBoundingClientRect());
  const [a, b] = boxes;
  return b && a.right > b.left + 1 && a.left < b.right - 1 && a.bottom > b.top + 1 && a.top < b.bottom - 1
    ? [row.textContent.trim()] : [];
}).concat([...document.querySelectorAll('.scale svg, .plot > svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text:not(.number)')].map(e => [e.textContent, e.getBoundingClientRect()]);
  return texts.flatMap(([said, a], at) => texts.slice(at + 1)
    .filter(([, b]) => a.right > b.left && a.left < b.right && a.bottom > b.top + 2 && a.top < b.bottom - 2)
    .map(([other]) => said + ' over ' + other));
}))"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_is_clipped_or_overlaps(browser: Browser, address: str, width: int, scheme: str) -> None:
    page = opened(browser, address, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OVERLAPPING) == []
    page.close()


@pytest.mark.slow
def test_hostile_texts_do_no_harm(browser: Browser, run: RunFolder) -> None:
    noticed: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.on("request", lambda request: noticed.append(request.url))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("dialog", lambda dialog: noticed.append(dialog.message))
    address = write(run, run.file("report.html"))
    page.goto(address)
    page.wait_for_timeout(200)
    assert page.title() == "my-topics: topicsmith report"
    assert noticed == [address]  # nothing but the page itself was asked for, and the policy had nothing to refuse
    assert page.locator("script").count() == 0
    assert page.locator("blockquote", has_text="<script>document.title='pwned'</script>").count() == 1
    assert page.locator("blockquote", has_text="pay to [U+202E]gpj.exe now").count() == 1
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # the style sheet was let in
    page.close()


@pytest.mark.slow
def test_a_script_that_got_in_would_not_run(browser: Browser, run: RunFolder) -> None:
    """The second lock: even with escaping broken, the policy refuses scripts and addresses."""
    content = render(read_content(run, "my-topics"))
    attack = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    broken = run.file("broken.html")
    broken.write_text(content.replace("<main>", f"<main>{attack}"), encoding="utf-8")
    page = browser.new_page()
    page.goto(broken.as_uri())
    page.wait_for_timeout(200)
    assert page.title() == "my-topics: topicsmith report"
    page.close()


@pytest.mark.slow
def test_light_and_dark_differ(browser: Browser, address: str) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = opened(browser, address, 390, scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert grounds == {"rgb(253, 253, 251)", "rgb(21, 24, 27)"}


@pytest.mark.slow
def test_it_prints(browser: Browser, address: str) -> None:
    page = opened(browser, address, 1440, "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    document = page.pdf(prefer_css_page_size=True)
    assert document.startswith(b"%PDF-")
    assert 4 <= document.count(b"/Type /Page\n") <= 18
    page.close()


@pytest.mark.slow
def test_a_large_run_is_small_enough_and_readable(browser: Browser, large_run: RunFolder) -> None:
    address = write(large_run, large_run.file("report.html"))
    assert large_run.file("report.html").stat().st_size < 5_000_000
    for width in (390, 1440):
        page = opened(browser, address, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED) == []
        assert page.evaluate(OVERLAPPING) == []
        assert page.locator(".dots .row").count() > 60
        page.close()
