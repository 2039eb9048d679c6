"""One transformer, three uses: the tokens of what is given stay, those of what is asked for start as [MASK].

picture -> codes --.                                  .-> sound codes -> wave
[MASK] x sound ----+--> decode_masked, N steps -------+
                                                      '-> (both at once: all starts as [MASK])
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from foleycli.models.visual_echoes.tokenizers import PictureTokens, SoundTokens
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.sampling.masked_tokens import SeededNoise, decode_masked, guided
from foleycli.specs.visual_echoes import DecodingSpec, TokenLayout

CARD_ROWS = 8  # decoded together on a card; on a CPU each alone: the shape of a batch decides how sums are rounded


@dataclass(frozen=True)
class Pair:
    """Codes of pictures (B, h, w) and of sounds (B, bands, columns), each from 0."""

    image: Tensor
    sound: Tensor


@dataclass(frozen=True)
class EchoModel:
    """The networks of a Visual Echoes model with their layout of tokens and usual decoding."""

    name: str
    layout: TokenLayout
    transformer: MaskedTransformer
    pictures: PictureTokens
    sounds: SoundTokens
    decoding: DecodingSpec

    @property
    def device(self) -> torch.device:
        return self.transformer.mask_token.device

    @torch.inference_mode()
    def sound_tokens_of(
        self, image: Tensor, decoding: DecodingSpec, seeds: Sequence[int], columns: int | None = None
    ) -> Tensor:
        """Image codes (B, h, w) -> sound codes (B, bands, columns); longer sounds go on from their own last half."""
        bands, usual = self.layout.sound_grid
        wanted = usual if columns is None else columns
        unknown = torch.full((len(image), bands, usual), -1, device=image.device)
        sound = self._complete(Pair(image, unknown), decoding, seeds).sound
        half = usual // 2
        while sound.shape[-1] < wanted:
            part = sound.shape[-1] // half
            known = torch.cat([sound[..., -half:], unknown[..., half:]], -1)
            following = self._complete(Pair(image, known), decoding, [seed_of_part(seed, part) for seed in seeds])
            sound = torch.cat([sound, following.sound[..., half:]], -1)
        return sound[..., :wanted]

    @torch.inference_mode()
    def image_tokens_of(self, sound: Tensor, decoding: DecodingSpec, seeds: Sequence[int]) -> Tensor:
        """Sound codes (B, bands, columns) -> image codes (B, h, w)."""
        unknown = torch.full((len(sound), *self.layout.image_grid), -1, device=sound.device)
        return self._complete(Pair(unknown, sound), decoding, seeds).image

    @torch.inference_mode()
    def both(self, decoding: DecodingSpec, seeds: Sequence[int]) -> Pair:
        """A picture and a sound that go together, from nothing; there is no condition, so guidance means nothing."""
        count, device = len(seeds), self.device
        image = torch.full((count, *self.layout.image_grid), -1, device=device)
        sound = torch.full((count, *self.layout.sound_grid), -1, device=device)
        return self._complete(Pair(image, sound), decoding.changed(None, None, 1.0), seeds)

    def _complete(self, pair: Pair, decoding: DecodingSpec, seeds: Sequence[int]) -> Pair:
        """Every -1 of a pair replaced by a code."""
        tokens = self.joined(pair)
        rows = CARD_ROWS if self.device.type == "cuda" else 1
        done = [
            self._decode(_filled(tokens[first : first + rows], rows), decoding, _row(seeds[first : first + rows], rows))
            for first in range(0, len(tokens), rows)
        ]
        return self.parted(torch.cat(done)[: len(tokens)])

    def _decode(self, tokens: Tensor, decoding: DecodingSpec, seeds: Sequence[int]) -> Tensor:
        logits = guided(self.logits, self._without_condition(tokens), decoding, mask_id=self._mask_id)
        return decode_masked(logits, tokens, self._mask_id, spec=decoding, noise=SeededNoise(seeds))

    def logits(self, tokens: Tensor) -> Tensor:
        """Joint tokens (B, N) -> logits (B, N, vocabulary), -inf for ids of the other modality."""
        logits: Tensor = self.transformer(tokens)
        return logits.masked_fill(~self._allowed(tokens.device), -math.inf)

    def _allowed(self, device: torch.device) -> Tensor:
        places = torch.arange(self.layout.places, device=device)[:, None] < self.layout.image_places
        ids = torch.arange(self.layout.vocabulary, device=device)
        image, sound = ids < self.layout.image_codes, (ids >= self.layout.image_codes) & (ids < self.layout.class_id)
        return torch.where(places, image, sound)

    def _without_condition(self, tokens: Tensor) -> Without:
        """What hides the condition: the modality that is known whole from the start."""
        places = self.layout.image_places
        hidden = torch.zeros_like(tokens, dtype=torch.bool)
        known = tokens != self._mask_id
        if bool(known[:, :places].all()):
            hidden[:, :places] = True
        elif bool(known[:, places:].all()):
            hidden[:, places:] = True
        return Without(hidden, self._mask_id)

    @property
    def _mask_id(self) -> int:
        return self.transformer.spec.mask_id

    def joined(self, pair: Pair) -> Tensor:
        """Codes as joint tokens (B, N), -1 as [MASK]."""
        image, sound = pair.image.flatten(1), pair.sound.flatten(1)
        sound = torch.where(sound < 0, sound, sound + self.layout.image_codes)
        tokens = torch.cat([image, sound], 1)
        return tokens.masked_fill(tokens < 0, self._mask_id)

    def parted(self, tokens: Tensor) -> Pair:
        """Joint tokens (B, N), all known, as codes."""
        image, sound = torch.split(tokens, [self.layout.image_places, self.layout.sound_places], 1)
        count = len(tokens)
        return Pair(
            image.view(count, *self.layout.image_grid),
            (sound - self.layout.image_codes).view(count, *self.layout.sound_grid),
        )


@dataclass(frozen=True)
class Without:
    """Tokens (B, N) with the places of the condition masked."""

    hidden: Tensor
    mask_id: int

    def __call__(self, tokens: Tensor) -> Tensor:
        return tokens.masked_fill(self.hidden, self.mask_id)


def seed_of_part(seed: int, part: int) -> int:
    """The seed of a further part of a long sound: of 32 bits, as torch's generators look at no others."""
    return zlib.crc32(f"{seed} {part}".encode())


def _filled(tokens: Tensor, rows: int) -> Tensor:
    return torch.cat([tokens, tokens[-1:].expand(rows - len(tokens), -1)])


def _row(seeds: Sequence[int], rows: int) -> list[int]:
    return [*seeds, *[seeds[-1]] * (rows - len(seeds))]
