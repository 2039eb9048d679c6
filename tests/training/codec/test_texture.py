"""The texture recipe: its distance is least for the true distribution, and training the network lowers it."""

import torch
from torch import Tensor

from foleycli.networks.codecs.vae import MelVae
from foleycli.specs import VaeSpec
from foleycli.training.codec.texture import TextureRecipe, directions, energy_distance

ALONG = directions(0)


def rough(seed: int, correlation: float, deviation: float = 1.0) -> Tensor:
    """Gaussian mels (32, 24, 24) whose neighbours in time are correlated."""
    noise = torch.randn(32, 24, 25, generator=torch.Generator().manual_seed(seed))
    mixed = noise[..., 1:] + correlation * noise[..., :-1]
    return deviation * mixed / (1 + correlation**2) ** 0.5


def distance(correlation: float, deviation: float) -> float:
    """Of samples so made to a truth of correlation 0.8 and deviation 1."""
    samples = [rough(seed, correlation, deviation) for seed in (1, 2)]
    return float(energy_distance(*samples, rough(3, 0.8), ALONG))


def tiny_textured() -> MelVae:
    """A VAE with a texture network, freshly initialised from a fixed seed."""
    torch.manual_seed(0)
    spec = VaeSpec(
        latent_channels=4, widths=(8, 8, 16), encoder_blocks=(0, 0, 0), decoder_blocks=(0, 0, 0), last_width=4,
        texture_width=8, texture_blocks=0,
    )  # fmt: skip
    return MelVae(spec)


def test_the_true_distribution_is_nearer_than_a_mean_than_white_noise_and_than_too_much_or_too_little() -> None:
    best = distance(0.8, 1.0)
    for correlation, deviation in ((0.8, 0.0), (0.0, 1.0), (-0.8, 1.0), (0.8, 1.6), (0.8, 0.6)):
        assert distance(correlation, deviation) > best + 0.005


def test_a_few_steps_bring_the_drawn_mels_nearer_and_leave_the_codec_as_it_was() -> None:
    vae, recipe = tiny_textured(), TextureRecipe(batch_size=4, frames=16)
    mel = torch.randn(4, 128, 16, generator=torch.Generator().manual_seed(1)) - 5
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    assert vae.texture is not None
    optimizer = torch.optim.Adam(vae.texture.parameters(), 1e-2)
    losses = []
    for step in range(16):
        loss = recipe.loss(vae, (mel, step))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])
    changed = {name for name, value in vae.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("texture.") for name in changed)
