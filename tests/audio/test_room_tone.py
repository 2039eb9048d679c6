"""Room tone: at its level, without a seam, the same at the same time of the film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.audio.loudness import LoudnessMeter
from foleycli.audio.room_tone import RoomTone, heard_outdoors, lay_room_tone, room_tone_loop

RATE = 48_000


@pytest.mark.parametrize("outdoors", [True, False])
def test_the_bed_has_its_loudness_and_no_seam(outdoors: bool) -> None:
    loop = room_tone_loop(RATE, -60.0, outdoors=outdoors)
    meter = LoudnessMeter(RATE, 1)
    meter.add(np.tile(loop, 2)[None])
    assert meter.integrated() == pytest.approx(-60.0, abs=0.2)
    steps = np.abs(np.diff(np.tile(loop, 2)))
    assert steps[len(loop) - 1] <= steps.max()  # not by chance: a cut would jump by several deviations
    assert abs(loop[0] - loop[-1]) < 4 * steps.std() + steps.mean()


def test_out_of_doors_the_bed_is_brighter() -> None:
    def share_above(hertz: float, loop: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(loop)) ** 2
        return float(power[np.fft.rfftfreq(len(loop), 1 / RATE) > hertz].sum() / power.sum())

    inside, outside = (room_tone_loop(RATE, -60.0, outdoors=outdoors) for outdoors in (False, True))
    assert share_above(2000, outside) > 2 * share_above(2000, inside)
    assert heard_outdoors(["rain", "impact_wood", "footsteps"]) and not heard_outdoors(["door_knock", "rain"])


def test_it_lies_under_the_dubbed_part_alone_in_the_last_channel(tmp_path: Path) -> None:
    hit = np.zeros((30 * RATE, 2), np.float32)
    hit[10 * RATE] = 0.5
    soundfile.write(tmp_path / "track.wav", hit, RATE, subtype="FLOAT")
    lay_room_tone(
        tmp_path / "track.wav", tmp_path / "toned.wav", RoomTone(lufs=-60.0, outdoors=False, start=5.0, stop=20.0)
    )
    toned, _ = soundfile.read(tmp_path / "toned.wav", dtype="float32")
    assert np.array_equal(toned[:, 0], hit[:, 0])
    bed = toned[:, 1] - hit[:, 1]
    assert not bed[: 5 * RATE].any() and not bed[20 * RATE :].any()
    loop = room_tone_loop(RATE, -60.0, outdoors=False)
    middle = np.arange(6 * RATE, 19 * RATE)  # over the border of a block and the end of the loop
    np.testing.assert_allclose(bed[middle], loop[middle % len(loop)], atol=1e-7)
