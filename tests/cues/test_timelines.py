"""Timelines with a clip for each cue: stems are cut, not copied; other programs see the clips where they are."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.cues.timelines.clips import Clip, Edit, edit_of
from foleycli.cues.timelines.formats import SUFFIXES, write_timeline
from tests.cues.fcpxml_rules import check_fcpxml

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)
RATES = (Fraction(25), NTSC, FILM, Fraction(60000, 1001))
CUES = (
    Cue(0.0, 0.4, "footsteps"),
    Cue(0.512, 0.9, "door_knock"),
    Cue(0.513, 0.5, "impact_wood"),  # in the same frame
    Cue(0.9, 0.7, "footsteps"),
    Cue(1.0, 0.7, "glass", mute=True),
    Cue(1.0, 0.3, "rain", stop=4.001),
    Cue(3.5, 0.6, "wind", stop=5.0),  # over the rain
    Cue(5.0, 0.6, "fire", stop=6.0),  # begins where the wind ends
    Cue(7.0, 0.5, ""),
    Cue(9.9, 0.5, "footsteps"),
)


def edit(rate: Fraction = NTSC, *, start: Fraction = Fraction(0), origin: int = 0, heard: bool = False) -> Edit:
    frames = int(10 * rate)
    seconds = frames / rate
    video = Reel("clip", "file:///my%20clip.mp4", seconds, rate, Fraction(origin), 640, 360, 2 if heard else 0)
    stems = [
        Reel(f"clip.{name}", f"file:///out/clip.{name}.wav", seconds - start, rate, origin + start, channels=1)
        for name in ("impacts", "ambience")
    ]
    return edit_of(CUES, video, stems, start=start, rate=rate, heard=heard)


def clips_of(made: Edit, stem: int) -> list[Clip]:
    return sorted((clip for lane in made.lanes if lane.stem == stem for clip in lane.clips), key=lambda clip: clip.at)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 3)])
def test_the_clips_of_a_stem_are_the_whole_stem_once(rate: Fraction, start: Fraction) -> None:
    made = edit(rate, start=start)
    for stem in (0, 1):
        samples = np.random.default_rng(stem).standard_normal(48_000 * 10)
        played = np.zeros_like(samples)
        for clip in clips_of(made, stem):
            assert clip.source == clip.at / rate - start >= 0
            begin, end = (round(frame / rate * 48_000) for frame in (clip.at, clip.at + clip.frames))
            played[begin:end] += samples[begin:end]
        first, last = (round(frame / rate * 48_000) for frame in (-(-start * rate // 1), made.frames))
        assert np.array_equal(played[first:last], samples[first:last])
        assert not played[:first].any() and not played[last:].any()


def test_each_cue_is_a_clip_on_the_track_of_its_class() -> None:
    names = {lane.name: [clip.name for clip in lane.clips] for lane in edit().lanes}
    assert names == {
        "footsteps": ["footsteps 0.40", "footsteps 0.70", "footsteps 0.50"],
        "knock on a door": ["knock on a door 0.90 + wood impact 0.50"],
        "unnamed": ["unnamed 0.50"],
        "rain": ["rain 0.30 + wind 0.60"],
        "fire": ["fire 0.60"],
        "impacts, rest": ["rest"],
        "ambience, rest": ["rest", "rest"],
    }
    assert [lane.rest for lane in edit().lanes] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("rate", RATES)
def test_the_attack_of_a_hit_lies_in_its_clip_and_cuts_on_frames(rate: Fraction) -> None:
    made = edit(rate)
    for cue, clip in zip((0.0, 0.512, 0.9, 7.0, 9.9), [c for c in clips_of(made, 0) if c.name != "rest"], strict=True):
        assert clip.at / rate <= max(0, cue - 0.009) and (clip.at + clip.frames) / rate > cue
        assert cue - clip.at / rate < 0.011 + 1 / rate
    rain = next(clip for clip in clips_of(made, 1) if clip.name.startswith("rain"))
    assert rain.at / rate <= 1.0 and (rain.at + rain.frames) / rate >= 4.999


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 3)])
def test_final_cut_gets_connected_clips_that_keep_to_the_rules(rate: Fraction, start: Fraction) -> None:
    made = edit(rate, start=start, origin=3600, heard=True)
    root = check_fcpxml(write_timeline(made, ".fcpxml"))
    (video,) = root.findall(".//spine/asset-clip")
    assert (video.get("start"), video.get("srcEnable")) == ("3600s", None)
    clips = video.findall("asset-clip")
    assert len(clips) == sum(len(lane.clips) for lane in made.lanes)
    assert {clip.get("lane") for clip in clips} == {str(-lane) for lane in range(1, len(made.lanes) + 1)}
    sources = {asset.get("id"): asset for asset in root.findall("./resources/asset")}
    for clip in clips:
        offset, begin, length = (Fraction(clip.attrib[key][:-1]) for key in ("offset", "start", "duration"))
        asset = sources[clip.get("ref")]
        assert offset == begin  # a stem has the timecode of the picture
        assert Fraction(asset.attrib["start"][:-1]) <= begin
        assert begin + length <= sum(Fraction(asset.attrib[key][:-1]) for key in ("start", "duration"))
    silent = check_fcpxml(write_timeline(edit(rate), ".fcpxml"))
    assert silent.find(".//spine/asset-clip").get("srcEnable") == "video"  # type: ignore[union-attr]


@pytest.mark.parametrize("rate", RATES)
def test_opentimelineio_sees_the_clips_where_they_are(rate: Fraction) -> None:
    otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    made = edit(rate, origin=3600)
    timeline = otio.adapters.read_from_string(write_timeline(made, ".otio"), "otio_json")
    assert [track.kind for track in timeline.tracks] == ["Video"] + ["Audio"] * len(made.lanes)
    assert timeline.video_tracks()[0][0].media_reference.target_url == "file:///my%20clip.mp4"
    for lane, track in zip(made.lanes, timeline.audio_tracks(), strict=True):
        assert track.name == lane.name
        for clip, seen in zip(lane.clips, track.find_clips(), strict=True):
            place = seen.transformed_time_range(seen.trimmed_range(), timeline.tracks)
            assert (round(place.start_time.value), round(place.duration.value)) == (clip.at, clip.frames)
            assert seen.source_range.start_time.to_seconds() == pytest.approx(3600 + float(clip.source))
            assert seen.available_range().contains(seen.source_range.start_time)
            assert seen.media_reference.target_url == clip.reel.url


def test_its_adapter_for_final_cut_sees_them_too() -> None:
    otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    pytest.importorskip("otio_fcpx_xml_adapter", reason="pip install -e '.[dev]'")
    made = edit(Fraction(25))  # it counts in whole frames a second
    found = otio.adapters.read_from_string(write_timeline(made, ".fcpxml"), "fcpx_xml")
    (timeline,) = found.find_children(otio.schema.Timeline)
    tracks = {track.name: track for track in timeline.tracks}
    assert set(tracks) == {str(-lane) for lane in range(len(made.lanes) + 1)}
    for lane, track in enumerate(made.lanes, start=1):
        seen = list(tracks[str(-lane)].find_clips())
        places = [one.range_in_parent() for one in seen]
        urls = [one.media_reference.target_url for one in seen]
        assert ([one.name for one in seen], urls) == ([c.name for c in track.clips], [c.reel.url for c in track.clips])
        for place, clip in zip(places, track.clips, strict=True):
            assert abs(place.start_time.value - clip.at) <= 1 and abs(place.duration.value - clip.frames) <= 1


@pytest.mark.parametrize("rate", RATES)
def test_its_adapter_for_edls_sees_source_and_record_to_the_frame(rate: Fraction) -> None:
    otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    pytest.importorskip("otio_cmx3600_adapter", reason="pip install -e '.[dev]'")
    made, counted = edit(rate, origin=0), round(rate)
    timeline = otio.adapters.read_from_string(write_timeline(made, ".edl"), "cmx_3600", rate=counted)
    tracks = {track.name: track for track in timeline.tracks}
    for names, stem, rest in ((("A", "A1"), 0, False), (("A2",), 1, False), (("A3",), 0, True), (("A4",), 1, True)):
        track = next(tracks[name] for name in names if name in tracks)
        lanes = [one for one in made.lanes if (one.stem, one.rest) == (stem, rest)]
        clips = sorted((clip for lane in lanes for clip in lane.clips), key=lambda clip: clip.at)
        for clip, seen in zip(clips, track.find_clips(), strict=True):
            assert (seen.name, seen.media_reference.target_url) == (clip.name, clip.reel.url)
            source = seen.source_range
            assert (source.start_time.value, source.duration.value) == (clip.at, clip.frames)
            assert seen.metadata["cmx_3600"]["comments"][0].startswith("TRACK: ")


ITEM = r"POSITION ([\d.]+)\n *LENGTH ([\d.]+)\n(?:.*\n)*?.*SOFFS ([\d.]+)\n.*<SOURCE (\w+)\n *FILE \"(.*)\""


def test_reaper_gets_items_that_play_a_file_from_where_they_lie() -> None:
    made = edit(NTSC, start=Fraction(1, 3))
    text = write_timeline(made, ".rpp")
    assert text.count("<") == text.count("\n>") + len(re.findall(r"^ +>$", text, re.MULTILINE))
    names = re.findall(r"<TRACK\n    NAME \"(.*)\"", text)
    assert names == ["video", *(lane.name for lane in made.lanes)]
    items = re.findall(ITEM, text)
    clips = [made.video, *(clip for lane in made.lanes for clip in lane.clips)]
    for clip, (position, length, offset, kind, file) in zip(clips, items, strict=True):
        assert float(position) == pytest.approx(float(clip.at / NTSC), abs=1e-9)
        assert float(length) == pytest.approx(float(clip.frames / NTSC), abs=1e-9)
        assert float(offset) == pytest.approx(float(clip.source), abs=1e-9)
        assert (kind, file) == (("VIDEO", "/my clip.mp4") if clip is made.video else ("WAVE", clip.reel.path))


def test_nothing_that_sounds_is_a_timeline_of_the_video_and_what_is_left() -> None:
    video = Reel("clip", "file:///clip.mp4", Fraction(2), NTSC, width=64, height=64)
    stem = Reel("clip.impacts", "file:///clip.impacts.wav", Fraction(2), NTSC, channels=1)
    made = edit_of((), video, [stem], start=Fraction(0), rate=NTSC, heard=False)
    assert [(lane.name, len(lane.clips)) for lane in made.lanes] == [("impacts, rest", 1)]
    for suffix in SUFFIXES if pytest.importorskip("opentimelineio", reason="has no wheel for this Python") else ():
        assert "clip.impacts" in write_timeline(made, suffix)
