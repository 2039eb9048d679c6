"""A larger namer: CLIP or SigLIP, which compares a frame with phrases for each sound. Needs `foleycli[clip]`.

frame -> image tower -> vector   \
                                   cosine x scale -> softmax over all phrases -> summed by sound
phrase -> text tower -> vector   /

Only config, tokenizer and safetensors are fetched and read: no pickle, no code of the repository.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.bundles.store import pull_files
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.errors import ModelError, UsageError

PROMPTS = Path(__file__).with_name("prompts.csv")
TEMPLATE = "a photo of {}"
FILES = ("config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*.json",
         "special_tokens_map.json", "vocab.json", "merges.txt", "spiece.model")  # fmt: skip
NEEDED = ("config.json", "*.safetensors")
KINDS = ("clip", "siglip", "siglip2")
DEFAULT_SCALING = ((0.481, 0.458, 0.408), (0.269, 0.261, 0.276))  # CLIP's mean and deviation of red, green, blue


def prompts(path: Path = PROMPTS) -> list[tuple[str, str]]:
    """(sound class, phrase) of each row; class "" for what is seen and has no sound of ours."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["sound_class"], row["phrase"]) for row in csv.DictReader(stream)]


class ZeroShotNamer:
    """A model of the Hub or of a folder, by name; raises ModelError for one that is no CLIP and no SigLIP."""

    def __init__(self, name: str, *, offline: bool = False) -> None:
        transformers = _library(name)
        folder = Path(name).expanduser() if Path(name).expanduser().is_dir() else _pulled(name, offline)
        try:
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
            if config.model_type not in KINDS:
                raise ModelError(f"--namer {name}: a {config.model_type}; name a CLIP or a SigLIP")
            self.network = transformers.AutoModel.from_pretrained(folder, use_safetensors=True, local_files_only=True)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(f"--namer {name}: can't be read ({first}); name a CLIP or a SigLIP of the Hub") from error
        self.network.eval()
        self.size_pixels = int(config.vision_config.image_size)
        mean, deviation = _scaling(folder)
        self._mean, self._deviation = (torch.tensor(three)[:, None, None] for three in (mean, deviation))
        rows = prompts()
        known = [[sound == wanted for wanted in SOUND_CLASSES] for sound, _ in rows]
        self._sounds = torch.tensor(known, dtype=torch.float32)  # (phrases, classes)
        self._phrases = self._towards(tokenizer, [TEMPLATE.format(phrase) for _, phrase in rows])

    @torch.inference_mode()
    def scores(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        side = (self.size_pixels, self.size_pixels)
        pictures = F.interpolate(pictures, side, mode="bicubic", antialias=True).clamp(0, 1)
        seen = _vectors(self.network.get_image_features(pixel_values=(pictures - self._mean) / self._deviation))
        likeness = seen @ self._phrases.T * self.network.logit_scale.exp()  # (B, phrases)
        shares: npt.NDArray[np.float32] = (likeness.softmax(dim=1) @ self._sounds).numpy()
        return shares

    @torch.inference_mode()
    def _towards(self, tokenizer: Any, texts: list[str]) -> Tensor:
        """Unit vectors (phrases, D); SigLIP was trained on texts padded to its full length."""
        length = self.network.config.text_config.max_position_embeddings
        padding = True if self.network.config.model_type == "clip" else "max_length"
        tokens = tokenizer(texts, padding=padding, truncation=True, max_length=length, return_tensors="pt")
        known = {key: value for key, value in tokens.items() if key in ("input_ids", "attention_mask")}
        return _vectors(self.network.get_text_features(**known))


def _vectors(features: Any) -> Tensor:
    """Unit vectors of a tower's answer: a tensor, or since transformers 5 what holds one."""
    vectors: Tensor = features if isinstance(features, Tensor) else features.pooler_output
    return F.normalize(vectors.float(), dim=1)


def _library(name: str) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise UsageError(f"--namer {name}: needs another package; pip install 'foleycli[clip]'") from error
    return transformers


def _pulled(name: str, offline: bool) -> Path:
    if "/" not in name:
        raise UsageError(f"--namer {name}: no such namer; it is auto, off, or a CLIP of the Hub as owner/name")
    return pull_files(name, FILES, needed=NEEDED, offline=offline)


def _scaling(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    import json

    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return DEFAULT_SCALING
    found = json.loads(file.read_text(encoding="utf-8"))
    return tuple(found.get("image_mean", DEFAULT_SCALING[0])), tuple(found.get("image_std", DEFAULT_SCALING[1]))
