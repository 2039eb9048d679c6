"""The sound classifier of the evaluation, and embeddings of real sounds to compare with.

sound_classifier/        a bundle like any other, inside the package
  bundle.json            spec, hashes, licence
  ears.safetensors       the network, float16
  reference.safetensors  embeddings (N, 64) and labels (N,) of held-out real sounds
  CARD.md                its accuracy
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
from foleycli.networks.judges.sound_classifier import SILENT, SoundClassifierNet, excerpts, halve
from foleycli.specs import MelSpec, SoundClassifierSpec

SOUND_CLASSIFIER_DIR = Path(__file__).parent / "sound_classifier"
SOUND_CLASSIFIER_NAME = "foley-ears-v1"
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
class Recognition:
    """Embeddings (N, D) and class probabilities (N, classes) of N excerpts of a track."""

    embedding: npt.NDArray[np.float32]
    probability: npt.NDArray[np.float32]

    def pooled(self) -> npt.NDArray[np.float32]:
        """One distribution for all excerpts, (classes,): their geometric mean, renormalised; uniform for silence."""
        if not len(self.probability):
            return np.full(self.probability.shape[1], 1 / self.probability.shape[1], np.float32)
        product = np.exp(np.log(self.probability + 1e-8).mean(axis=0))
        return np.asarray(product / product.sum(), np.float32)


@dataclass(frozen=True)
class SoundClassifier:
    """A network that names sounds, and the embeddings of real sounds."""

    network: SoundClassifierNet
    reference: Reference
    name: str = SOUND_CLASSIFIER_NAME

    @property
    def classes(self) -> tuple[str, ...]:
        return self.network.spec.classes

    @torch.inference_mode()
    def classify(self, wave: Array, sample_rate: int, times: Sequence[float]) -> Recognition:
        """Classifies the second of sound from each of the times (seconds) in a waveform (S,); leaves out silent ones.

        At most 24 of the times are used, spread evenly.
        """
        spec = MelSpec.FULL_BAND
        mono = np.asarray(wave, np.float32)
        if sample_rate != spec.sample_rate:
            mono = resample(mono, sample_rate, spec.sample_rate)
        if not len(times) or len(mono) < spec.n_fft:
            return self._nothing()
        chosen = np.unique(np.linspace(0, len(times) - 1, MOST_EXCERPTS).round().astype(int))
        frames = [round(times[one] / float(spec.frame_seconds)) for one in chosen]
        cut = excerpts(log_mel(torch.from_numpy(mono)[None], spec)[0], frames, self.network.spec)  # (N, M, K)
        cut = cut[cut.amax((1, 2)) > SILENT]
        if not len(cut):
            return self._nothing()
        embedding = self.network.embed(halve(cut))
        return Recognition(embedding.numpy(), self.network.name(embedding).softmax(1).numpy())

    def _nothing(self) -> Recognition:
        spec = self.network.spec
        return Recognition(np.zeros((0, spec.embedding), np.float32), np.zeros((0, len(spec.classes)), np.float32))


def load_sound_classifier(folder: Path = SOUND_CLASSIFIER_DIR) -> SoundClassifier:
    """Loads the classifier from a folder and checks its hashes; by default the packaged one."""
    bundle = read_bundle(folder)
    network = SoundClassifierNet(bundle.spec("ears", SoundClassifierSpec))
    network.load_state_dict(read_part(bundle, "ears"))
    reference = read_part(bundle, "reference")
    return SoundClassifier(
        network.eval().requires_grad_(False),
        Reference(reference["embedding"].numpy(), reference["label"].numpy()),
        bundle.manifest.name,
    )


def save_sound_classifier(folder: Path, classifier: SoundClassifier, *, training_data: str, card: str) -> Bundle:
    """Writes a classifier and its reference as a bundle."""
    reference = classifier.reference
    parts = {
        "ears": classifier.network.state_dict(),
        "reference": {"embedding": torch.from_numpy(reference.embedding), "label": torch.from_numpy(reference.label)},
    }
    return write_bundle(
        folder,
        parts,
        name=classifier.name,
        kind="ears",
        specs={"ears": classifier.network.spec, "mel": MelSpec.FULL_BAND},
        licence="Apache-2.0",
        commercial_use=True,
        training_data=training_data,
        card=card,
    )
