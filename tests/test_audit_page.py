"""The page of `tidemark audit --html`, opened in a browser."""

import json
import random
import subprocess

import pytest

from harness.browser import Browser
from harness.gateway import binary

STEP, OPERATIONS = 500_000, 4_000  # ns between operations
PLOTS = ["plot-violations", "plot-staleness", "plot-curves", "plot-latency", "plot-served"]
# How many different colours a canvas shows, nothing counted as one of them.
COLOURS = """(id) => Array.from(document.querySelectorAll(`#${id} canvas`), canvas => {
  const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(bytes.buffer)).size;
})"""


def history():
    """Two sessions write and read ten rows; every tenth read is of a standby far behind."""
    dice = random.Random(1)
    versions = [0] * 10
    yield {"format": "tidemark-audit-history", "version": 1, "title": "<b>made up</b> & checked"}
    yield from ({"row": "register", "key": key} for key in range(10))
    yield {"endpoint": "port=6432"}
    yield from ({"node": name} for name in ("", "primary", "standby"))
    written = []  # (row, version, writer)
    for number in range(OPERATIONS):
        start = number * STEP
        operation = {"operation": "read", "session": number % 2, "start": start,
                     "end": start + dice.randrange(100_000, 400_000), "connection": 1 + number % 2}
        row = dice.randrange(10)
        if number % 4 == 0:
            versions[row] += 1
            written.append((row, versions[row], len(written) + 1))
            operation |= {"operation": "write", "served_by": "primary", "node": 1,
                          "puts": [written[-1]]}
        else:
            shown = written[:-200] if number % 10 == 1 else written
            newest = [put for put in shown if put[0] == row][-1:]
            operation |= {"served_by": "standby", "node": 2, "seen": newest or [(row, 0, 0)]}
        yield operation
    newest = {put[0]: put for put in written}
    yield from ({"last": put} for put in newest.values())
    yield {"event": "replay of the standby <stopped>", "at": OPERATIONS * STEP // 2}


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    lines = [json.dumps(line) for line in history()]
    lines.append(json.dumps({"end": len(lines) + 1}))
    (folder / "run.history").write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [binary(), "audit", "--check", folder / "run.history", "--level", "session",
         "--html", folder / "page.html"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(browser, html):
    page = browser.page()
    page.size(1200, 900)
    page.open(html)
    for plot in PLOTS:
        page.wait_for(f"document.querySelector('#{plot}')?.dataset.state === 'drawn'")
    return page


def colours(page, plot):
    return page.evaluate(f"({COLOURS})('{plot}')")


@pytest.mark.gateway
def test_every_plot_is_drawn_and_nothing_goes_wrong(page):
    for plot in PLOTS:
        shown = colours(page, plot)
        assert shown and all(number > 5 for number in shown), f"{plot}: {shown}"
    assert page.complaints == []


@pytest.mark.gateway
def test_nothing_is_fetched_but_the_page_itself(page, html):
    assert page.requests == [html.resolve().as_uri()]
    page.evaluate("addEventListener('securitypolicyviolation', event => {"
                  " window.refused = event.blockedURI; });"
                  "new Image().src = 'http://127.0.0.1:9/x.png'")
    page.wait_for("window.refused === 'http://127.0.0.1:9/x.png'")


@pytest.mark.gateway
def test_texts_are_shown_as_they_are(page):
    assert page.evaluate("document.querySelector('h1').textContent") == "<b>made up</b> & checked"
    assert "session was violated" in page.evaluate("document.body.innerText")
    assert "replay of the standby <stopped>" in page.evaluate("document.body.innerText")


@pytest.mark.gateway
def test_dark_and_light_have_their_own_colours_and_the_plots_follow(page):
    ground = "getComputedStyle(document.body).backgroundColor"
    picture = "document.querySelector('#plot-latency canvas').toDataURL()"
    page.scheme("light")
    light = page.evaluate(ground), page.evaluate(picture)
    page.scheme("dark")
    page.wait_for(f"{ground} !== '{light[0]}' && {picture} !== '{light[1]}'")


@pytest.mark.gateway
def test_a_narrow_window_does_not_scroll_sideways(page):
    page.size(400, 800)
    page.wait_for("document.documentElement.scrollWidth <= 400"
                  " && document.querySelector('#plot-latency canvas').clientWidth < 400")
