"""The sampler on a case with a known answer, guidance, and the schedule that training shares."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from foleycli.sampling.guidance import from_velocity, guided, power_cosine
from foleycli.sampling.inpainting import held
from foleycli.sampling.latents import window_noise
from foleycli.sampling.schedule import Schedule
from foleycli.sampling.solver import Denoiser, Steps, sample
from foleycli.specs import SamplerSpec

SPEC = SamplerSpec(steps=25)
STEPS = Steps.of(SPEC)
SCHEDULE = Schedule.linear(SPEC)


def gaussian_epsilon(mean: float, deviation: float, steps: Steps = STEPS) -> Denoiser:
    """The exact epsilon for data N(mean, deviation^2): the posterior mean of the noise."""

    def denoise(latent: Tensor, step: int) -> Tensor:
        kept = SCHEDULE.alpha_bar[steps.numbers[step]]
        variance = kept * deviation**2 + 1 - kept
        return (1 - kept).sqrt() * (latent - kept.sqrt() * mean) / variance

    return denoise


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.5, 0.3), (-2.0, 0.05)])
def test_gaussian_data_come_out_with_their_mean_and_deviation(mean: float, deviation: float) -> None:
    noise = torch.randn((1, 20000), generator=torch.Generator().manual_seed(1))
    drawn = sample(gaussian_epsilon(mean, deviation), noise, STEPS)
    assert drawn.mean().item() == pytest.approx(mean, abs=0.025)
    assert drawn.std().item() == pytest.approx(deviation, rel=0.06)


def test_more_steps_come_nearer_to_the_exact_flow() -> None:
    noise = torch.randn((1, 4000), generator=torch.Generator().manual_seed(2))
    exact = noise * 0.3 + 1.0  # the probability flow of a Gaussian is affine

    def error(steps: int) -> float:
        table = Steps.of(SamplerSpec(steps=steps))
        drawn = sample(gaussian_epsilon(1.0, 0.3, table), noise, table)
        return (drawn - exact).abs().mean().item()

    assert error(50) < error(12) < error(4)


def test_steps_even_in_log_snr_keep_the_detail_that_steps_even_in_t_lose() -> None:
    noise = torch.randn((1, 20000), generator=torch.Generator().manual_seed(3))
    spreads = {}
    for spacing in ("linear", "logsnr"):
        steps = Steps.of(SamplerSpec(steps=10, spacing=spacing))  # type: ignore[arg-type]
        spreads[spacing] = sample(gaussian_epsilon(0.0, 0.05, steps), noise, steps).std().item()
    assert spreads["linear"] < 0.02 < 0.04 < spreads["logsnr"] < 0.06


def test_noise_depends_on_seed_and_column_alone_so_that_overlaps_agree() -> None:
    window, later, other = (window_noise((2, 3, 10), seed, column) for seed, column in ((5, 40), (5, 46), (6, 40)))
    assert torch.equal(window, window_noise((2, 3, 10), 5, 40))
    assert torch.equal(window[..., 6:], later[..., :4])
    assert not torch.equal(window[..., :4], later[..., :4])
    assert not torch.equal(window, other)


def test_noise_is_white() -> None:
    noise = window_noise((8, 16, 256), 1, 0)
    assert noise.mean().item() == pytest.approx(0.0, abs=0.025)
    assert noise.std().item() == pytest.approx(1.0, abs=0.025)
    neighbours = (noise[..., 1:] * noise[..., :-1]).mean().item()
    assert neighbours == pytest.approx(0.0, abs=0.025)


@dataclass(frozen=True)
class Factor:
    """A condition of a model that multiplies by it: a number per window (B,)."""

    by: Tensor

    def joined(self, other: Factor) -> Factor:
        return Factor(torch.cat([self.by, other.by]))


SEEN, UNSEEN = Factor(torch.full((3,), 2.0)), Factor(torch.full((3,), 0.5))


def multiply(latent: Tensor, t: Tensor, condition: Factor) -> Tensor:
    assert len(latent) == len(t) == len(condition.by)
    return latent * condition.by[:, None]


def test_guidance_at_scale_one_is_the_conditional_model() -> None:
    latent, spec = torch.randn(3, 4), replace(SPEC, guidance=1.0)
    assert torch.equal(guided(multiply, SEEN, UNSEEN, spec, STEPS)(latent, 12), latent * 2.0)


def test_guidance_extrapolates_by_the_power_cosine_scale() -> None:
    latent, spec = torch.randn(3, 4), replace(SPEC, guidance=5.0, guidance_power=4.0)
    weight = power_cosine(5.0, 4.0, STEPS.numbers[12], 1000)
    expected = latent * 0.5 + weight * 1.5 * latent
    torch.testing.assert_close(guided(multiply, SEEN, UNSEEN, spec, STEPS)(latent, 12), expected)


def test_power_cosine_rises_from_one_to_the_scale() -> None:
    assert power_cosine(5.0, 0.01, 1000.0, 1000) == pytest.approx(1.0)
    assert power_cosine(5.0, 0.01, 0.0, 1000) == pytest.approx(5.0)
    assert power_cosine(5.0, 1.0, 500.0, 1000) == pytest.approx(1 + 4 * (1 - math.cos(math.pi / 2)) / 2)


def test_noise_is_added_in_the_share_that_the_schedule_says() -> None:
    clean, noise, step = torch.randn(3, 2, 4), torch.randn(3, 2, 4), torch.tensor([0, 500, 999])
    kept = SCHEDULE.alpha_bar[step].reshape(3, 1, 1)
    noisy = SCHEDULE.add_noise(clean, noise, step)
    torch.testing.assert_close((noisy - kept.sqrt() * clean) / (1 - kept).sqrt(), noise, rtol=1e-3, atol=1e-3)


def test_min_snr_weights_cap_the_clean_steps() -> None:
    steps = torch.arange(1000)
    weighted = SCHEDULE.min_snr_weight(steps) * SCHEDULE.snr(steps)
    assert weighted.max().item() == pytest.approx(5.0)
    assert SCHEDULE.min_snr_weight(torch.tensor([999])).item() == pytest.approx(1.0)


def test_velocity_and_epsilon_say_the_same() -> None:
    clean, noise, step = torch.randn(4, 3), torch.randn(4, 3), torch.tensor([1, 300, 700, 998])
    noisy = SCHEDULE.add_noise(clean, noise, step)
    velocity = SCHEDULE.velocity(clean, noise, step)
    torch.testing.assert_close(SCHEDULE.epsilon_of_velocity(velocity, noisy, step), noise, rtol=1e-4, atol=1e-4)

    told = replace(STEPS, signal=SCHEDULE.alpha_bar[step].sqrt(), noise=(1 - SCHEDULE.alpha_bar[step]).sqrt())
    for row in range(len(step)):
        found = from_velocity(lambda latent, step: velocity, told)(noisy, row)
        torch.testing.assert_close(found[row], noise[row], rtol=1e-4, atol=1e-4)


def test_rescaled_guidance_keeps_the_deviation_of_the_conditional_output() -> None:
    def model(latent: Tensor, t: Tensor, condition: Factor) -> Tensor:
        return torch.where(condition.by[:, None] == 0.5, latent.flip(1), latent * 2.0)

    latent = torch.randn(3, 50)
    specs = [replace(SPEC, guidance=4.0, guidance_rescale=rescale) for rescale in (0.0, 1.0)]
    plain, kept = (guided(model, SEEN, UNSEEN, spec, STEPS)(latent, 24) for spec in specs)
    assert (plain.std(1) > 3.0).all()
    torch.testing.assert_close(kept.std(1), (latent * 2).std(1))
    torch.testing.assert_close(kept / kept.std(1, keepdim=True), plain / plain.std(1, keepdim=True))


def test_the_velocity_weight_is_capped_and_never_idle() -> None:
    weight = SCHEDULE.min_snr_velocity_weight(torch.arange(1000))
    assert weight[SCHEDULE.snr(torch.arange(1000)) < 5].min().item() == pytest.approx(1.0)
    assert weight[0].item() < 0.01


def pair_epsilon(correlation: float) -> Denoiser:
    """The exact epsilon for two numbers, each N(0, 1), so correlated."""
    joint = torch.tensor([[1.0, correlation], [correlation, 1.0]])

    def denoise(latent: Tensor, step: int) -> Tensor:
        kept = SCHEDULE.alpha_bar[STEPS.numbers[step]]
        return (1 - kept).sqrt() * latent @ torch.linalg.inv(kept * joint + (1 - kept) * torch.eye(2))

    return denoise


@pytest.mark.parametrize(("correlation", "least", "most"), [(0.0, -0.02, 0.02), (0.5, 0.3, 0.5), (0.9, 0.65, 0.9)])
def test_what_is_held_comes_out_and_draws_the_rest_after_it(correlation: float, least: float, most: float) -> None:
    denoise, generator = pair_epsilon(correlation), torch.Generator().manual_seed(4)
    noise = torch.randn((20000, 2), generator=generator)
    draft = sample(denoise, noise, STEPS)
    other = torch.stack([noise[:, 0], torch.randn(20000, generator=generator)], dim=1)  # the held part keeps its noise
    drawn = sample(held(denoise, draft, torch.tensor([[True, False]]), STEPS), other, STEPS)
    torch.testing.assert_close(drawn[:, 0], draft[:, 0], rtol=0, atol=1e-4)
    # The exact conditional has the slope `correlation`; holding at the noise level of each step comes near it.
    assert least <= (drawn[:, 0] * drawn[:, 1]).mean().item() / draft[:, 0].square().mean().item() <= most
    assert drawn[:, 1].std().item() == pytest.approx(1.0, abs=0.06)


def test_where_nothing_is_held_the_sampler_is_as_it_was() -> None:
    denoise, noise = pair_epsilon(0.9), torch.randn((50, 2), generator=torch.Generator().manual_seed(5))
    nothing = held(denoise, torch.ones(50, 2), torch.zeros(50, 1, dtype=torch.bool), STEPS)
    assert torch.equal(sample(nothing, noise, STEPS), sample(denoise, noise, STEPS))
