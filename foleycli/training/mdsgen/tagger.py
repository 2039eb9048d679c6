"""A sound tagger from elsewhere, as TensorFlow Lite: waveform at 16 kHz -> probabilities of AudioSet's names.

YAMNet has this form: 15,600 samples in, 521 scores out, its labels inside the file as a zip. It only measures:
no network of foley is trained on its output, and foley ships no part of it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foleycli.cues.audioset import RIGHT_NAMES
from foleycli.errors import InputError

RATE, SAMPLES = 16000, 15600
PEAK = 0.7  # windows are brought to this level before they are heard
INSTALL = "pip install ai-edge-litert"

Scores = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Tagger:
    """`scores`: 15,600 samples at 16 kHz -> one probability for each of `labels`."""

    labels: tuple[str, ...]
    scores: Scores

    @property
    def classes(self) -> tuple[str, ...]:
        """The sounds of the cue sheet that it has names for."""
        return tuple(sound for sound, names in RIGHT_NAMES.items() if set(names) & set(self.labels))

    def right(self, sound: str) -> list[int]:
        """The numbers of the labels that count as right for a sound of the cue sheet."""
        return [number for number, name in enumerate(self.labels) if name in RIGHT_NAMES.get(sound, ())]

    def heard(self, wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The scores (N, labels) of windows of 0.975 s at half overlap.

        `wave` (S,) at 16 kHz of any level; a short one is padded with silence.
        """
        wave = np.pad(wave, (0, max(0, SAMPLES - len(wave)))).astype(np.float32)
        wave = wave * np.float32(PEAK / max(1e-4, float(np.abs(wave).max())))
        starts = range(0, len(wave) - SAMPLES + 1, SAMPLES // 2)
        return np.stack([self.scores(wave[at : at + SAMPLES]) for at in starts])

    def mass(self, wave: npt.NDArray[np.float32], sound: str) -> float:
        """Sum of the probabilities of right names for `sound`, mean over the windows of `heard`.

        Names overlap (dog, bark), so the sum may pass 1.
        """
        return float(self.heard(wave).mean(0)[self.right(sound)].sum())


def open_tagger(path: Path) -> Tagger:
    """The tagger in a .tflite file with a list of labels inside; raises InputError."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise InputError(f"--tagger: the runtime of .tflite files is not installed; {INSTALL}") from error
    try:
        with zipfile.ZipFile(path) as inside:
            listed = next(name for name in inside.namelist() if name.endswith(".txt"))
            labels = tuple(line.strip() for line in inside.read(listed).decode().splitlines() if line.strip())
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a .tflite file with its labels inside; YAMNet from TensorFlow is one") from error
    given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]

    def scores(wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        interpreter.set_tensor(given["index"], wave.reshape(given["shape"]))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(asked)).reshape(-1).copy()

    return Tagger(labels, scores)
