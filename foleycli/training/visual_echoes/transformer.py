"""Training of the masked transformer: predicts hidden tokens of a picture and a sound of one class.

loss = cross-entropy at the masked places over their own modality's codes, smoothed by 0.1, mean over masked places
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.models.visual_echoes.tokenizers import SmallPictures, latent_codes
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.word_vq import SoundWords
from foleycli.specs.visual_echoes import TokenLayout
from foleycli.training.visual_echoes.corpus import Corpus
from foleycli.training.visual_echoes.masking import Draw, MaskRule, draw

SMOOTHING = 0.1
ENCODE_AT_ONCE = 64
WORD_SPREAD = 0.1  # standard deviation of the word table at the start: logits must reach far enough to tell ids apart


@dataclass(frozen=True)
class TokenCorpus:
    """Codes of pictures (P, h w), also mirrored, and of sounds (S, f, t), with the class of each."""

    image: npt.NDArray[np.int64]
    image_class: npt.NDArray[np.int64]
    sound: npt.NDArray[np.int64]
    sound_class: npt.NDArray[np.int64]

    @staticmethod
    @torch.inference_mode()
    def encode(
        corpus: Corpus,
        pictures: SmallPictures,
        sounds: tuple[PatchVq, SoundWords],
        labels: Tensor,
        mirrored: bool = True,
    ) -> TokenCorpus:
        """Every picture (and its mirror image, which shows the same) and every latent through the tokenizers.

        `labels` (P, N) are what the network that knows pictures says of each.
        """
        shown = torch.from_numpy(corpus.picture)
        views = [shown, shown.flip(2)] if mirrored else [shown]
        image = [
            pictures.encode_labelled(part, said)
            for view in views
            for part, said in zip(torch.split(view, ENCODE_AT_ONCE), torch.split(labels, ENCODE_AT_ONCE), strict=True)
        ]
        latents = torch.split(torch.from_numpy(corpus.latent), ENCODE_AT_ONCE)
        sound = [latent_codes(*sounds, latents=part.float()) for part in latents]
        return TokenCorpus(
            torch.cat(image).flatten(1).numpy(),
            np.tile(corpus.picture_sound.astype(np.int64), len(views)),
            torch.cat(sound).numpy(),
            sound_class=corpus.latent_sound.astype(np.int64),
        )

    def pairs(self) -> Pairs:
        """Pictures and sounds of one class, drawn at random."""
        return Pairs(self)


@dataclass(frozen=True)
class Pairs:
    """Pairs of a picture and a sound of one class, drawn at random; classes as often as the root of their pictures."""

    tokens: TokenCorpus
    classes: npt.NDArray[np.int64] = field(init=False)
    chance: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        both = np.intersect1d(self.tokens.image_class, self.tokens.sound_class)
        counts = np.array([(self.tokens.image_class == one).sum() for one in both])
        object.__setattr__(self, "classes", both)
        object.__setattr__(self, "chance", counts**0.5 / (counts**0.5).sum())

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor, npt.NDArray[np.int64]]:
        """Image codes (B, h w), sound codes (B, f t), the grid turned along time by columns, and classes (B,)."""
        chosen = rng.choice(self.classes, count, p=self.chance)
        image = np.stack([self._one(self.tokens.image, self.tokens.image_class, one, rng) for one in chosen])
        sound = np.stack([self._one(self.tokens.sound, self.tokens.sound_class, one, rng) for one in chosen])
        sound[:, 1:] = np.roll(sound[:, 1:], int(rng.integers(sound.shape[-1])), -1)  # the words keep their places
        return torch.from_numpy(image), torch.from_numpy(sound).flatten(1), chosen

    @staticmethod
    def _one(
        table: npt.NDArray[np.int64], label: npt.NDArray[np.int64], one: np.int64, rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        members = np.flatnonzero(label == one)
        row: npt.NDArray[np.int64] = table[members[rng.integers(len(members))]]
        return row


@dataclass(frozen=True)
class Batch:
    """Codes (B, image places) and (B, sound places), each from 0, and what the step hides.

    `masked` (B, 2) is how many places of a picture and of a sound are masked, in every row the mean of the whole batch:
    so the losses of ranks that have a part of it each average to that of the whole.
    """

    image: Tensor
    sound: Tensor
    hidden: Draw
    masked: Tensor


def batches(pairs: Pairs, rule: MaskRule, size: int, seed: int = 0, device: str = "cpu") -> Callable[[int], Batch]:
    """step -> batch on the device: a function of (seed, step)."""

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([seed, step, 3])
        image, sound, _ = pairs.draw(rng, size)
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        hidden = draw(rule, size, image.shape[1], sound_places=sound.shape[1], generator=generator)
        drop = None if hidden.drop is None else hidden.drop.to(device)
        of_image, of_sound = torch.split(hidden.mask.float(), [image.shape[1], sound.shape[1]], dim=1)
        masked = torch.stack([of_image.sum(1).mean(), of_sound.sum(1).mean()]).expand(size, 2).to(device)
        return Batch(image.to(device), sound.to(device), Draw(hidden.mask.to(device), drop), masked=masked)

    return batch


def masked_loss(layout: TokenLayout) -> Callable[[MaskedTransformer, Batch], dict[str, Tensor]]:
    """The loss over a layout of tokens: each modality by its own codes, every masked place alike."""
    places, codes = layout.image_places, layout.image_codes

    def loss(model: MaskedTransformer, batch: Batch) -> dict[str, Tensor]:
        decoded = model.decoded(torch.cat([batch.image, batch.sound + codes], 1), batch.hidden.mask, batch.hidden.drop)
        image = _wrong(model.told(decoded[:, :places], 0, codes), batch.image)
        sound = _wrong(model.told(decoded[:, places:], codes, layout.class_id), batch.sound)
        masked = batch.masked.sum(0)  # places of a picture, of a sound
        sums = torch.stack(
            [(image * batch.hidden.mask[:, :places]).sum(), (sound * batch.hidden.mask[:, places:]).sum()]
        )
        each = sums / masked.clamp_min(1)
        return {"loss": sums.sum() / masked.sum(), "image": each[0], "sound": each[1]}

    return loss


def _wrong(logits: Tensor, codes: Tensor) -> Tensor:
    return F.cross_entropy(logits.transpose(1, 2), codes, label_smoothing=SMOOTHING, reduction="none")


@torch.no_grad()
def start_from_tokens(
    model: MaskedTransformer,
    pictures: PatchVq,
    sounds: PatchVq,
    tokens: TokenCorpus,
    layout: TokenLayout,
    seed: int = 0,
) -> None:
    """Sets embeddings and output biases from the codes: codes that are alike begin alike, frequent ones likely.

    The vectors of a grid's codes begin as random projections of the codes, those of words at random; the head's bias
    is the logarithm of each code's share.
    """
    generator = torch.Generator().manual_seed(seed)
    table, positions = model.token_emb.word_embeddings.weight, model.token_emb.position_embeddings.weight
    for values in (positions, table):
        values.copy_(WORD_SPREAD * torch.randn(values.shape, generator=generator))
    first_sound = layout.image_codes
    for vq, first in ((pictures, 0), (sounds, first_sound)):
        vectors = vq.codebook / vq.codebook.std(0)
        project = torch.randn(vectors.shape[1], table.shape[1], generator=generator) / vectors.shape[1] ** 0.5
        table[first : first + len(vectors)] = WORD_SPREAD * (vectors - vectors.mean(0)) @ project
    for codes, first, last in (
        (tokens.image, 0, first_sound),
        (tokens.sound, first_sound, model.spec.class_id),
    ):
        counts = torch.bincount(torch.from_numpy(codes).flatten(), minlength=last - first) + 1.0
        model.mlm_layer.bias[0, 0, first:last] = (counts / counts.mean()).log()
