"""The report as a reader meets it: opened in a real browser, played, clicked, and with names that try to be markup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Foley, foley, models
from tests.reports.browser import CHROMIUM, Browser, Page, started
from tests.reports.pages import LINKED, make_page
from tests.video.clips import even, make_clip

__all__ = ["foley", "models"]  # fixtures

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or not hasattr(os, "posix_spawn"), reason="no Chromium; .ci/run installs Debian's"
)

IMAGE, VECTOR = "<img src=x onerror=alert(1)>.mp4", "\"><svg onload='alert(2)'> {{ 7*7 }} &amp;.mp4"
PLAYED = "document.querySelectorAll('audio')[{}].currentTime"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with started(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def report(foley: Foley, tmp_path: Path) -> Path:
    """The report of a dub and a failure, by a second run that finds the dub done."""
    (tmp_path / "videos").mkdir()
    make_clip(tmp_path / "videos" / IMAGE, even(20, 10))
    (tmp_path / "videos" / VECTOR).write_bytes(b"<script>alert(3)</script>")
    command = ("batch", "videos", "-o", "out", "--steps", "1", "-q")
    assert foley(*command).code == 1
    assert foley(*command, "--report", "report.html").code == 1
    return tmp_path / "report.html"


def test_a_reader_can_look_and_listen_and_nothing_else_happens(browser: Browser, report: Path, tmp_path: Path) -> None:
    with browser.tab() as page:
        page.open(report)
        page.until("Math.abs(document.querySelector('audio').duration - 2) < 0.1")
        page.click(".wave", 0.75)
        assert page.run(PLAYED.format(0)) == pytest.approx(1.5, abs=0.1)
        page.until("Math.abs(document.querySelector('video').currentTime - 1.5) < 0.12")
        page.click(".strip", 0.25)
        assert page.run(PLAYED.format(0)) == pytest.approx(0.5, abs=0.03)
        page.run("document.querySelector('audio').play()")
        page.until(f"{PLAYED.format(0)} > 0.7")
        assert page.run("parseFloat(document.querySelector('.cursor').style.left)") > 27
        page.click("#show-failed")
        assert page.run("[...document.querySelectorAll('.row')].map((row) => row.checkVisibility())") == [True, False]
        names = page.run("[...document.querySelectorAll('h2 bdi')].map((name) => name.textContent)")
        assert names == [f"videos/{VECTOR}", f"{IMAGE[:-4]}.foley.mp4"]
        assert page.run("document.querySelectorAll('script').length") == 1
        assert (
            page.run("document.querySelectorAll('img:not(.strip *), svg:not(.wave), [onload], [onerror]').length") == 0
        )
        quiet(page, report, tmp_path / "out" / f"{IMAGE[:-4]}.foley.mp4")


def test_it_is_dark_in_the_dark_and_on_paper_without_players_and_plays_what_it_links(
    browser: Browser, tmp_path: Path
) -> None:
    make_clip(tmp_path / "a.mp4", even(20, 20))
    report, paper = make_page(tmp_path), "getComputedStyle(document.body).backgroundColor"
    with browser.tab() as page:
        page.open(report)
        page.until("document.querySelectorAll('audio')[1].duration === 1")
        page.run("document.querySelectorAll('audio')[0].play()")
        page.until(f"{PLAYED.format(0)} > 0.1")
        page.until("document.querySelector('video').currentTime > 0.1 && document.querySelector('video').muted")
        page.run("document.querySelectorAll('audio')[1].play()")
        page.until("document.querySelectorAll('audio')[0].paused && document.querySelector('video').paused")
        page.until(f"{PLAYED.format(1)} > 0.1")
        shades = []
        for scheme in ("light", "dark"):
            page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            shades.append(page.run(paper))
        assert shades[0] != shades[1]
        page.ask("Emulation.setEmulatedMedia", media="print")
        assert page.run(paper) == "rgb(255, 255, 255)"
        assert page.run("getComputedStyle(document.querySelector('audio')).display") == "none"
        quiet(page, report, tmp_path / LINKED, tmp_path / "a.mp4")


def test_without_its_videos_a_page_plays_the_sound_alone(browser: Browser, tmp_path: Path) -> None:
    report = make_page(tmp_path)
    with browser.tab() as page:
        page.open(report)
        page.until("document.querySelector('video') === null")
        page.run("document.querySelectorAll('audio')[0].play()")
        page.until(f"{PLAYED.format(0)} > 0.1")


def quiet(page: Page, *files: Path) -> None:
    """Nothing was fetched from anywhere, nothing complained, nothing popped up."""
    page.run("new Promise((done) => setTimeout(done, 100))")
    asked = {event["params"]["request"]["url"] for event in page.told if event["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {file.as_uri() for file in files}
    loud = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")
    assert [event for event in page.told if event["method"] in loud] == []
