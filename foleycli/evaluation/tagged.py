"""What an independent tagger hears: real recordings, the same through vocoder and codec, and the model's own sounds.

The tagger (YAMNet, of 521 names of AudioSet) learned nothing from foley. For each sound of the cue sheet a few of its
names count as right (cues/audioset.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from foleycli.audio.files import resample
from foleycli.evaluation.distances import frechet_distance, kl_divergence
from foleycli.evaluation.embeddings import SoundClassifier
from foleycli.evaluation.report import Report, Scores, interval
from foleycli.models.loaded import LoadedModel
from foleycli.models.spot_perform.model import sounds_of, vocoded
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.vae import MelVae
from foleycli.training.mdsgen.tagger import RATE, Tagger

REAL, VOCODER, CODEC, GENERATED = VOICES = ("real", "vocoder", "codec", "generated")
TOPS = (1, 3, 5)
PEAK = 0.7  # what goes through the codec is brought to it
Wave = npt.NDArray[np.float32]
Sounds = Mapping[str, Mapping[str, Sequence[Wave]]]  # by voice, then by sound: waveforms (S,) at one rate


@torch.inference_mode()
def through(loaded: LoadedModel, wave: Wave, start: Fraction = Fraction(0)) -> tuple[Wave, Wave]:
    """A recording (S,) at the model's rate through its vocoder alone, and through its whole codec; both (S,).

    The noise that both draw with is that of a film's time `start`. Raises ModelError for a model with another codec.
    """
    vae = loaded.part("vae", MelVae)
    column = vae.spec.reduction * loaded.mel.hop_samples
    columns = max(4, -(-len(wave) // column))
    level = np.float32(PEAK / max(1e-4, float(np.abs(wave).max(initial=0))))
    padded = torch.from_numpy(np.pad(wave * level, (0, columns * column - len(wave))))
    mel = log_mel(padded[None], loaded.mel)
    voices = vocoded(loaded, mel, [start], columns=columns), sounds_of(loaded, vae.encode(mel), [start])
    first, second = (np.asarray(voice[0, : len(wave)].float().numpy(), np.float32) for voice in voices)
    return first, second


def tagged(sounds: Sounds, tagger: Tagger, sample_rate: int) -> tuple[Scores, list[dict[str, Any]]]:
    """The scores of each voice, means over sounds with their intervals, and a row for each sound."""
    heard = {
        voice: {sound: [tagger.heard(_slow(wave, sample_rate)) for wave in waves] for sound, waves in of.items()}
        for voice, of in sounds.items()
    }
    rows: list[dict[str, Any]] = []
    for sound in sorted({sound for of in heard.values() for sound in of}):
        row: dict[str, Any] = {"sound": sound}
        for voice, of in heard.items():
            if of.get(sound):
                row[voice] = _scores(of[sound], tagger, sound)
        rows.append(row)
    found: dict[str, Any] = {}
    for voice in heard:
        own = [row[voice] for row in rows if voice in row]
        found[voice] = {
            key: interval([one[key] for one in own]) for key in (own[0] if own else ()) if key != "heard_as"
        }
    both = [row for row in rows if CODEC in row and GENERATED in row]
    if both:
        made, most = (np.mean([row[voice]["mass"] for row in both]) for voice in (GENERATED, CODEC))
        found["generated_share_of_codec"] = float(made / most)
    return {"tagger": found, "tagger_distances": _distances(heard)}, rows


def _scores(clips: Sequence[Wave], tagger: Tagger, sound: str) -> dict[str, Any]:
    """Mean mass on right names, and share of clips with one among the first names; what is heard first."""
    right, means = tagger.right(sound), [clip.mean(0) for clip in clips]
    found: dict[str, Any] = {"mass": float(np.mean([mean[right].sum() for mean in means]))}
    for top in TOPS:
        among = [bool(set(np.argsort(-mean)[:top].tolist()) & set(right)) for mean in means]
        found[f"top{top}"] = float(np.mean(among))
    first = np.argsort(-np.mean(means, axis=0))[:3]
    return found | {"heard_as": [tagger.labels[number] for number in first]}


def _distances(heard: Mapping[str, Mapping[str, Sequence[Wave]]]) -> dict[str, Any]:
    """Frechet distance of the tagger's scores to those of the real sounds, and KL by sound, of each other voice."""
    real = heard.get(REAL, {})
    if not real:
        return {}
    windows = np.random.default_rng(0).permutation(np.concatenate([clip for clips in real.values() for clip in clips]))
    found: dict[str, Any] = {"fad_real": frechet_distance(windows[::2], windows[1::2])}
    for voice, of in heard.items():
        if voice == REAL:
            continue
        shared = [sound for sound in of if real.get(sound)]
        made = [clip for sound in shared for clip in of[sound]]
        true = np.concatenate([clip for sound in shared for clip in real[sound]]) if shared else windows[:0]
        pairs = [(_distribution(real[sound]), _distribution(of[sound])) for sound in shared]
        found[voice] = {
            "fad": frechet_distance(np.concatenate(made), true) if made else float("nan"),
            "kl": interval([float(kl_divergence(true[None], ours[None])[0]) for true, ours in pairs]),
        }
    return found


def _distribution(clips: Sequence[Wave]) -> npt.NDArray[np.float64]:
    mean = np.mean([clip.mean(0) for clip in clips], axis=0, dtype=np.float64)
    return np.asarray(mean / max(1e-9, mean.sum()))


def _slow(wave: Wave, sample_rate: int) -> Wave:
    return wave if sample_rate == RATE else np.asarray(resample(wave, sample_rate, RATE), np.float32)


def own_distances(
    sounds: Mapping[str, Sequence[Wave]],
    classifier: SoundClassifier,
    sample_rate: int,
    times: Mapping[str, Sequence[float]],
) -> dict[str, Any]:
    """FAD and KL of the model's sounds by foley's own sound classifier, to be read beside the tagger's.

    `times` are those of the cues of each sound, seconds from its start.
    """
    known = [sound for sound in sounds if sound in classifier.classes]
    found = {sound: [classifier.classify(wave, sample_rate, times[sound]) for wave in sounds[sound]] for sound in known}
    real = classifier.reference.of([classifier.classes.index(sound) for sound in known])
    parts = [one.embedding for row in found.values() for one in row]
    asked = np.eye(len(classifier.classes))
    kl = [
        float(kl_divergence(asked[classifier.classes.index(sound)][None], one.pooled()[None])[0])
        for sound, row in found.items()
        for one in row
    ]
    made = np.concatenate(parts) if parts else real[:0]
    return {"fad": frechet_distance(made, real), "kl": interval(kl)}


def tagged_report(
    sounds: Sounds,
    tagger: Tagger,
    sample_rate: int,
    *,
    classifier: SoundClassifier,
    times: Mapping[str, Sequence[float]],
    model: str,
    data: str,
    seed: int,
) -> Report:
    """The whole report; its rows are the sounds."""
    scores, rows = tagged(sounds, tagger, sample_rate)
    scores["distances"] = own_distances(sounds[GENERATED], classifier, sample_rate, times=times)
    count = sum(len(waves) for of in sounds.values() for waves in of.values())
    return Report(
        model, data, count, seed=seed, ears=classifier.name, seconds_per_second=None, scores=scores, clips=tuple(rows)
    )
