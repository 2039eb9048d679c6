"""Cue features: what a column is told of the hits before it, and what it must not be told."""

import torch

from foleycli.cues.sheet import Cue
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.specs import CueSpec

CLASSES = ("impact_metal", "rain")
HELD = CueSpec(CLASSES, embedding=8, features=16, held_seconds=(0.1, 0.6))


def encode(encoder: CueEncoder, *cues: Cue) -> torch.Tensor:
    with torch.no_grad():
        return encoder(encoder.curves(cues, 0.0, 0)[None])[0]  # (32, features)


def test_a_hit_rings_on_and_never_sounds_before_itself() -> None:
    encoder = CueEncoder(HELD)
    held = encoder._held(encoder.curves([Cue(4.0, 1.0, "impact_metal")], 0.0, 0)[None])
    long = held[1][0, :, 1]  # (256,) of impact_metal, decay 0.6 s
    frame = int(4.0 / 8.192 * 256)
    assert float(long[: frame - 4].max()) < 1e-3
    assert abs(float(long[frame + 36] / long[frame + 18]) - 0.383) < 0.01  # 0.576 s later: exp(-0.96)
    assert float(held[0][0, frame + 18, 1]) < 0.02  # the short one is gone
    assert float(held[1][0, :, 2].max()) == 0.0  # rain was not struck


def test_repeated_hits_do_not_pile_up() -> None:
    cues = [Cue(0.1 * number, 1.0, "impact_metal") for number in range(1, 60)]
    encoder = CueEncoder(HELD)
    assert all(float(one.max()) <= 1.0 for one in encoder._held(encoder.curves(cues, 0.0, 0)[None]))


def test_every_row_knows_which_sounds_there_are() -> None:
    encoder = CueEncoder(HELD)
    metal, rain = (encode(encoder, Cue(4.0, 1.0, sound)) for sound in CLASSES)
    assert (metal[0] - rain[0]).abs().max() > 1e-4  # long before the hit
    plain = CueEncoder(CueSpec(CLASSES, embedding=8, features=16))
    metal, rain = (encode(plain, Cue(4.0, 1.0, sound)) for sound in CLASSES)
    assert torch.equal(metal[0], rain[0])


def test_an_encoder_without_held_hits_has_the_weights_it_always_had() -> None:
    assert set(CueEncoder(CueSpec(CLASSES)).state_dict()) == {
        "frame.weight", "frame.bias", "mlp.0.weight", "mlp.0.bias", "mlp.2.weight", "mlp.2.bias",
    }  # fmt: skip
