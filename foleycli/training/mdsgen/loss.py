"""MDSGen's training loss: epsilon under min-SNR weights + learned variance, on all tokens and on masked ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.mdsgen.masking import Mask, training_mask
from foleycli.sampling.schedule import Schedule
from foleycli.specs import CueSpec
from foleycli.training.distributed import current, own_rows, rows_of

VARIANCE_WEIGHT = 1e-3  # of the variational term (Nichol and Dhariwal 2021, L_hybrid)


class CuedMDSGen(nn.Module):
    """The two networks of the performer that learn together: cue curves -> features -> transformer."""

    def __init__(self, dit: MDSGen, cues: CueEncoder) -> None:
        super().__init__()
        self.dit, self.cues = dit, cues


@dataclass(frozen=True)
class DenoisingLoss:
    """Callable (model, (latent, condition, step)) -> losses; `step` seeds the batch's random numbers.

    The condition is cue curves for a `CuedMDSGen`, video features (B, 32, F) for an `MDSGen`.
    `masked_every` n adds the masked loss in every n-th step, at 1/n of its cost; 1 is the paper (lambda 1).
    """

    schedule: Schedule
    prediction: Literal["epsilon", "v"] = "epsilon"
    condition_dropout: float = 0.1
    hide_class: float = 0.15
    hide_timbre: float = 0.1
    masked_every: int = 1

    def __call__(self, model: CuedMDSGen | MDSGen, batch: tuple[Tensor, Tensor, int]) -> dict[str, Tensor]:
        clean, condition, step = batch
        dit = model if isinstance(model, MDSGen) else model.dit
        device = clean.device
        rng = torch.Generator(device)  # on the device: copying noise there would take as long as a step
        rng.manual_seed(step)
        size = len(clean)
        drawn = partial(torch.rand, device=device, generator=rng)
        shape = clean.shape[1:]
        t = rows_of(size, lambda n: torch.randint(0, len(self.schedule.betas), (n,), device=device, generator=rng))
        noise = rows_of(size, lambda n: torch.randn(n, *shape, device=device, generator=rng))
        drop = rows_of(size, drawn) < self.condition_dropout
        features = condition
        if isinstance(model, CuedMDSGen):
            shares = torch.tensor([[self.hide_class], [self.hide_timbre]], device=device)
            hide = shares > rows_of(size, lambda n: drawn(2, n).T).T
            for hidden, part in zip(hide, _says_what(condition, model.cues.spec), strict=True):
                condition = torch.where(hidden[:, None, None] & part, 0.0, condition)
            features = model.cues(condition)
        noisy = self.schedule.add_noise(clean, noise, t)
        output = dit(noisy, t, features, drop=drop)
        losses = self.terms(output, clean, noisy, noise, t)
        total = losses[self.prediction] + losses["variance"]
        mask = training_mask(dit.spec, size * current().size, rng) if step % self.masked_every == 0 else None
        if mask is not None:
            mask = Mask(mask.visible[own_rows(size)], mask.hidden[own_rows(size)])
            hidden = dit(noisy, t, features, drop=drop, mask=mask)
            masked = self.terms(hidden, clean, noisy, noise, t)
            total = total + masked[self.prediction] + masked["variance"]
        return {"loss": total, **losses}

    def terms(self, output: Tensor, clean: Tensor, noisy: Tensor, noise: Tensor, t: Tensor) -> dict[str, Tensor]:
        """Weighted error of epsilon (or v) and the variational term of the variance, as means over the batch."""
        predicted, interpolation = output.float().chunk(2, dim=1)
        if self.prediction == "v":
            target, weight = self.schedule.velocity(clean, noise, t), self.schedule.min_snr_velocity_weight(t)
            epsilon = self.schedule.epsilon_of_velocity(predicted.detach(), noisy, t)
        else:
            target, weight, epsilon = noise, self.schedule.min_snr_weight(t), predicted.detach()
        weighted = (weight * (predicted - target).square().flatten(1).mean(1)).mean()
        variance = self._variational(epsilon, interpolation, clean, noisy, t)
        return {self.prediction: weighted, "variance": VARIANCE_WEIGHT * len(self.schedule.betas) * variance}

    def _variational(self, epsilon: Tensor, interpolation: Tensor, clean: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """KL of q(x_t-1 | x_t, x_0) from the model's Gaussian, whose log variance lies between beta~ and beta.

        The mean is held still: only the variance learns here (Nichol and Dhariwal 2021, eq. 15 and section 3.1).
        """
        at = [value.to(noisy.device)[t].reshape(-1, 1, 1, 1) for value in posterior(self.schedule)]
        log_beta, log_posterior, from_clean, kept = at
        log_variance = log_posterior + (interpolation + 1) / 2 * (log_beta - log_posterior)
        predicted = (noisy - (1 - kept).sqrt() * epsilon) / kept.sqrt()
        gap = from_clean * (clean - predicted.clamp(-8, 8))  # both means share the noisy part
        kl = 0.5 * (
            log_variance - log_posterior - 1 + (log_posterior - log_variance).exp() + gap.square() / log_variance.exp()
        )
        return kl.flatten(1).mean(1).clamp(max=20.0).mean() / 0.6931  # in bits


def posterior(schedule: Schedule) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Per step: log beta, log beta~, weight of x_0 in the posterior mean, alpha_bar (DDPM, eq. 7)."""
    betas, kept = schedule.betas.double(), schedule.alpha_bar.double()
    before = torch.cat([torch.ones(1, dtype=torch.float64), kept[:-1]])
    variance = betas * (1 - before) / (1 - kept)
    log_posterior = torch.cat([variance[1:2], variance[1:]]).log()  # the first is 0: take the second's
    from_clean = betas * before.sqrt() / (1 - kept)
    return betas.log().float(), log_posterior.float(), from_clean.float(), kept.float()


def _says_what(curves: Tensor, spec: CueSpec) -> tuple[Tensor, Tensor]:
    """True on the channels that name a sound, and on those that say what it is like."""
    channel = torch.arange(curves.shape[-1], device=curves.device)
    return (channel >= 3) & (channel < spec.channels), channel >= spec.channels
