"""Markers of video editors and of Reaper: a sheet comes back as it was, a moved marker where it was moved to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from foleycli.cues.formats import kind_of, read_sheet, write_sheet
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from tests.cues.fcpxml_rules import check_fcpxml

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)
RATES = (Fraction(25), NTSC, FILM, Fraction(50), Fraction(60000, 1001), Fraction(12), Fraction(23, 1))
KINDS = (".fcpxml", ".edl", ".rpp", ".reaper.csv")
SHEET = (
    Cue(0.512, 0.9, "door_knock", confidence=0.625, lock=True),
    Cue(1.25, 0.3, "rain", stop=4.001, mute=True),
    Cue(2.003, 0.5, ""),
    Cue(2.1, 1.0, "glass", stop=2.17),
)


def reel(rate: Fraction, seconds: int = 3700, origin: int = 0) -> Reel:
    return Reel("a <clip> & 'co'", "file:///a%20clip.mp4", Fraction(seconds), rate, Fraction(origin), 640, 360)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_again(kind: str, rate: Fraction) -> None:
    text = write_sheet(SHEET, kind, reel(rate, origin=3600))
    again = read_sheet(text, Path(f"a{kind}").suffix, "a", frame_rate=rate)
    assert [(cue.time, cue.stop, cue.sound, cue.strength, cue.mute, cue.lock) for cue in again] == [
        (cue.time, cue.stop, cue.sound, cue.strength, cue.mute, cue.lock) for cue in SHEET
    ]
    if kind in (".fcpxml", ".edl"):
        assert [cue.confidence for cue in again] == [cue.confidence for cue in SHEET]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_four_hundred_cues_over_an_hour_keep_their_milliseconds(kind: str, rate: Fraction) -> None:
    cues = tuple(Cue(round(number * 9.137 + 0.001, 3), 0.7) for number in range(400))
    again = read_sheet(write_sheet(cues, kind, reel(rate)), Path(f"a{kind}").suffix, "a", frame_rate=rate)
    assert [cue.time for cue in again] == [cue.time for cue in cues]


def test_without_a_place_on_disk_markers_stand_on_a_gap() -> None:
    text = write_sheet(SHEET, ".fcpxml", Reel("stdin", seconds=Fraction(10), frame_rate=NTSC))
    check_fcpxml(text)
    assert read_sheet(text, ".fcpxml") == SHEET
    assert "TRACK" not in write_sheet(SHEET, ".rpp", Reel("stdin"))
    assert read_sheet(write_sheet((), ".fcpxml", Reel("stdin")), ".fcpxml") == ()


@pytest.mark.parametrize("rate", RATES)
def test_the_fcpxml_keeps_to_the_rules_of_its_version(rate: Fraction) -> None:
    check_fcpxml(write_sheet(SHEET, ".fcpxml", reel(rate, origin=3600)))


def test_ntsc_times_are_exact_rationals() -> None:
    text = write_sheet([Cue(1.0, 0.7, "glass")], ".fcpxml", reel(NTSC, origin=0))
    assert 'frameDuration="1001/30000s"' in text
    assert f'start="{30 / NTSC}s" duration="1001/30000s"' in text  # 30 frames are 1.001 s
    edl = write_sheet([Cue(3600.0, 0.7, "glass")], ".edl", reel(NTSC))
    assert "01:59:56:12" in edl  # 107892 frames


def test_a_marker_that_was_moved_has_its_new_time_and_the_rest_of_its_cue() -> None:
    text = write_sheet(SHEET, ".fcpxml", reel(Fraction(25)))
    moved = text.replace('start="13/25s"', 'start="33/25s"').replace('start="31/25s"', 'start="41/25s"')
    again = read_sheet(moved, ".fcpxml")
    assert (again[0].time, again[0].sound, again[0].confidence, again[0].lock) == (1.32, "door_knock", 0.625, True)
    assert (again[1].time, again[1].stop) == (1.64, 4.391)  # as long as it was
    edl = write_sheet(SHEET, ".edl", reel(Fraction(25))).replace("01:00:00:13 01:00:00:14", "01:00:01:08 01:00:01:09")
    assert [cue.time for cue in read_sheet(edl, ".edl", frame_rate=Fraction(25))] == [1.25, 1.32, 2.003, 2.1]


def test_a_lasting_marker_that_an_editor_made_a_frame_long_still_lasts() -> None:
    text = write_sheet(SHEET, ".fcpxml", reel(Fraction(25)))
    short = text.replace('duration="69/25s" value', 'duration="1/25s" value')
    assert short != text
    assert read_sheet(short, ".fcpxml")[1].stop == 4.001
    longer = write_sheet(SHEET, ".edl", reel(Fraction(25))).replace("|D:69", "|D:100")
    assert read_sheet(longer, ".edl", frame_rate=Fraction(25))[1].stop == 5.25


FINAL_CUT = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources><format id="r1" frameDuration="100/2500s"/>
<asset id="r2" name="a" start="3600s" duration="20s" hasVideo="1" format="r1"><media-rep src="file:///a.mov"/></asset>
</resources><library><event><project name="p"><sequence format="r1" duration="14s" tcStart="3600s"><spine>
<asset-clip ref="r2" offset="3600s" start="3602s" duration="4s">
<marker start="3603s" duration="100/2500s" value="glass"/><marker start="3610s" duration="100/2500s" value="rain"/>
<clip lane="-1" offset="3604s" start="7s" duration="3s"><marker start="8s" value="Marker 1"/></clip>
</asset-clip><gap offset="3604s" start="3600s" duration="10s"><marker start="3601s" value="footsteps 0.4"/>
<spine lane="1" offset="3602s">
<asset-clip ref="r2" duration="2s"><chapter-marker start="3600s" value="thunder"/></asset-clip>
<asset-clip ref="r2" offset="2s" duration="2s"><marker start="3601s" value="door knock"/></asset-clip>
</spine></gap></spine></sequence></project></event></library></fcpxml>"""


def test_markers_of_final_cut_count_from_the_start_of_its_timeline() -> None:
    found = [(cue.time, cue.sound) for cue in read_sheet(FINAL_CUT, ".fcpxml")]
    # The rain was trimmed away; the connected clip starts at 2 s; the second storyline at 6 s.
    assert found == [(1, "glass"), (3, ""), (5, "footsteps"), (6, "thunder"), (9, "door_knock")]
    browser = FINAL_CUT.split("<library>")[0] + (
        '<event><asset-clip ref="r2" duration="20s"><marker start="3601s" value="glass"/></asset-clip></event></fcpxml>'
    )
    assert [(cue.time, cue.sound) for cue in read_sheet(browser, ".fcpxml")] == [(1, "glass")]


RESOLVE = """TITLE: Timeline 1
FCM: NON-DROP FRAME

001  001      V     C        01:00:18:06 01:00:18:07 01:00:18:06 01:00:18:07  
a note
of two lines |C:ResolveColorYellow |M:Marker 1 |D:1

002  001      V     C        01:00:20:20 01:00:20:21 01:00:20:20 01:00:20:21  
 |C:ResolveColorGreen |M:light rain 0.4 |D:50

"""  # noqa: W291
AVID = """TITLE: AVID
FCM: DROP FRAME
001  A001C001 V     C        00:58:00:00 00:58:30:00 00:01:00:02 00:01:30:02
* LOC: 00:01:00:02 RED     glass 0.8
* LOC: 00:10:00:00 GREEN   door knock
* FROM CLIP NAME: a
"""  # fmt: skip


def test_markers_of_resolve_and_locators_of_avid_are_read_at_the_rate_of_the_video() -> None:
    found = read_sheet(RESOLVE, ".edl", frame_rate=Fraction(24))
    assert [(cue.time, cue.stop, cue.sound) for cue in found] == [
        (18.25, None, ""),
        (20.833333, 22.916667, "rain"),
    ]
    found = read_sheet(AVID, ".edl", frame_rate=NTSC)  # drop frames: 00:01:00;02 is frame 1800
    assert [(cue.time, cue.sound) for cue in found] == [(60.06, "glass"), (599.9994, "door_knock")]


REAPER = """#,Name,Start,End,Length,Color
M1,glass 0.9,0:01.500,,,FF0000
R1,"rain, light",1:02.000,1:04.250,0:02.250,
M2,,75.25,,
"""


def test_the_table_of_reapers_manager_is_known_by_its_first_line() -> None:
    found = [(cue.time, cue.stop, cue.sound) for cue in read_sheet(REAPER, ".csv")]
    assert found == [(1.5, None, "glass"), (62, 64.25, "rain"), (75.25, None, "")]
    assert kind_of(Path("x/A.Reaper.CSV")) == ".reaper.csv"


@pytest.mark.parametrize(
    "change",
    [("\n", "\r"), ("\n", "\r\n"), ("\n", "\n\n"), ("#,Name,Start,End", "#, Name , Start,End"), ("#,", "\n#,")],
)
def test_the_table_of_reapers_manager_may_have_blanks_and_the_lines_of_any_system(change: tuple[str, str]) -> None:
    assert read_sheet(REAPER.replace(*change), ".csv") == read_sheet(REAPER, ".csv")


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("foley: at 1.012 s, confidence 0.62. Louder please", (1.012, None, 0.62)),
        ("foley: at 1.012 s, lasts 2.5 s, confidence 1.5.1", (1.012, 3.512, 1.0)),
        ("foley: at 1.012 s, lasts 9999999999 s, confidence 0.5", (1.012, None, 0.5)),
        ("foley: at 1.2.3 s, confidence 0.62", (1.0, None, 1.0)),  # no longer a note of foley
        (f"foley: at {'9' * 5000} s, confidence 0.62", (1.0, None, 1.0)),
    ],
)
def test_what_a_person_writes_into_a_note_is_passed_over(note: str, found: tuple[float, float | None, float]) -> None:
    final_cut = FINAL_CUT.replace('value="glass"', f'value="glass" note="{note}"')
    resolve = RESOLVE.replace("a note\nof two lines", note).replace("01:00:18:06", "01:00:01:00")
    for text, kind in ((final_cut, ".fcpxml"), (resolve, ".edl")):
        cue = read_sheet(text, kind, frame_rate=Fraction(24))[0]
        assert (cue.time, cue.stop, cue.confidence) == found


def test_a_project_of_reaper_gives_its_markers_and_regions() -> None:
    text = (
        '<REAPER_PROJECT 0.1 "7.0/linux-x86_64" 1700000000\n  RIPPLE 0\n'
        "  MARKER 1 0.5 glass 0 0 1 B {AAAA} 0\n  MARKER 2 1.25 'rain 0.4' 1 0 1 R {BBBB} 0\n"
        '  MARKER 2 3.5 "" 1\n  <TRACK\n    NAME MARKER\n  >\n>\n'
    )
    assert read_sheet(text, ".rpp") == (Cue(0.5, 0.7, "glass"), Cue(1.25, 0.4, "rain", stop=3.5))


def lasting(duration: str) -> str:
    """The timeline of Final Cut with another duration of its first marker."""
    return FINAL_CUT.replace('start="3603s" duration="100/2500s"', f'start="3603s" duration="{duration}"')


@pytest.mark.parametrize(
    ("kind", "text", "names"),
    [
        (".fcpxml", "no xml", "not FCPXML"),
        (".fcpxml", "<xmeml/>", "its root is xmeml"),
        (".fcpxml", "<fcpxml/>", "holds no project"),
        (".fcpxml", FINAL_CUT.replace("</event>", "<project/></event>"), "holds 2 projects"),
        (".fcpxml", FINAL_CUT.replace('start="3603s"', 'start="1e99999999s"'), "not a time"),
        (".fcpxml", FINAL_CUT.replace('start="3603s"', 'start="1/0s"'), "not a time"),
        (".fcpxml", FINAL_CUT.replace('value="glass"', 'value="glas"'), "marker 'glas'"),
        (".fcpxml", lasting("abc"), "marker 'glass': duration 'abc' is not a time such as"),
        (".fcpxml", lasting("1/0s"), "marker 'glass': duration '1/0s' is not"),
        (".fcpxml", lasting("nans"), "marker 'glass': duration 'nans' is not"),
        (".fcpxml", lasting("9" * 400 + "s"), "marker 'glass': duration '999"),
        (".fcpxml", lasting("9" * 20 + "s"), "marker 'glass': lasts 1e+20 s"),
        (".fcpxml", lasting("-1s"), "marker 'glass': lasts -1 s"),
        (".fcpxml", FINAL_CUT.replace('offset="3600s"', f'offset="{"9" * 400}s"'), "is not a time such as"),
        (".edl", RESOLVE.replace("|D:50", f"|D:{'5' * 5000}"), "line 9: |D: has 5000 digits"),
        (".edl", RESOLVE.replace("|D:50", f"|D:{'9' * 12}"), "line 9: lasts 4e+10 s"),
        (".edl", "hello", "not an EDL"),
        (".edl", "TITLE: x\n |C:ResolveColorRed |M:glass |D:1", "line 2: a marker without an event"),
        (".edl", RESOLVE.replace("01:00:18:06", "01:00:18:40"), "line 6: 01:00:18:40 is not a timecode at 25.000"),
        (".rpp", "hello", "not a project of Reaper"),
        (".rpp", '<REAPER_PROJECT 0.1 "6"\nMARKER 1 -2 "glass" 0\n>', "line 2"),
        (
            ".rpp",
            '<REAPER_PROJECT 0.1 "6"\nMARKER 1 2 "rain" 1\nMARKER 2 3 "" 0\n>',
            "line 2: region 'rain' has no second",
        ),
        (".csv", REAPER.replace("0:01.500", "-0:01.000"), "row 1: '-0:01.000' is not a time"),
        (".csv", REAPER.replace('light"', "light"), "look for a quote"),
        (".csv", "#,Name,Start,End,Length\nM1,glass,5.1.00,,", "set the ruler"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(kind: str, text: str, names: str) -> None:
    with pytest.raises(UsageError, match=r"^a sheet") as raised:
        read_sheet(text, kind, "a sheet", frame_rate=Fraction(25))
    assert names in str(raised.value) and "\n" not in str(raised.value)
