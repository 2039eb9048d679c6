"""The editor as a person meets it: in a real browser, with a mouse, with keys alone, over a long film."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli.cues.sheet import Cue, read_cues
from foleycli.editor.server import Editor, serving
from foleycli.specs.settings import Generation, Model, Settings
from foleycli.video.encode import write_video
from foleycli.video.ffmpeg import run_ffmpeg
from foleycli.video.probe import probe
from foleycli.workflows.editing.edits import edits_path
from foleycli.workflows.sidecar import read_sidecar
from tests.cli.conftest import clip, film, foley, models
from tests.reports.browser import CHROMIUM, Browser, Page, started
from tests.video.clips import make_clip, uneven

__all__ = ["clip", "film", "foley", "models"]  # fixtures

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or not hasattr(os, "posix_spawn"), reason="no Chromium; .ci/run installs Debian's"
)

FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1440,960",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
CUES = (
    Cue(0.4, 0.8, "impact_wood"),
    Cue(0.8, 0.6, "impact_metal"),
    Cue(1.2, 0.7, "footsteps"),
    Cue(0.2, 0.5, "rain", stop=1.6),
)
IDLE = "document.querySelector('#work').hidden && !foley.store.unsaved"
WROTE = "document.querySelector('#trouble').textContent.includes('Wrote clip.foley.mp4')"
Opened = Callable[..., tuple[Page, Editor]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with started(tmp_path_factory.mktemp("browser"), *FLAGS) as running:
        yield running


@pytest.fixture
def opened(models: Path, browser: Browser) -> Iterator[Opened]:
    """Serves a video in the editor and opens it in a browser, with the tiny model."""
    with ExitStack() as stack:

        def run(video: Path, cues: tuple[Cue, ...] | None = CUES, *, performed: bool = True) -> tuple[Page, Editor]:
            settings = Settings(
                generation=Generation(steps=1),
                model=Model(name=str(models / "pocket"), device="cpu", offline=True, namer="off"),
            )
            editor = stack.enter_context(serving(video, settings, cues))
            page = stack.enter_context(browser.tab())
            page.go(editor.url)
            if performed:
                page.until(f"{IDLE} && foley.timeline.curve")
            return page, editor

        yield run


def place(page: Page, number: int) -> tuple[float, float]:
    """Where the mark of a cue of the sheet is in the window."""
    found = page.run(
        f"(() => {{const {{timeline, store}} = foley, cue = store.doc.cues[{number}];"
        " const box = timeline.canvas.getBoundingClientRect(), middle = (cue.time + (cue.stop ?? cue.time)) / 2;"
        " const y = cue.stop === null ? timeline.spanTop - 20 : timeline.spanTop + 24 * timeline.rows.get(cue.id) + 14;"
        " return [box.left + timeline.view.x(middle), box.top + y]})()"
    )
    return found[0], found[1]


def drag(page: Page, number: int, right: float, down: float = 0.0) -> None:
    x, y = place(page, number)
    page.mouse("mousePressed", x, y)
    for share in (0.3, 0.7, 1.0):
        page.mouse("mouseMoved", x + share * right, y + share * down)
    page.mouse("mouseReleased", x + right, y + down)


def press(page: Page, number: int) -> None:
    x, y = place(page, number)
    page.mouse("mousePressed", x, y)
    page.mouse("mouseReleased", x, y)


def track(page: Page) -> str:
    """The sound that the page plays, as one number per sample block."""
    return str(
        page.run(
            "fetch(document.querySelector('#audio').src).then((answer) => answer.arrayBuffer())"
            ".then((bytes) => crypto.subtle.digest('SHA-256', bytes))"
            ".then((digest) => [...new Uint8Array(digest)].join(' '))"
        )
    )


def quiet(page: Page, url: str) -> None:
    """Nothing was printed or went wrong in the page, and it asked nobody but its own server."""
    bad = [
        one
        for one in page.told
        if one["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
        or (one["method"] == "Runtime.consoleAPICalled" and one["params"]["type"] in ("error", "warning"))
    ]
    assert not bad, bad
    asked = {one["params"]["request"]["url"] for one in page.told if one["method"] == "Network.requestWillBeSent"}
    assert asked and all(one.startswith((url, "data:", "blob:")) for one in asked), asked


def test_a_cue_is_dragged_saved_performed_and_undone(opened: Opened, clip: Path) -> None:
    page, editor = opened(clip)
    before = track(page)
    drag(page, 1, 200)
    page.until(IDLE)
    saved = read_cues(edits_path(clip).read_text())
    assert saved[1].time == page.run("foley.store.doc.cues[1].time") != 0.4
    assert saved[1].time * 25 == pytest.approx(round(saved[1].time * 25), abs=1e-6)  # on a picture
    page.click("#perform")
    page.until(f"{IDLE} && document.querySelector('#perform').disabled")
    changed = track(page)
    assert changed != before
    page.key("z", ctrl=True)
    assert page.run("foley.store.doc.cues[1].time") == 0.4
    page.until(IDLE)
    page.click("#perform")
    page.until(f"{IDLE} && document.querySelector('#perform').disabled")
    assert track(page) == before
    page.run("foley.player.play()")
    page.until("foley.player.now > 0.3 && Math.abs(foley.player.audio.currentTime - foley.player.now) < 0.1")
    quiet(page, editor.url)


class Hand:
    """Counts what a person does with the mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.page.click(selector)

    def mark(self, number: int) -> None:
        self.clicks += 1
        press(self.page, number)


def test_a_newcomer_corrects_three_sounds_and_exports_within_fifteen_clicks(opened: Opened, clip: Path) -> None:
    begun = time.monotonic()
    page, editor = opened(clip, None)  # it is spotted and performed by itself
    hand = Hand(page)
    count = page.run("foley.store.doc.cues.length")
    assert count > 3
    before = page.run("foley.player.audio.src")
    wanted = ["glass", "door_knock", "impact_metal"]
    for number, sound in zip((0, count // 2, count - 1), wanted, strict=True):
        hand.mark(number)
        hand.click(f"#sound-{sound}")
        assert page.run(f"foley.store.only.sound === '{sound}'")
    hand.click("#perform")
    page.until(f"{IDLE} && document.querySelector('#perform').disabled")
    assert page.run("foley.player.audio.src") != before  # an untrained model is too quiet to tell sounds apart
    hand.click("#play")
    page.until("foley.player.video.played.length")
    # A browser on a busy machine may need longer for its first sound than these 2 s last.
    page.until("foley.player.audio.played.length || (foley.player.playing || foley.player.play(), false)")
    hand.click("#play")
    hand.click("#export-open")
    hand.click("#export .strong")
    page.until(WROTE)
    assert hand.clicks <= 15
    assert time.monotonic() - begun < 300
    info = probe(clip.with_name("clip.foley.mp4"))
    assert info.has_audio
    assert {cue.sound for cue in read_sidecar(clip.with_name("clip.foley.json")).cues} >= set(wanted)
    quiet(page, editor.url)


def test_everything_can_be_done_with_keys(opened: Opened, clip: Path) -> None:
    page, editor = opened(clip)
    first = page.run("foley.store.doc.cues[1].time")
    for key in (".", "."):  # the rain, then the first hit
        page.key(key)
    page.key("ArrowRight")
    page.key("ArrowRight", shift=True)
    assert page.run("foley.store.only.time") == pytest.approx(first + 11 / 25, abs=1e-6)
    page.key("ArrowUp")
    assert page.run("foley.store.only.strength") == 0.85
    page.key("Enter")
    for letter in "gunshot":
        page.key(letter)
    page.key("Enter")
    assert page.run("foley.store.only.sound") == "explosion_gun"
    page.key("m")
    page.key("l")
    assert page.run("[foley.store.only.mute, foley.store.only.lock]") == [True, True]
    page.key("Home")
    page.key("a")
    page.key("s")
    assert page.run("foley.store.doc.cues.length") == 6
    page.key("Delete")
    page.key("z", ctrl=True)
    page.key("z", ctrl=True, shift=True)
    assert page.run("foley.store.doc.cues.length") == 5
    page.key("p")
    page.until(f"{IDLE} && document.querySelector('#perform').disabled")
    page.key("?")
    assert page.run("document.querySelector('#help').open && document.querySelectorAll('#keys dt').length > 15")
    page.key("Escape")
    page.key("e")
    assert page.run("document.querySelector('#export').open")
    page.key("Enter")
    page.until(WROTE)
    assert clip.with_name("clip.foley.mp4").is_file()
    quiet(page, editor.url)


def test_takes_are_heard_and_one_is_kept(opened: Opened, clip: Path) -> None:
    page, editor = opened(clip)
    press(page, 1)
    page.click("#takes-make")
    page.until(f"{IDLE} && document.querySelectorAll('#takes-list li').length === 4")
    before = track(page)
    page.run("foley.player.audio.addEventListener('playing', () => { window.heard = true; })")
    page.click("#takes-list li:nth-child(3) button")
    page.until("window.heard")
    page.until("foley.player.until === null && foley.player.video.paused")  # it ends by itself
    page.click("#takes-list li:nth-child(3) .use")
    page.until(f"{IDLE} && document.querySelectorAll('#retakes li').length === 1")
    page.until("document.querySelector('#perform').disabled")
    assert track(page) != before
    page.key("z", ctrl=True)
    assert page.run("foley.store.doc.retakes.length") == 0
    quiet(page, editor.url)


def test_a_reload_loses_nothing_and_names_are_names(opened: Opened, clip: Path) -> None:
    video = clip.rename(clip.with_name("<img src=x onerror=alert(1)>.mp4"))
    page, editor = opened(video)
    drag(page, 2, 0, -60)
    assert page.run("foley.store.doc.cues[2].strength") > 0.6
    sheet = page.run("JSON.stringify(foley.store.plain(foley.store.doc))")
    page.until(IDLE)
    page.go(editor.url)
    assert page.run("JSON.stringify(foley.store.plain(foley.store.doc))") == sheet
    assert page.run("document.querySelector('#name').textContent") == video.name
    assert page.run("document.querySelectorAll('[onerror]').length") == 0
    quiet(page, editor.url)


STRENGTHS = "foley.store.doc.cues.map((cue) => cue.strength)"
SOUNDS = "foley.store.doc.cues.map((cue) => cue.sound)"


def test_undo_and_redo_go_on_after_a_reload_and_after_a_new_start(
    opened: Opened, clip: Path, models: Path, tmp_path: Path
) -> None:
    page, editor = opened(clip)
    first, seen = page.run(STRENGTHS), []
    for down in (-60, 30):
        drag(page, 1, 0, down)
        seen.append(page.run(STRENGTHS))
    press(page, 2)
    page.key("Delete")
    page.key("Home")
    page.key("a")
    page.key("z", ctrl=True)  # the hit that was added is a step of redo
    page.until(IDLE)
    page.go(editor.url)
    page.key("z", ctrl=True)
    assert page.run(STRENGTHS) == seen[1]
    page.key("z", ctrl=True)
    assert page.run(STRENGTHS) == seen[0]
    page.until(IDLE)
    with serving(clip, editor.session.settings) as again:  # another port, as after a crash
        again.session.jobs.stop()
        page.go(again.url)
        page.key("z", ctrl=True)
        assert page.run(STRENGTHS) == first
        assert page.run("document.querySelector('#undo').disabled")
        for _ in range(4):
            page.key("z", ctrl=True, shift=True)
        assert page.run("document.querySelector('#redo').disabled")
        assert page.run("foley.store.doc.cues.length") == 4  # one deleted, one added
        assert page.run("foley.store.doc.cues[0].time") == 0
        page.until(IDLE)
    plain = json.loads(edits_path(clip).read_text())
    plain["cues"][0]["time"] = 0.32  # by hand: the steps are not of this sheet any more
    edits_path(clip).write_text(json.dumps(plain))
    with serving(clip, editor.session.settings) as again:
        again.session.jobs.stop()
        page.go(again.url)
        assert page.run("document.querySelector('#undo').disabled")
        sounds = page.run(SOUNDS)
        page.key("z", ctrl=True)
        assert page.run(SOUNDS) == sounds


def test_cues_of_a_variable_frame_rate_stand_on_its_pictures(opened: Opened, tmp_path: Path) -> None:
    times = uneven(60)
    video = make_clip(tmp_path / "vfr.mp4", times, size=(192, 256))
    page, editor = opened(video, (Cue(float(times[10]), 0.7, "wood"), Cue(0.0, 0.5, "rain", stop=1.0)))
    at = "foley.store.doc.cues.find((cue) => cue.stop === null).time"
    number = page.run("foley.store.doc.cues.findIndex((cue) => cue.stop === null)")
    press(page, number)
    for step in (1, 1, 1, -1):
        page.key("ArrowRight" if step > 0 else "ArrowLeft")
    assert page.run(at) == pytest.approx(float(times[12]), abs=1e-4)
    page.key("ArrowRight", shift=True)
    assert page.run(at) == pytest.approx(float(times[22]), abs=1e-4)
    drag(page, number, 137)
    assert min(abs(page.run(at) - float(time)) for time in times) < 1e-4
    page.key("Escape")
    page.run("foley.player.seek(0.4)")
    nearest = min(times, key=lambda time: abs(time - Fraction(2, 5)))
    page.key("a")  # a hit where the playhead is
    assert page.run("foley.store.only.time") == pytest.approx(float(nearest), abs=1e-4)
    page.run("foley.store.select([]), foley.player.seek(foley.store.pictures.time(3))")
    page.key("ArrowRight")
    assert page.run("foley.player.now") == pytest.approx(float(times[4]), abs=2e-3)
    assert page.run("foley.store.pictures.last") == 59
    assert page.run("[foley.store.snapEnd(9), foley.store.pictures.end(9, 1)]") == pytest.approx(
        [float(editor.session.info.duration)] * 2
    )
    quiet(page, editor.url)


def test_a_video_that_browsers_do_not_play_gets_a_copy(opened: Opened, clip: Path) -> None:
    odd = clip.with_name("odd.avi")
    assert run_ffmpeg(["-i", str(clip), "-c:v", "mpeg2video", "-q:v", "3", str(odd)]).returncode == 0
    page, _ = opened(odd)
    page.until("foley.player.video.src.endsWith('?proxy') && foley.player.video.videoWidth > 0")
    assert page.run("document.querySelector('#curtain').hidden && foley.player.video.error === null")


def test_half_an_hour_of_cues_stays_smooth(opened: Opened, tmp_path: Path) -> None:
    video = tmp_path / "film.mp4"
    still = np.full((36, 64, 3), 90, np.uint8)
    write_video(video, (still for _ in range(1800)), 1)
    cues = tuple(Cue(0.5 * at, 0.7, "footsteps", mute=True) for at in range(3600))
    page, editor = opened(video, cues, performed=False)
    editor.session.jobs.stop()
    page.until(IDLE)
    for view in ("fit()", "zoom(30)", "zoom(8)"):
        page.run(f"foley.timeline.{view}")
        page.run(
            "(async () => {foley.timeline.frames.length = 0;"
            " const {view} = foley.timeline;"
            " for (let at = 0; at < 60; at++) {foley.timeline.show(view.start + 20 / view.scale);"
            " await new Promise(requestAnimationFrame)}})()"
        )
        times = sorted(page.run("foley.timeline.frames"))
        assert len(times) >= 30
        print(view, "median", times[len(times) // 2], "ms, slowest", times[-1])
        assert times[len(times) // 2] < 16
