"""OpenTimelineIO: what the library itself sees in our files, and what we see in those of editors."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest

from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.cues.timeline_markers import read_markers, write_markers
from foleycli.errors import UsageError

otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python; pip install 'foleycli[otio]'")

SHEET = (
    Cue(0.5, 0.9, "door_knock", confidence=0.625, lock=True),
    Cue(1.25, 0.3, "rain", stop=4.0, mute=True),
    Cue(2.0, 0.5, ""),
)
NTSC = Fraction(30000, 1001)


def reel(rate: Fraction, seconds: int = 10) -> Reel:
    return Reel("clip", "file:///clip.mp4", Fraction(seconds), rate)


@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(24000, 1001), Fraction(1000), Fraction(90000, 7001)])
def test_times_are_exact_to_the_microsecond_at_any_rate(rate: Fraction) -> None:
    cues = tuple(Cue(number * 3.707 + 0.001, 0.7, stop=number * 3.707 + 1.002) for number in range(400))
    read = read_markers(write_markers(cues, reel(rate, 2000), "a.otio"), "a.otio")
    assert len(read) == 400
    for cue, back in zip(cues, read, strict=True):
        assert abs(back.time - cue.time) < 1e-6
        assert abs((back.stop or 0.0) - (cue.stop or 0.0)) < 1e-6


def test_what_is_written_is_read_again() -> None:
    assert read_markers(write_markers(SHEET, reel(NTSC), "a.otio"), "a.otio") == SHEET
    assert read_markers(write_markers(SHEET, Reel("stdin"), "a.otio"), "a.otio") == SHEET
    assert read_markers(write_markers((), Reel("stdin"), "a.otio"), "a.otio") == ()


def test_the_library_sees_a_clip_of_the_video_with_its_markers() -> None:
    timeline = otio.adapters.read_from_string(write_markers(SHEET, reel(NTSC), "a.otio"), "otio_json")
    (clip,) = timeline.find_clips()
    assert (timeline.name, clip.name, clip.media_reference.target_url) == ("clip", "clip", "file:///clip.mp4")
    assert clip.available_range().duration.to_seconds() == pytest.approx(10)
    assert [marker.name for marker in clip.markers] == ["door_knock 0.90 lock", "rain 0.30 mute", "0.50"]
    start = clip.markers[0].marked_range.start_time
    assert start.rate == pytest.approx(30000 / 1001)
    assert start.value == pytest.approx(0.5 * 30000 / 1001)
    assert clip.markers[1].marked_range.duration.to_seconds() == pytest.approx(2.75)


def test_markers_count_from_the_start_of_the_timeline_wherever_they_stand() -> None:
    def time(seconds: float, rate: float = 24) -> object:
        return otio.opentime.RationalTime(seconds * rate, rate)

    def marker(name: str, at: float, rate: float = 24) -> object:
        return otio.schema.Marker(name, otio.opentime.TimeRange(time(at, rate), time(0, rate)))

    # A clip whose timecode starts at an hour, trimmed by 2 s, behind 5 s of another: 3602 there is 5 here.
    first = otio.schema.Clip("a", source_range=otio.opentime.TimeRange(time(0), time(5)))
    second = otio.schema.Clip("b", source_range=otio.opentime.TimeRange(time(3602), time(4)))
    first.markers.append(marker("glass", 1.5))
    second.markers.extend([marker("footsteps", 3603), marker("Marker 1", 3601), marker("rain", 3610)])
    timeline = otio.schema.Timeline("cut", global_start_time=time(3600))
    timeline.tracks.append(otio.schema.Track("V1", [first, second]))
    timeline.tracks[0].markers.append(marker("door_knock", 2.0, 25))
    timeline.tracks.markers.append(marker("", 8.0))
    found = read_markers(timeline.to_json_string(), "cut.otio")
    assert [(cue.time, cue.sound) for cue in found] == [(1.5, "glass"), (2, "door_knock"), (6, "footsteps"), (8, "")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("not json", "not OpenTimelineIO"),
        ('{"cues": []}', "holds no single timeline"),
        ('{"OTIO_SCHEMA": "Timeline.1", "name": "x", "tracks": null}', "holds no single timeline"),
        ('{"OTIO_SCHEMA": "SerializableCollection.1", "name": "x", "children": []}', "holds no single timeline"),
    ],
)
def test_what_is_no_timeline_is_refused_in_one_line(text: str, names: str) -> None:
    with pytest.raises(UsageError, match=r"a\.otio") as raised:
        read_markers(text, "a.otio")
    assert names in str(raised.value)


def test_a_marker_behind_a_clip_without_length_is_refused_in_one_line() -> None:
    behind = otio.schema.Clip("b", source_range=otio.opentime.TimeRange(duration=otio.opentime.RationalTime(48, 24)))
    behind.markers.append(otio.schema.Marker("glass"))
    timeline = otio.schema.Timeline("cut")
    timeline.tracks.append(otio.schema.Track("V1", [otio.schema.Clip("a"), behind]))
    with pytest.raises(UsageError, match=r"a\.otio, marker 'glass': its clip or one before has no length"):
        read_markers(timeline.to_json_string(), "a.otio")


def test_an_unknown_sound_names_its_marker_and_the_nearest() -> None:
    text = write_markers(SHEET, reel(NTSC), "a.otio").replace("rain 0.30 mute", "raim")
    with pytest.raises(UsageError, match=r"marker 'raim'.*perhaps .*'rain'"):
        read_markers(text, "a.otio")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    for use in (lambda: read_markers("{}", "a.otio"), lambda: write_markers(SHEET, reel(NTSC), "a.otio")):
        with pytest.raises(UsageError, match=r"a\.otio.*pip install 'foleycli\[otio\]'"):
            use()
