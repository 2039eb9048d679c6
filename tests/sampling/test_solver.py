"""Our DPM-Solver++ 2M against diffusers' scheduler, at every spacing, number of steps and prediction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
import torch
from torch import Tensor

from foleycli.sampling.guidance import from_velocity
from foleycli.sampling.inpainting import held
from foleycli.sampling.solver import Denoiser, Steps, sample, steps_of
from foleycli.specs import SamplerSpec

COUNTS = [1, 2, 3, 4, 5, 8, 12, 14, 15, 16, 25, 50, 100, 250]
Spacing = Literal["linear", "logsnr"]


def scheduler(spec: SamplerSpec, prediction: str) -> Any:
    from diffusers import DPMSolverMultistepScheduler

    theirs = DPMSolverMultistepScheduler(
        num_train_timesteps=spec.train_steps,
        beta_start=spec.beta_start,
        beta_end=spec.beta_end,
        beta_schedule="linear",
        algorithm_type="dpmsolver++",
        solver_order=2,
        prediction_type=prediction,
        lower_order_final=True,
        use_lu_lambdas=spec.spacing == "logsnr",
    )
    theirs.set_timesteps(spec.steps)
    return theirs


def sampled_by_diffusers(denoise: Denoiser, noise: Tensor, spec: SamplerSpec, prediction: str = "epsilon") -> Tensor:
    theirs, latent = scheduler(spec, prediction), noise
    for step, t in enumerate(theirs.timesteps.tolist()):
        latent = theirs.step(denoise(latent, step), t, latent).prev_sample
    return latent


def network(steps: Steps) -> Denoiser:
    """Something that is no closed form: it bends with t, with the place, and with the neighbours."""

    def denoise(latent: Tensor, step: int) -> Tensor:
        mixed = 0.7 * latent + 0.2 * latent.roll(1, -1) + 0.1 * torch.sin(3 * latent)
        return mixed * (0.5 + steps.t[step] / 2000) + 0.05 * torch.cos(steps.t[step] / 50)

    return denoise


def noise() -> Tensor:
    return torch.randn(2, 3, 4, 16, generator=torch.Generator().manual_seed(7))


def close(ours: Tensor, theirs: Tensor) -> None:
    """Equal to 1e-5 of the largest number."""
    assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max().clamp(min=1.0)


@pytest.mark.parametrize("spacing", ["linear", "logsnr"])
@pytest.mark.parametrize("count", COUNTS)
def test_epsilon_goes_the_way_that_diffusers_goes(count: int, spacing: Spacing) -> None:
    spec = SamplerSpec(steps=count, spacing=spacing)
    steps = Steps.of(spec)
    assert list(steps.numbers) == scheduler(spec, "epsilon").timesteps.tolist()
    close(sample(network(steps), noise(), steps), sampled_by_diffusers(network(steps), noise(), spec))


@pytest.mark.parametrize("spacing", ["linear", "logsnr"])
@pytest.mark.parametrize("count", COUNTS)
def test_velocity_goes_the_way_that_diffusers_goes(count: int, spacing: Spacing) -> None:
    spec = SamplerSpec(steps=count, spacing=spacing, prediction="v")
    steps = Steps.of(spec)
    ours = sample(from_velocity(network(steps), steps), noise(), steps)
    close(ours, sampled_by_diffusers(from_velocity(network(steps), steps), noise(), spec))
    # Theirs reads v at the solver's own sigma, which in log SNR lies between two whole t; a single step divides the
    # rounding of float32 by alpha = 0.006.
    if spacing == "linear" and count > 1:
        exact = replace(steps, signal=steps.alpha, noise=steps.sigma)
        ours = sample(from_velocity(network(steps), exact), noise(), steps)
        close(ours, sampled_by_diffusers(network(steps), noise(), spec, "v_prediction"))


@pytest.mark.parametrize("prediction", ["epsilon", "v"])
@pytest.mark.parametrize("spacing", ["linear", "logsnr"])
@pytest.mark.parametrize("count", [1, 2, 12, 25, 100])
def test_held_columns_go_the_way_that_diffusers_goes(
    count: int, spacing: Spacing, prediction: Literal["epsilon", "v"]
) -> None:
    spec = SamplerSpec(steps=count, spacing=spacing, prediction=prediction)
    steps = Steps.of(spec)
    where = torch.zeros(2, 1, 1, 16, dtype=torch.bool)
    where[0, ..., :3] = where[1, ..., -5:] = True
    denoise = network(steps) if prediction == "epsilon" else from_velocity(network(steps), steps)
    holding = held(denoise, noise().flip(0), where, steps)
    ours = sample(holding, noise(), steps)
    close(ours, sampled_by_diffusers(holding, noise(), spec))
    torch.testing.assert_close(ours.where(where, 0.0), noise().flip(0).where(where, 0.0), rtol=0, atol=2e-3)


def test_the_loop_makes_no_number_on_the_host() -> None:
    """What reads a tensor back, or makes one from a number, would break a captured graph; meta tensors refuse both."""
    steps = Steps.of(SamplerSpec(steps=4)).to(torch.device("meta"))
    where = torch.zeros(2, 1, 1, 16, dtype=torch.bool, device="meta")
    denoise = held(from_velocity(network(steps), steps), noise().to("meta"), where, steps)
    assert sample(denoise, noise().to("meta"), steps).shape == (2, 3, 4, 16)


def test_coefficients_are_made_once_and_are_of_use_in_and_out_of_inference_mode() -> None:
    spec = SamplerSpec(steps=6)
    with torch.inference_mode():
        made = steps_of(spec, torch.device("cpu"))
    assert steps_of(spec, torch.device("cpu")) is made
    weight = torch.ones(6, requires_grad=True)
    (made.alpha * weight).sum().backward()
    assert weight.grad is not None and torch.equal(weight.grad, made.alpha)
