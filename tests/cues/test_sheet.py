"""The cue sheet: what is written is read again, what is wrong is named, steering says what is heard."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from foleycli.cues.classes import HIT_CLASSES, NEUTRAL_HIT, NEUTRAL_SPAN, SOUND_CLASSES, SPAN_CLASSES
from foleycli.cues.sheet import COLUMNS, Cue, named, read_cues, steer, write_csv, write_json
from foleycli.errors import UsageError

SHEET = (
    Cue(0.5, 0.9, "door_knock", confidence=0.8),
    Cue(1.25, 0.3, "rain", stop=4.0, mute=True),
    Cue(2.0, 0.5, "", lock=True),
)


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_what_is_written_is_read_again(write: object) -> None:
    assert read_cues(write(SHEET)) == SHEET  # type: ignore[operator]


def test_rows_are_sorted_and_most_columns_may_be_left_out() -> None:
    assert read_cues("time,sound\n3,Door Knock\n1,\n") == (Cue(1.0), Cue(3.0, sound="door_knock"))


def test_a_sheet_saved_by_a_spreadsheet_is_read() -> None:
    assert read_cues("\ufefftime,strength\r\n1.5,0.4\r\n,,\r\n") == (Cue(1.5, 0.4),)  # a row that was emptied


def test_blanks_around_commas_hide_no_column() -> None:
    assert read_cues("time , stop, strength, sound\n0.5, 1.5, 0.8, rain\n2, , 1, glass\n") == (
        Cue(0.5, 0.8, "rain", stop=1.5),
        Cue(2.0, 1.0, "glass"),
    )


@pytest.mark.parametrize("above", ["\n", "\r\n \r\n", "\n\t\n", ",,,\n", "\nsep=,\n\n"])
def test_empty_lines_above_the_header_are_passed_over(above: str) -> None:
    assert read_cues(f"\ufeff{above}time,sound\n2,glass\n") == (Cue(2.0, sound="glass"),)
    with pytest.raises(UsageError, match=f"line {above.count(chr(10)) + 2}: unexpected end"):
        read_cues(f'{above}time,sound\n2,"glass\n')


@pytest.mark.parametrize(
    "text",
    [
        "Time;Stop;STRENGTH;sound;note\r\n0,5;1,5;0,8;rain;a, b\r\n2;;1;glass;\r\n",  # where the comma is in numbers
        "time\tstop\tstrength\tsound\n0.5\t1.5\t0.8\train\n2\t\t1\tglass\n",
    ],
)
def test_what_spreadsheets_of_other_countries_save_is_read(text: str) -> None:
    assert read_cues(text) == (Cue(0.5, 0.8, "rain", stop=1.5), Cue(2.0, 1.0, "glass"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,strenght\n1,0.2\n", "no column is called 'strenght'; call it 'strength'"),
        ("time,mute\n1,ja\n", "row 1: mute is 'ja'; write yes"),
        ('{"cues": ["a"]}', "not a cue sheet in JSON (not {"),
        ('{"cue": []}', "not a cue sheet in JSON (not {"),
    ],
)
def test_what_would_be_passed_over_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        read_cues(text)
    assert read_cues("time,mute,lock\n1,no,X\n") == (Cue(1.0, lock=True),)


def test_a_row_number_is_that_of_a_spreadsheet_without_its_header() -> None:
    with pytest.raises(UsageError, match="row 3: time is 'soon'"):
        read_cues("time,strength\n1,1\n,\nsoon,1\n")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("when,what\n1,x\n", "no 'time' column"),
        ('time,note\n1,"unclosed\n2,x\n', "line 3: unexpected end of data; look for a quote"),
        ('time,note\n1,"' + "unclosed\n" * 20_000, "field larger than"),
        ("[" * 100_000, "not a cue sheet in JSON"),
        ("time\nsoon\n", "row 1: time is 'soon'"),
        ("time,strength\n1,0.5\n2,7\n", "row 2: strength is 7"),
        ("time,stop\n3,2\n", "stop 2.0 is not after time 3.0"),
        ("time,sound\n1,dorr nock\n", "knock on a door"),
        ("time\nnan\n", "row 1: time is nan"),
        ('{"cues": 3}', "not a cue sheet in JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(text: str, names: str) -> None:
    with pytest.raises(UsageError, match=r"sheet\.csv") as raised:
        read_cues(text, "sheet.csv")
    assert names in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_header_names_every_column() -> None:
    assert tuple(write_csv(()).strip().split(",")) == COLUMNS


def test_every_class_is_a_hit_or_a_span() -> None:
    assert sorted(HIT_CLASSES + SPAN_CLASSES) == list(SOUND_CLASSES)
    assert len(SOUND_CLASSES) == len(set(SOUND_CLASSES)) == 50


HIT, SPAN, LOCKED = Cue(1.0, sound="glass"), Cue(2.0, sound="wind", stop=3.0), Cue(4.0, sound="glass", lock=True)


def test_without_a_wish_nothing_changes() -> None:
    assert steer((HIT, SPAN), (), 9.0) == (HIT, SPAN)


def test_a_struck_sound_takes_the_hits_and_the_rest_falls_silent() -> None:
    assert steer((HIT, SPAN), ("footsteps",), 9.0) == (replace(HIT, sound="footsteps"),)


def test_two_wishes_take_a_kind_of_cue_each() -> None:
    steered = steer((HIT, SPAN), ("rain", "footsteps"), 9.0)
    assert [cue.sound for cue in steered] == ["footsteps", "rain"]


def test_a_lasting_sound_without_a_span_fills_the_video() -> None:
    assert steer((HIT,), ("rain",), 9.0) == (Cue(0.0, 0.6, "rain", stop=9.0),)


def test_locked_cues_stay_as_they_are() -> None:
    assert LOCKED in steer((HIT, LOCKED), ("footsteps",), 9.0)


def test_a_cue_without_a_name_gets_the_neutral_sound_of_its_kind() -> None:
    assert [cue.sound for cue in named([Cue(1.0), Cue(2.0, stop=3.0), HIT])] == [NEUTRAL_HIT, NEUTRAL_SPAN, "glass"]


def test_where_a_name_came_from_and_suggestions_are_written_and_change_nothing() -> None:
    cues = named([Cue(1.0, suggestions=("glass", "cloth")), Cue(2.0, sound="rain", stop=3.0, named_by="picture")])
    for write in (write_csv, write_json):
        read = read_cues(write(cues))
        assert read == cues
        assert [(cue.named_by, cue.suggestions) for cue in read] == [("default", ("glass", "cloth")), ("sheet", ())]
    assert write_csv(cues).splitlines()[1] == "1.000,,0.7,impact_generic,1.0,,,default,glass cloth"
    assert Cue(1.0, named_by="picture", suggestions=("rain",)) == Cue(1.0)


def test_a_sound_written_over_the_neutral_one_is_the_sheets() -> None:
    (cue,) = read_cues("time,sound,named_by,suggestions\n1,glass,default,no-such glass\n")
    assert (cue.named_by, cue.suggestions) == ("sheet", ("glass",))
    assert read_cues("time,sound\n1,glass\n")[0].named_by == "sheet"  # a sheet of an older version


def test_a_line_for_spreadsheets_and_times_as_clocks_are_read() -> None:
    plain = "sep=;\ntime;stop;sound\n0:01,5;1:00:02;rain\n"
    tabs = "time\tstop\tsound\n0:01,5\t1:00:02\train\n"
    for other in (plain.replace("\n", "\r"), plain.replace("\n", "\r\n"), plain.replace("sep=;", '"sep=;"'), tabs):
        assert read_cues(other) == read_cues(plain)
    cues = read_cues(plain)
    assert [(cue.time, cue.stop, cue.sound) for cue in cues] == [(1.5, 3602.0, "rain")]
    for bad in ("0:61", "1:2:3:4", "a:1", "-0:01"):
        with pytest.raises(UsageError, match="not a number"):
            read_cues(f"time\n{bad}\n")
