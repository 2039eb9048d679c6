"""The ears that come with the package."""

from __future__ import annotations

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.evaluation.embeddings import SOUND_CLASSIFIER_DIR, load_sound_classifier


def test_they_know_the_classes_of_the_model_and_real_sounds_to_compare_with() -> None:
    packaged = load_sound_classifier()
    assert packaged.classes == SOUND_CLASSES
    assert packaged.name == "foley-ears-v1"
    assert len(packaged.reference.embedding) == len(packaged.reference.label) > 300
    assert set(packaged.reference.label) <= set(range(len(SOUND_CLASSES)))


def test_they_are_small_and_say_how_well_they_hear() -> None:
    assert sum(path.stat().st_size for path in SOUND_CLASSIFIER_DIR.iterdir()) < 2_000_000
    assert "| top 1 | top 3 |" in (SOUND_CLASSIFIER_DIR / "CARD.md").read_text()
