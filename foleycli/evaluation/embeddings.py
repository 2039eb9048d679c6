"""The listener of the evaluation: named ears with their weights, and the real sounds that they compare with.

ears/                    a bundle like any other, inside the package
  bundle.json            spec, hashes, licence
  ears.safetensors       the network, float16
  reference.safetensors  embeddings (N, 64) and labels (N,) of held-out real sounds
  CARD.md                how well it hears
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from foleycli.audio.files import resample
from foleycli.bundles.format import Bundle, read_bundle, read_part, write_bundle
from foleycli.evaluation.metrics import Array
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import SILENT, Ears, excerpts, halve
from foleycli.specs import MelSpec, SoundClassifierSpec

EARS_DIR = Path(__file__).parent / "sound_classifier"
EARS_NAME = "foley-ears-v1"
MOST_EXCERPTS = 24  # of one track


@dataclass(frozen=True)
class Reference:
    """Held-out real sounds: embeddings (N, D) and the class number of each (N,)."""

    embedding: npt.NDArray[np.float32]
    label: npt.NDArray[np.int64]

    def of(self, labels: Sequence[int]) -> npt.NDArray[np.float32]:
        """The embeddings of these classes; of all, where none of them has any."""
        chosen = np.isin(self.label, list(labels))
        return self.embedding[chosen] if chosen.any() else self.embedding


@dataclass(frozen=True)
class Heard:
    """What the ears make of N excerpts of a track: embeddings (N, D), class probabilities (N, classes)."""

    embedding: npt.NDArray[np.float32]
    probability: npt.NDArray[np.float32]

    def pooled(self) -> npt.NDArray[np.float32]:
        """One distribution for all excerpts, (classes,): the geometric mean, renormalised; even for silence."""
        if not len(self.probability):
            return np.full(self.probability.shape[1], 1 / self.probability.shape[1], np.float32)
        product = np.exp(np.log(self.probability + 1e-8).mean(axis=0))
        return np.asarray(product / product.sum(), np.float32)


@dataclass(frozen=True)
class Listener:
    """Ears and their reference."""

    ears: Ears
    reference: Reference
    name: str = EARS_NAME

    @property
    def classes(self) -> tuple[str, ...]:
        return self.ears.spec.classes

    @torch.inference_mode()
    def hear(self, wave: Array, sample_rate: int, times: Sequence[float]) -> Heard:
        """The second of sound that begins at each of the times (seconds) in a waveform (S,); silent ones are left out.

        At most 24 of the times are listened to, spread evenly.
        """
        spec = MelSpec.FULL_BAND
        mono = np.asarray(wave, np.float32)
        if sample_rate != spec.sample_rate:
            mono = resample(mono, sample_rate, spec.sample_rate)
        if not len(times) or len(mono) < spec.n_fft:
            return self._nothing()
        chosen = np.unique(np.linspace(0, len(times) - 1, MOST_EXCERPTS).round().astype(int))
        frames = [round(times[one] / float(spec.frame_seconds)) for one in chosen]
        cut = excerpts(log_mel(torch.from_numpy(mono)[None], spec)[0], frames, self.ears.spec)  # (N, M, K)
        cut = cut[cut.amax((1, 2)) > SILENT]
        if not len(cut):
            return self._nothing()
        embedding = self.ears.embed(halve(cut))
        return Heard(embedding.numpy(), self.ears.name(embedding).softmax(1).numpy())

    def _nothing(self) -> Heard:
        spec = self.ears.spec
        return Heard(np.zeros((0, spec.embedding), np.float32), np.zeros((0, len(spec.classes)), np.float32))


def load_listener(folder: Path = EARS_DIR) -> Listener:
    """The ears in a folder, checked against their hashes; the packaged ones by default."""
    bundle = read_bundle(folder)
    ears = Ears(bundle.spec("ears", SoundClassifierSpec))
    ears.load_state_dict(read_part(bundle, "ears"))
    reference = read_part(bundle, "reference")
    return Listener(
        ears.eval().requires_grad_(False),
        Reference(reference["embedding"].numpy(), reference["label"].numpy()),
        bundle.manifest.name,
    )


def save_listener(folder: Path, listener: Listener, *, training_data: str, card: str) -> Bundle:
    """Writes ears and reference as a bundle."""
    reference = listener.reference
    parts = {
        "ears": listener.ears.state_dict(),
        "reference": {"embedding": torch.from_numpy(reference.embedding), "label": torch.from_numpy(reference.label)},
    }
    return write_bundle(
        folder,
        parts,
        name=listener.name,
        kind="ears",
        specs={"ears": listener.ears.spec, "mel": MelSpec.FULL_BAND},
        licence="Apache-2.0",
        commercial_use=True,
        training_data=training_data,
        card=card,
    )
