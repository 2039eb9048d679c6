"""`python -m tests.editor.screenshots DIR`: the pictures of docs/edit.md, of `foley demo`'s clip in a real browser."""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from foleycli.cues.sheet import Cue
from foleycli.editor.server import serving
from foleycli.specs.settings import Model, Settings
from foleycli.workflows.scene_files import render_to
from tests.editor.test_browser import FLAGS, IDLE
from tests.reports.browser import Page, started

MOST_BYTES = 200_000
RAIN = Cue(1.5, 0.45, "rain", stop=5.5, named_by="asked")


def keep(page: Page, path: Path) -> None:
    """A picture of the window in 128 colours."""
    shot = Image.open(BytesIO(page.picture())).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    shot.save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES, f"{path}: {path.stat().st_size} bytes"


def main(folder: Path) -> None:
    """Writes edit.png and edit-takes.png."""
    with tempfile.TemporaryDirectory() as scratch:
        clip, truth = Path(scratch) / "drum.mp4", Path(scratch) / "truth.csv"
        render_to(clip, truth, kind="drum", seed=1, seconds=8.0, height=360, clean=True, overwrite=True)
        with (
            serving(clip, Settings(model=Model(device="cpu", offline=True))) as editor,
            started(Path(scratch), *FLAGS) as browser,
            browser.tab() as page,
        ):
            page.go(editor.url)
            page.until(f"{IDLE} && foley.timeline.curve && foley.timeline.motion")
            page.run(f"foley.store.addSpan({RAIN.time}, {RAIN.stop})")
            page.run("foley.store.edit(() => ({sound: 'rain', strength: 0.45}))")
            page.run("foley.store.select([foley.store.doc.cues[8].id])")
            page.run(
                "foley.store.edit(() => ({sound: 'glass', strength: 0.9, named_by: 'asked'}));"
                "foley.player.seek(foley.store.only.time)"
            )
            page.until(IDLE)
            page.click("#perform")
            page.until(f"{IDLE} && document.querySelector('#perform').disabled")
            page.until("!foley.player.video.seeking")
            page.run("new Promise((done) => setTimeout(done, 1500))")  # the film strip arrives
            keep(page, folder / "edit.png")
            page.run("foley.store.select([]); foley.store.setRange({start: 2, stop: 4}); foley.timeline.zoom(1.8)")
            page.click("#takes-make")
            page.until(f"{IDLE} && document.querySelectorAll('#takes-list li').length === 4")
            page.run("new Promise((done) => setTimeout(done, 1500))")
            keep(page, folder / "edit-takes.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
