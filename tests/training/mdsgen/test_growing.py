"""The growing set: shards are taken once, as they come, with their timbres, up to the room there is."""

from pathlib import Path

import numpy as np
import torch

from foleycli.networks.codecs.vae import MelVae
from foleycli.specs import CueSpec, VaeSpec
from foleycli.training.mdsgen.features import write_shard
from foleycli.training.mdsgen.growing import GrowingLatents

CUES = CueSpec(("rain", "glass"), timbre=3)
VAE = VaeSpec(latent_channels=4, widths=(8, 8, 16), encoder_blocks=(0, 0, 0), decoder_blocks=(0, 0, 0), last_width=4)


def shard(folder: Path, number: int, windows: int = 2) -> None:
    """Windows whose curves and timbres are the shard's number; no timbre in the second half of each."""
    which = np.where(np.arange(256)[None, :, None] < 128, 0, -1) * np.ones((windows, 1, 2))
    arrays = {
        "mel": np.full((windows, 128, 512), -5.0),
        "curves": np.full((windows, 256, CUES.channels), number),
        "timbres": np.full((1, 3), number),
    }
    halves = {name: value.astype(np.float16) for name, value in arrays.items()}
    write_shard(folder / f"train_{number}.npz", {**halves, "which": which.astype(np.int16)})


def test_shards_are_taken_once_as_they_come_and_keep_their_timbres(tmp_path: Path) -> None:
    torch.manual_seed(0)
    latents = GrowingLatents(tmp_path, MelVae(VAE).eval(), CUES, 5, "cpu")
    latents.take()
    assert len(latents) == 0
    for number in (1, 2):
        shard(tmp_path, number)
        latents.take()
        latents.take()
        assert len(latents) == 2 * number
    latent, curves = latents.batch(0, 32)
    assert latent.shape == (32, 4, 16, 64) and curves.shape == (32, 256, CUES.inputs)
    plain, timbres = curves[..., : CUES.channels], curves[..., CUES.channels :]
    assert set(plain.unique().tolist()) == {1.0, 2.0}
    assert torch.equal(timbres[:, :128, :1], plain[:, :128, :1]) and not timbres[:, 128:].any()
    shard(tmp_path, 3)
    latents.take()
    assert len(latents) == 4  # no room for two more
