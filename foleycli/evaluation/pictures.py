"""How well a Visual Echoes model does, on held-out pictures and recordings: do sound and picture belong together?

i2a       a picture of each sounding kind in turn -> sound -> the classifier's names, against the kind's own sounds
shuffled  the same sounds judged by the kinds of other pictures: what a model scores that does not look

With the corpus of `foley train echo-tokens`, whose test recordings no training has heard:

a2i       a recording of each class in turn -> picture -> the frame classifier's kinds, against those that sound so
ceilings  the same scores of real pictures, and of pictures and sounds that went through the tokenizers alone
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.errors import UsageError
from foleycli.evaluation.distances import frechet_distance, inception_score
from foleycli.evaluation.embeddings import Recognition, SoundClassifier, load_sound_classifier
from foleycli.evaluation.report import Report, interval
from foleycli.evaluation.run import rank_of
from foleycli.library.attacks import find_hits
from foleycli.models.visual_echoes.model import EchoModel
from foleycli.models.visual_echoes.tokenizers import LatentSounds
from foleycli.pipeline.image_audio import ImageAudioPipeline
from foleycli.scenes.catalogue import KINDS
from foleycli.scenes.stills import SOUNDING_KINDS, render_still
from foleycli.specs.visual_echoes import DecodingSpec
from foleycli.training.visual_echoes.corpus import HELD_OUT_SEED, Corpus
from foleycli.types import Progress, Wave
from foleycli.video.pictures import resized

STILLS = "stills"
SAMPLE_RATE = 32_000  # of what is classified
FRAMES = 1500  # pictures that the frame classifier learns on
LISTEN_EVERY_SECONDS = 1.0  # where nothing is struck


def evaluate_pictures(
    model: str | Path | EchoModel,
    *,
    count: int = 76,
    seed: int = 0,
    decoding: DecodingSpec | None = None,
    corpus: Path | None = None,
    device: str = "auto",
    offline: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Scores of sounds made for `count` pictures, the kinds in turn; intervals by bootstrap over pictures.

    With a folder `corpus` also of `count` pictures made for recordings, and the ceilings of both.
    """
    pipeline, judge = ImageAudioPipeline(model, device=device, offline=offline), load_sound_classifier()
    kinds = [SOUNDING_KINDS[number % len(SOUNDING_KINDS)] for number in range(count)]
    heard: list[Recognition] = []
    spent = 0.0
    for number, kind in enumerate(kinds):
        picture = render_still(kind, HELD_OUT_SEED + number).picture
        begun = time.perf_counter()
        sound = pipeline.image2audio(picture, seed=seed + number, decoding=decoding)
        spent += time.perf_counter() - begun
        heard.append(
            judge.classify(sound.samples, sound.sample_rate, excerpt_seconds(sound.samples, sound.sample_rate))
        )
        if progress is not None:
            progress("imagine", number + 1, count)
    true = [_rank(one, judge.classes, kind) for one, kind in zip(heard, kinds, strict=True)]
    # Kinds stand in turn, so a shift by half of them never gives a sound its own kind.
    shift = min(count, len(SOUNDING_KINDS)) // 2
    others = [SOUNDING_KINDS[(number + shift) % len(SOUNDING_KINDS)] for number in range(count)]
    shuffled = [_rank(one, judge.classes, kind) for one, kind in zip(heard, others, strict=True)]
    scores = {"i2a": _tops(true), "shuffled": _tops(shuffled), **_distances(heard, judge)}
    if corpus is not None:
        scores |= _of_recordings(pipeline, judge, corpus, count=count, seed=seed, decoding=decoding)
    rows = tuple(
        {"kind": kind, "rank": rank, "classified_as": judge.classes[int(one.pooled().argmax())]}
        for kind, rank, one in zip(kinds, true, heard, strict=True)
    )
    length = count * float(pipeline.seconds)
    return Report(
        model=pipeline.model.name, data=STILLS, cases=count, seed=seed, ears=judge.name,
        seconds_per_second=spent / length, scores=scores, clips=rows,
    )  # fmt: skip


@torch.inference_mode()
def _of_recordings(
    pipeline: ImageAudioPipeline, judge: SoundClassifier, folder: Path, *, count: int, seed: int,
    decoding: DecodingSpec | None,
) -> dict[str, Any]:  # fmt: skip
    """Pictures for held-out recordings, and what real ones and the tokenizers alone score."""
    from foleycli.evaluation.frames import FrameClassifier

    sounds, pictures = pipeline.model.sounds, pipeline.model.pictures
    if not isinstance(sounds, LatentSounds):
        raise UsageError("recordings of a corpus are for a model over pocket's codec")
    known, held = Corpus.open(folder), Corpus.open(folder, "test")
    every = max(1, len(known.picture) // FRAMES)
    some = torch.from_numpy(np.stack([resized(picture, pictures.pixels) for picture in known.picture[::every]]))
    left = torch.cat([pictures.through(part) for part in torch.split(some, 64)])
    frames = FrameClassifier.fit(
        torch.cat([some, left]).numpy(), np.tile(known.kind[::every], 2), len(SOUNDING_KINDS)
    )  # of both, or the tokens' own look would count against the model
    rows = np.arange(count) * (len(held.latent) // count)
    codes = sounds.encode_latents(torch.from_numpy(held.latent[rows]).float())
    names = [SOUND_CLASSES[one] for one in held.latent_sound[rows]]
    waves = torch.cat([sounds.decode(codes[k : k + 1], [seed + k]) for k in range(count)]).float().numpy()
    told = [judge.classify(wave, sounds.sample_rate, excerpt_seconds(wave, sounds.sample_rate)) for wave in waves]
    made = [pipeline.model.image_tokens_of(codes[k : k + 1], decoding or pipeline.model.decoding, [seed + k])
            for k in range(count)]  # fmt: skip
    seen = frames.scores(pictures.decode(torch.cat(made)).numpy())
    shots = held.picture[np.arange(count) * (len(held.picture) // count)]
    heard = [SOUND_CLASSES[one] for one in held.picture_sound[np.arange(count) * (len(held.picture) // count)]]
    small = np.stack([resized(picture, pictures.pixels) for picture in shots])
    decoded = pictures.through(torch.from_numpy(small)).numpy()
    return {
        "a2i": _tops(_kind_ranks(seen, names)),
        "a2i_shuffled": _tops(_kind_ranks(seen, names[count // 2 :] + names[: count // 2])),
        "a2i_real_pictures": _tops(_kind_ranks(frames.scores(small), heard)),
        "a2i_tokens_alone": _tops(_kind_ranks(frames.scores(decoded), heard)),
        "i2a_tokens_alone": _tops([rank_of(one, judge.classes, name) for one, name in zip(told, names, strict=True)]),
    }


def _kind_ranks(scores: npt.NDArray[np.float64], sounds: Sequence[str]) -> list[int]:
    """The best rank of any kind that makes the sound: scores (N, kinds), sounds (N,)."""
    ranks = (-scores).argsort(axis=1).argsort(axis=1)
    makes = {sound: [k for k, kind in enumerate(SOUNDING_KINDS) if sound in KINDS[kind].sounds] for sound in sounds}
    return [
        int(row[makes[sound]].min()) if makes[sound] else len(row) for row, sound in zip(ranks, sounds, strict=True)
    ]


def excerpt_seconds(wave: Wave, sample_rate: int) -> list[float]:
    """Seconds at which a sound (S,) at 32 kHz is classified: where something is struck, else every second."""
    struck = [start / sample_rate for start, _ in find_hits(wave, SAMPLE_RATE)]
    return struck or list(np.arange(0, max(0.1, len(wave) / sample_rate - 1), LISTEN_EVERY_SECONDS))


def _rank(heard: Recognition, classes: Sequence[str], kind: str) -> int:
    """The best rank of any sound that the kind may make."""
    return min(rank_of(heard, classes, sound) for sound in KINDS[kind].sounds)


def _tops(ranks: Sequence[int]) -> dict[str, Any]:
    return {f"top{most}": interval([float(rank < most) for rank in ranks]) for most in (1, 3)}


def _distances(heard: Sequence[Recognition], judge: SoundClassifier) -> dict[str, Any]:
    embedding = np.concatenate([one.embedding for one in heard])
    probability = np.concatenate([one.probability for one in heard])
    labels = [judge.classes.index(sound) for kind in SOUNDING_KINDS for sound in KINDS[kind].sounds]
    return {"fad": frechet_distance(embedding, judge.reference.of(labels)), "is": inception_score(probability)}
