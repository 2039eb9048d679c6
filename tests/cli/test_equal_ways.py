"""One dub, whichever way it is asked for: the command, the library, a batch of one or two jobs, a rerun, a retake.

The clip has two shots and three windows, and sound of its own that is mixed in. Files are compared byte for byte.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli import (
    BatchRequest,
    DubRequest,
    FoleyPipeline,
    Generation,
    Mix,
    Model,
    Outputs,
    Settings,
    batch,
    dub,
    spot,
)
from foleycli.cues.formats import write_sheet
from foleycli.cues.reel import Reel
from foleycli.workflows.sidecar import read_sidecar
from tests.cli.conftest import Foley
from tests.cli.test_dub import packets
from tests.video.clips import even, make_clip

OPTIONS = ("--seed", "3", "--steps", "1", "--gain", "-2", "--original", "mix", "--device", "cpu")
SETTINGS = Settings(
    generation=Generation(seed=3, steps=1), model=Model(device="cpu"), mix=Mix(gain_db=-2.0, original="mix")
)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """12 s, with a cut at 10 s, where the numbers begin again."""
    (tmp_path / "in").mkdir()
    return make_clip(tmp_path / "in" / "shots.mp4", even(60, 5), size=(48, 64), sound=(1.0, 3.0))


def test_every_way_to_a_dub_gives_the_same_file(foley: Foley, shots: Path, tmp_path: Path) -> None:
    assert foley("dub", shots, "-o", "first.mp4", *OPTIONS, "--sidecar").code == 0
    first, sidecar = (tmp_path / "first.mp4").read_bytes(), read_sidecar(tmp_path / "first.foley.json")
    starts = [float(start) for start, _ in sidecar.windows]
    assert len(starts) == 3 and 9.9 < starts[-1] < 10.1 and len(sidecar.cues) > 0
    assert packets(tmp_path / "first.mp4") == packets(shots)

    dub(DubRequest(video=shots, settings=SETTINGS, cues=sidecar.cues, outputs=Outputs(target=tmp_path / "cues.mp4")))
    batch(BatchRequest(paths=[shots], out_dir=tmp_path / "one", settings=SETTINGS))
    (shots.parent / "same.mp4").write_bytes(shots.read_bytes())
    batch(BatchRequest(paths=[shots.parent], out_dir=tmp_path / "two", settings=SETTINGS, workers=2))
    assert json.loads(foley("rerun", "first.foley.json", "-o", "rerun.mp4", "--json").text)["identical"] is True
    made = [path for path in tmp_path.rglob("*.mp4") if path.parent.name != "in"]
    assert len(made) == 6 and {path.name for path in made if path.read_bytes() != first} == set()


def test_a_retake_of_the_same_seed_changes_no_sample(foley: Foley, shots: Path, tmp_path: Path) -> None:
    assert foley("dub", shots, "-o", "out.wav", *OPTIONS, "--sidecar").code == 0
    before = soundfile.read(tmp_path / "out.wav", dtype="int32")[0]
    assert foley("retake", "out.wav", "--from", "6", "--to", "11", "--seed", "3").code == 0
    assert before.any() and np.array_equal(soundfile.read(tmp_path / "out.wav", dtype="int32")[0], before)


def test_the_library_spots_as_the_command_does_and_a_stream_is_the_whole_track(
    foley: Foley, shots: Path, tmp_path: Path
) -> None:
    assert foley("spot", shots, "-o", "cues.csv", "--device", "cpu").code == 0
    cues = list(spot(shots).cues)
    assert len(cues) > 0 and (tmp_path / "cues.csv").read_text() == write_sheet(cues, ".csv", Reel("shots.mp4"))
    pipeline, wanted = FoleyPipeline("pocket", device="cpu"), Generation(seed=3, steps=1, stems=True)
    whole = pipeline.generate(shots, wanted, cues=cues)
    stream = pipeline.stream(shots, wanted, cues=cues)
    assert np.array_equal(np.concatenate(list(stream)), whole.samples) and whole.samples.any()
