"""The sounds that the built-in model knows, by name: the folders of its training set.

`hit` classes are struck: one short sound per event. `span` classes last: rain, engines, fire.
Several are both (water drops, machine-gun typing): they are listed where they are most often wanted.
"""

from __future__ import annotations

import difflib

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
NEUTRAL_HIT, NEUTRAL_SPAN = "impact_generic", "ambience"  # what a cue without a name sounds like
SOUND_CLASSES: tuple[str, ...] = tuple(sorted(HIT_CLASSES + SPAN_CLASSES))


def nearest_classes(name: str, count: int = 3) -> list[str]:
    """Names of known sounds that look most like `name`: what to offer after a typing error."""
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    inside = [known for known in SOUND_CLASSES if any(word in known for word in wanted.split("_") if len(word) > 2)]
    alike = difflib.get_close_matches(wanted, SOUND_CLASSES, n=count, cutoff=0.4)
    return list(dict.fromkeys(inside + alike))[:count]
