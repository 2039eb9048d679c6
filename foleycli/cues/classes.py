"""The sound classes that the built-in model knows: the folders of its training set.

`hit` classes are struck: one short sound per event. `span` classes last: rain, engines, fire.
Several are both: they are listed where they are most often wanted, and again in `BOTH_CLASSES`.
"""

from __future__ import annotations

HIT_CLASSES: tuple[str, ...] = (
    "animal_bird_fowl", "animal_cat", "animal_dog", "animal_farm", "animal_other", "ball_bounce", "can_bottle",
    "click_keyboard", "clock_tick", "cloth", "door_creak", "door_knock", "door_open_close", "explosion_gun",
    "footsteps", "glass", "glass_ceramic", "human_baby_cry", "human_clapping", "human_eat_drink", "human_nonspeech",
    "impact_generic", "impact_metal", "impact_wood", "other_unsorted", "paper_card", "plastic_rubber",
    "rattle_shake_spray", "small_metal_objects", "stone_gravel_dirt", "thunder", "water_drops", "whoosh",
)  # fmt: skip
SPAN_CLASSES: tuple[str, ...] = (
    "ambience", "animal_bird_wild", "bell_alarm", "domestic_brush_scrub", "fire", "insects", "machine_domestic",
    "power_tool", "rain", "saw_file_scrape", "vehicle_air", "vehicle_engine", "vehicle_siren_horn", "vehicle_train",
    "water_pour_flow", "water_waves", "wind",
)  # fmt: skip
# A picture of one of these leaves hits and spans as they were spotted. One of a hit class alone makes no spans (a dog
# that is seen does not bark all the time); one of a span class alone makes no hits (a waterfall is not struck).
BOTH_CLASSES: frozenset[str] = frozenset((
    "animal_bird_fowl", "animal_bird_wild", "bell_alarm", "clock_tick", "domestic_brush_scrub", "human_clapping",
    "human_nonspeech", "rattle_shake_spray", "saw_file_scrape", "thunder", "vehicle_siren_horn", "water_drops",
))  # fmt: skip
# Textures whose level an ear expects to stand still, and over how many seconds it is measured to hold it there.
STEADY_SECONDS: dict[str, float] = {
    "rain": 0.06, "water_pour_flow": 0.06, "wind": 0.06, "vehicle_engine": 0.06, "vehicle_air": 0.06,
    "ambience": 0.4, "machine_domestic": 0.4, "power_tool": 0.4, "vehicle_train": 0.4,
}  # fmt: skip
# Spans whose spectrum is held steady: as generated, each band varies by about 3 dB within a second, heard as a motor.
EVEN_SOUNDS: frozenset[str] = frozenset(("rain", "wind", "water_waves", "vehicle_engine"))
UNSTRUCK_HITS: frozenset[str] = frozenset(("human_baby_cry",))  # hit classes that nothing strikes: spans, when seen
NEUTRAL_HIT, NEUTRAL_SPAN = "impact_generic", "ambience"  # what a cue without a name sounds like
SOUND_CLASSES: tuple[str, ...] = tuple(sorted(HIT_CLASSES + SPAN_CLASSES))


def may_be_hit(sound: str) -> bool:
    """Whether a picture of this sound may have hits."""
    return sound in BOTH_CLASSES or (sound in HIT_CLASSES and sound not in UNSTRUCK_HITS)


def may_last(sound: str) -> bool:
    """Whether a picture of this sound may have spans."""
    return sound in BOTH_CLASSES or sound in SPAN_CLASSES or sound in UNSTRUCK_HITS
