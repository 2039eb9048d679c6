from __future__ import annotations

import subprocess

import numpy as np
import pytest

from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.layouts import LAYOUTS, channel_names, matrix, remix, writable_layout

FILM = "6 channels (FL+FC+FR+SL+SR+LFE)"


def test_the_table_is_that_of_the_ffmpeg_in_use() -> None:
    listed = subprocess.run([find_ffmpeg(), "-hide_banner", "-layouts"], capture_output=True, text=True, check=True)
    told = dict(line.split() for line in listed.stdout.partition("DECOMPOSITION\n")[2].splitlines() if line.strip())
    assert len(told) > 30
    for name, channels in told.items():
        assert name not in LAYOUTS or LAYOUTS[name] == tuple(channels.split("+"))
        assert len(channel_names(name)) == len(channels.split("+"))


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        (FILM, "FL FC FR SL SR LFE"),
        ("3 channels (FL@Left+FC+FR)", "FL FC FR"),
        ("4 channels", "FL FR UNK2 UNK3"),
        ("ambisonic 1", "AMBI0 AMBI1 AMBI2 AMBI3"),
        ("ambisonic 1+stereo", "AMBI0 AMBI1 AMBI2 AMBI3 FL FR"),
        ("3.0.1(new)", "FL FR UNK2 UNK3"),
        ("nonsense", ""),
    ],
)
def test_descriptions_are_read(layout: str, names: str) -> None:
    assert channel_names(layout) == tuple(names.split())


@pytest.mark.parametrize(
    ("layout", "written"),
    [
        (FILM, "5.1(side)"),
        ("quad", "quad"),
        ("3 channels", "3.0"),
        ("ambisonic 1", None),
        ("16 channels", None),
        ("7.1.4", None),
        ("", None),
    ],
)
def test_a_layout_of_its_own_order_is_written_in_the_usual_one(layout: str, written: str | None) -> None:
    assert writable_layout(layout) == written


def test_channels_go_where_they_belong() -> None:
    samples = np.arange(6, dtype=np.float32)[:, None]  # FL 0, FC 1, FR 2, SL 3, SR 4, LFE 5
    assert remix(samples, channel_names(FILM), channel_names("5.1(side)"))[:, 0].tolist() == [0, 2, 1, 5, 3, 4]
    assert remix(samples, channel_names(FILM), channel_names("5.1"))[:, 0].tolist() == [0, 2, 1, 5, 3, 4]
    assert remix(samples, channel_names(FILM), ("FL", "FR"))[:, 0] == pytest.approx(
        [0.707 * 4, 2 + 0.707 * 5], rel=1e-3
    )


def test_one_channel_goes_to_both_sides_and_several_to_their_mean() -> None:
    assert matrix(("FC",), channel_names("5.1")).tolist() == [[1], [1], [0], [0], [0], [0]]
    assert matrix(("FC",), ("FC",)).tolist() == [[1]]
    assert matrix(("FL", "FR"), ("FC",)).tolist() == [[0.5, 0.5]]
    assert matrix(channel_names("12 channels"), ("FL", "FR")).tolist() == [[1, 0] + [0.5] * 10, [0, 1] + [0.5] * 10]
