"""Sounds in plain words: phrases of people and the class that each should find, ties, and what is offered else."""

from __future__ import annotations

import pytest

from foleycli.cues import plain_words
from foleycli.cues.audacity import read_labels
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.plain_words import nearest_sounds, readable, sound_of, sound_words
from foleycli.cues.sheet import Cue, read_cues, steer
from foleycli.errors import UsageError

MUST = {  # the list of the order that this was made for
    "gunshot": "explosion_gun", "typing": "click_keyboard", "birds": "animal_bird_wild", "bark": "animal_dog",
    "car": "vehicle_engine", "punch": "impact_generic", "applause": "human_clapping", "drum": "impact_generic",
    "rain": "rain", "footsteps on gravel": "footsteps", "sword": "impact_metal", "keys": "small_metal_objects",
    "engine": "vehicle_engine", "door slam": "door_open_close", "glass breaking": "glass",
}  # fmt: skip
PHRASES = {
    "horse walking on gravel": "footsteps", "horses": "animal_farm", "a dog barking in the distance": "animal_dog",
    "heavy rain on a tin roof": "rain", "old wooden door creaking slowly": "door_creak", "Car door": "door_open_close",
    "slamming car doors": "door_open_close", "police siren": "vehicle_siren_horn", "clap of thunder": "thunder",
    "someone knocking on the door": "door_knock", "the sound of waves": "water_waves", "boxes": "impact_wood",
    "people clapping": "human_clapping", "crowd applauding": "human_clapping", "cat meowing": "animal_cat",
    "crying baby": "human_baby_cry", "woman laughing": "human_nonspeech", "man coughing": "human_nonspeech",
    "coffee pouring into a cup": "water_pour_flow", "chopping wood": "impact_wood", "axes": "impact_wood",
    "hammer on an anvil": "impact_metal", "swinging a sword": "whoosh", "whip crack": "whoosh",
    "tapes": "plastic_rubber",
    "opening a beer can": "can_bottle", "turning a page": "paper_card", "ripping cloth": "cloth",
    "tearing paper": "paper_card", "motorbike": "vehicle_engine", "washing machines": "machine_domestic",
    "train passing by": "vehicle_train", "helicopter overhead": "vehicle_air", "wind in the trees": "wind",
    "walking through snow": "footsteps", "running": "footsteps", "running water": "water_pour_flow",
    "fire alarm": "bell_alarm", "fire engine": "vehicle_siren_horn", "firetruck": "vehicle_siren_horn",
    "phone ringing": "bell_alarm", "clock": "clock_tick", "alarm clock": "bell_alarm", "doorbell": "bell_alarm",
    "toilet flushing": "water_pour_flow", "breaking plates": "glass_ceramic", "glasses clinking": "glass_ceramic",
    "zipper": "cloth", "dribbling a basketball": "ball_bounce", "mouse click": "click_keyboard",
    "geese": "animal_bird_fowl",
    "rolling dice": "rattle_shake_spray", "dropping coins": "small_metal_objects", "fireworks": "explosion_gun",
    "drip": "water_drops", "swoosh": "whoosh", "street": "ambience", "crickets": "insects",
    "snoring": "human_nonspeech",
    "brushing her teeth": "domestic_brush_scrub", "chainsaw": "power_tool", "sawing wood": "saw_file_scrape",
    "eating an apple": "human_eat_drink", "campfire": "fire", "shovel in dirt": "stone_gravel_dirt",
    "frying": "fire", "sizzling bacon": "fire", "frying pan": "impact_metal", "hammering a nail": "impact_metal",
    "bones breaking": "impact_wood", "paper tearing": "paper_card", "kids playing": "ambience",
    "frog": "animal_other", "violin": "other_unsorted", "Impact-Wood": "impact_wood", "IMPACT WOOD": "impact_wood",
}  # fmt: skip
TIES = {
    "pop": ("can_bottle", "plastic_rubber"), "tear": ("cloth", "paper_card"), "rip": ("cloth", "paper_card"),
    "squeak": ("door_creak", "plastic_rubber"), "bang": ("explosion_gun", "impact_generic"),
    "crunch": ("human_eat_drink", "stone_gravel_dirt"), "tap": ("impact_generic", "water_pour_flow"),
    "drop": ("impact_generic", "water_drops"), "saw": ("power_tool", "saw_file_scrape"),
    "mouse": ("animal_other", "click_keyboard"),
}  # fmt: skip


@pytest.mark.parametrize(("phrase", "sound"), [*(MUST | PHRASES).items()])
def test_a_phrase_finds_the_sound_that_a_person_means(phrase: str, sound: str) -> None:
    assert sound_of(phrase) == sound


def test_every_class_has_a_name_a_description_and_words() -> None:
    table = sound_words()
    assert sorted(table) == list(SOUND_CLASSES)
    for row in table.values():
        assert 10 <= len(row.words) <= 60 and len(set(row.words)) == len(row.words), row.sound
        assert row.about.endswith(".") and len(row.about) < 90, row.sound
        assert "_" not in row.name and sound_of(row.name) == row.sound == sound_of(row.sound)
    assert len({row.name for row in table.values()}) == len(table)


def test_a_word_of_two_classes_is_listed_here_and_asked_back() -> None:
    for form in (str, plain_words._singular):
        found = {phrase: sounds for phrase, sounds in plain_words._phrases(form).items() if len(sounds) > 1}
        assert found == TIES
    for word, sounds in TIES.items():
        with pytest.raises(UsageError) as raised:
            sound_of(word)
        assert all(repr(readable(sound)) in str(raised.value) for sound in sounds)


def test_every_word_of_the_table_finds_its_class() -> None:
    for row in sound_words().values():
        for word in row.words:
            for phrase in (word, f"the {word}") if word not in TIES else ():
                assert sound_of(phrase) == row.sound, phrase


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("gunsht", "explosion_gun"),
        ("xylofon", "impact_metal"),
        ("thundery", "thunder"),
        ("cannonade", "explosion_gun"),
        ("check the rain here please", "rain"),
        ("footsetps", "footsteps"),
    ],
)
def test_of_what_is_unknown_the_likeliest_are_offered(word: str, first: str) -> None:
    with pytest.raises(UsageError, match="foley sounds") as raised:
        sound_of(word, "row 3")
    assert nearest_sounds(word)[0] == first and len(nearest_sounds(word)) <= 3
    assert str(raised.value).startswith(f"row 3: no sound called {word!r}; perhaps {readable(first)!r}")


@pytest.mark.parametrize("word", ["qwertz", "zzz", "!!!", "\u96e8"])
def test_what_nothing_comes_near_is_refused_in_a_line(word: str) -> None:
    with pytest.raises(UsageError, match="no sound called") as raised:
        sound_of(word)
    assert "perhaps" not in str(raised.value) and "\n" not in str(raised.value)


def test_nothing_is_nothing_and_a_class_of_another_model_is_read_as_words() -> None:
    assert sound_of("") == sound_of("  ") == ""
    assert readable("brass_band") == "brass band"


def test_plain_words_are_read_wherever_a_sound_is_named() -> None:
    assert read_cues("time,sound\n1,gunshot\n")[0].sound == "explosion_gun"
    assert read_labels("1\t1\tdoor slam 0.8 lock\n", "labels")[0].sound == "door_open_close"
    assert [cue.sound for cue in steer((Cue(1.0),), ("typing",), 4.0)] == ["click_keyboard"]
