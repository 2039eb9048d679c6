"""Timbres of recordings: what the performer was shown of a recording with every cue that it learned from."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from foleycli.audio.level_rider import HIT_LEVEL_DB, MAKE_UP_DB, SPAN_LEVEL_DB, loudest_db
from foleycli.library.likes import Likes, hits_of, texture_of
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.mdsgen.timbre import HEARD_FRAMES, hit_timbre, span_timbre
from foleycli.specs import MelSpec
from foleycli.types import Wave

MEL = MelSpec.FULL_BAND
RATE = MEL.sample_rate
# Levels of the training examples, which lie under the delivered ones.
LEARNED_HIT_DB, LEARNED_SPAN_DB = HIT_LEVEL_DB - MAKE_UP_DB, SPAN_LEVEL_DB - MAKE_UP_DB
SEARCHED_SECONDS = 0.4
SHORTEST_SECONDS, LONGEST_SECONDS = 1, 8  # of a lasting sound


def timbre_of_hit(wave: Wave) -> Tensor:
    """What a hit (S,) at 32 kHz is like at full strength: (240,)."""
    loudest = loudest_db(wave[: round(SEARCHED_SECONDS * RATE)], RATE)
    heard = np.zeros(HEARD_FRAMES * MEL.hop_samples, np.float32)
    heard[: len(wave)] = (wave * 10 ** ((LEARNED_HIT_DB - loudest) / 20))[: len(heard)]
    return hit_timbre(log_mel(torch.from_numpy(heard)[None], MEL)[0])


def timbre_of_span(wave: Wave) -> Tensor:
    """What a lasting sound (S,) at 32 kHz is like: (240,), of eight seconds at the most."""
    heard = wave[: LONGEST_SECONDS * RATE]
    heard = heard / (np.sqrt((heard**2).mean()) + 1e-6) * np.float32(10 ** (LEARNED_SPAN_DB / 20))
    heard = np.resize(heard, max(len(heard), SHORTEST_SECONDS * RATE)).astype(np.float32)
    return span_timbre(log_mel(torch.from_numpy(heard)[None], MEL)[0])


def timbres_of(likes: Likes) -> dict[tuple[int, str], Tensor]:
    """The timbres (n, 240) of recordings, by kind (0 hits, 1 spans) and sound; "" is every sound."""
    found: dict[tuple[int, str], Tensor] = {}
    for (kind, sound), row in likes.rows.items():
        if kind == "hit":
            found[0, sound] = torch.stack([timbre_of_hit(wave) for one in row for wave in hits_of(one, RATE)])
        else:
            found[1, sound] = torch.stack([timbre_of_span(texture_of(one, RATE)) for one in row])
    return found
