"""Audacity labels: a cue and its label are the same thing, and what people type is understood or named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleycli.cues.audacity import label_of, read_labels, write_labels
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError

SHEET = (
    Cue(0.5, 0.9, "door_knock", lock=True),
    Cue(1.25, 0.305, "rain", stop=4.0, mute=True),
    Cue(2.0, 0.5, ""),
)
MILLISECONDS = st.integers(0, 10**8).map(lambda count: count / 1000)


def test_the_file_is_what_audacity_writes() -> None:
    assert write_labels(SHEET).splitlines() == [
        "0.500000\t0.500000\tdoor_knock 0.90 lock",
        "1.250000\t4.000000\train 0.305 mute",
        "2.000000\t2.000000\t0.50",
    ]


@settings(deadline=None, max_examples=50)
@given(
    MILLISECONDS,
    st.none() | st.integers(50, 10**6),
    st.integers(0, 1000),
    st.sampled_from(["", *SOUND_CLASSES]),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read_again(
    time: float, length: int | None, strength: int, sound: str, mute: bool, lock: bool
) -> None:
    stop = None if length is None else round(time + length / 1000, 3)
    cue = Cue(time, strength / 1000, sound, stop, mute=mute, lock=lock)
    assert read_labels(write_labels([cue]), "sheet.txt") == (cue,)


@pytest.mark.parametrize(
    ("label", "cue"),
    [
        ("", Cue(1.0)),
        ("footsteps", Cue(1.0, sound="footsteps")),
        ("Door Knock", Cue(1.0, sound="door_knock")),
        ("impact-wood, .8, LOCKED", Cue(1.0, 0.8, "impact_wood", lock=True)),
        ("mute glass lock 1", Cue(1.0, 1.0, "glass", mute=True, lock=True)),
        ("0.3", Cue(1.0, 0.3)),
        ("Marker 12", Cue(1.0)),
    ],
)
def test_labels_that_people_type_are_understood(label: str, cue: Cue) -> None:
    assert read_labels(f"1.0\t1.0\t{label}\n", "sheet.txt") == (cue,)


def test_a_region_is_a_span_unless_it_is_a_click_that_slipped() -> None:
    assert read_labels("3\t5\train\n1\t1.04\tglass\n", "a") == (Cue(1.0, sound="glass"), Cue(3.0, 0.7, "rain", 5.0))


def test_blanks_commas_marks_and_frequencies_of_other_programs_are_read() -> None:
    text = "\ufeff1,5 1,5 glass\r\n\\\t100.0\t2000.0\r\n\r\n2 2\r\n"
    assert read_labels(text, "a") == (Cue(1.5, sound="glass"), Cue(2.0))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("1\t1\tnock", "knock on a door"),
        ("1\t1\tglass 7", "one number from 0 to 1"),
        ("1\t1\tglass 0.2 0.3", "one number from 0 to 1"),
        ("soon\t1\tglass", "start is 'soon'"),
        ("1.5", "end is ''"),
        ("2\t1\tglass", "end 1 lies before start 2"),
        ("-1\t1\tglass", "start is -1"),
        ("nan\t1\tglass", "start is nan"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(line: str, names: str) -> None:
    with pytest.raises(UsageError, match=r"sheet\.txt, line 2") as raised:
        read_labels(f"0\t0\tglass\n{line}\n", "sheet.txt")
    assert names in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_sound_has_a_label_that_is_read_back() -> None:
    for sound in SOUND_CLASSES:
        assert read_labels(f"1\t1\t{label_of(Cue(1.0, 0.7, sound))}", "a") == (Cue(1.0, 0.7, sound),)


PIECES = st.sampled_from(["1.5", "2", "\t", "\n", " ", "lock", "0.3", "rain", "x", "-", "\\"])


@settings(deadline=None, max_examples=200)
@given(st.text() | st.lists(PIECES).map("".join))
def test_any_text_is_a_sheet_or_one_line_of_what_is_wrong(text: str) -> None:
    try:
        cues = read_labels(text, "sheet.txt")
    except UsageError as error:
        assert "sheet.txt, line" in str(error)
    else:
        assert read_labels(write_labels(cues), "again.txt") == cues
