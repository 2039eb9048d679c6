"""The line after a dub: counts, names, and where the names came from."""

from foleycli.cues.sheet import Cue, named, steer
from foleycli.cues.summary import summary


def test_hits_and_spans_are_counted_by_sound_and_by_what_named_them() -> None:
    chopped = [Cue(float(k), sound="impact_wood", named_by="picture") for k in range(12)]
    unnamed = [Cue(20.0 + k, suggestions=("cloth", "glass")) for k in range(7)]
    assert summary(named([*chopped, *unnamed])) == (
        "19 hits: 12 wood impact (picture), 7 unnamed -> plain impact (perhaps cloth, breaking glass); "
        "name them with --sound or --cues"
    )
    rain = Cue(0.0, sound="rain", stop=4.0, named_by="motion")
    assert summary([*chopped, rain]) == "12 hits: 12 wood impact (picture); 1 span: 1 rain (motion)"


def test_muted_cues_are_not_heard_and_a_sheet_named_what_nothing_else_did() -> None:
    assert summary([Cue(1.0, sound="glass", mute=True)]) == ""
    assert summary([Cue(1.0, sound="glass")]) == "1 hit: 1 breaking glass (sheet)"
    assert summary(steer([Cue(1.0)], ["glass"], 4.0)) == "1 hit: 1 breaking glass (asked)"


def test_many_sounds_are_a_line_all_the_same() -> None:
    sounds = ("glass", "cloth", "whoosh", "thunder", "door_knock", "can_bottle", "footsteps", "animal_dog")
    line = summary([Cue(float(k), sound=sound) for k, sound in enumerate(sounds)])
    assert line.startswith("8 hits: 1 dog (sheet), ") and ", 2 of other sounds, 1 whoosh (sheet)" in line
