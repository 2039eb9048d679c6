"""What mask rule, padding and drop of Visual Echoes do, on small networks that differ in one of them alone.

    python benchmarks/echo_masking.py --work runs                       after `foley train echo-tokens --work runs`
    python benchmarks/echo_masking.py --work runs --rules paper split --steps 100 --seeds 0

Each network is trained from nothing on the pairs of the corpus. Then it is asked for held-out sounds given their
picture, and for the pictures given their sound, with all tokens asked for masked. "Told" is the mean cross-entropy of
the true tokens in nats; "gained" is how much lower it is than for the picture (or sound) of another class. All rules
see the same pairs in the same order. 200 steps take two to four minutes on a core.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.models.sound_namer.efficientnet import built_in_network, picture_labels
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.specs.visual_echoes import ECHO_LAYOUT, TransformerSpec
from foleycli.training.loop import RunConfig, fit
from foleycli.training.visual_echoes.corpus import Corpus
from foleycli.training.visual_echoes.masking import MaskRule
from foleycli.training.visual_echoes.recipes import RULE, corpus_folder, known_labels, trained_pictures, trained_sounds
from foleycli.training.visual_echoes.transformer import TokenCorpus, batches, masked_loss, start_from_tokens
from foleycli.training.workspace import Workspace

SMALL = ECHO_LAYOUT.transformer(
    width=96, depth=3, heads=3, decoder_width=96, decoder_depth=1, decoder_heads=3, dropout=0.0
)
PAPER = MaskRule()  # one share for both modalities, Gaussian(0.55, 0.25) cut to [0.5, 1], drop independent
RULES: dict[str, tuple[TransformerSpec, MaskRule]] = {
    "paper": (SMALL, PAPER),
    "mean 0.7": (SMALL, replace(PAPER, mean=0.7)),
    "mean 0.85": (SMALL, replace(PAPER, mean=0.85)),
    "drop nested": (SMALL, replace(PAPER, drop="nested")),
    "drop none": (SMALL, replace(PAPER, drop="none")),
    "padding class": (replace(SMALL, padding="class"), PAPER),
    "split": (SMALL, replace(PAPER, mask="split", lowest=0.0)),
    "recipe": (SMALL, RULE),
}
AT_ONCE = 64


def main() -> None:
    """Prints a row for each rule as its networks are ready."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rules", nargs="+", default=list(RULES), choices=list(RULES))
    parser.add_argument("--steps", type=int, default=400, help="of 32 pairs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = parser.parse_args()
    work = Workspace(asked.work)
    folder, pictures, sounds = corpus_folder(work), trained_pictures(work), trained_sounds(work)
    corpus, held_out = Corpus.open(folder), Corpus.open(folder, "test")
    tokens = TokenCorpus.encode(corpus, pictures, sounds, labels=known_labels(corpus, folder))
    labels = picture_labels(built_in_network(), held_out.picture)
    image, sound, others = pairs_of(TokenCorpus.encode(held_out, pictures, sounds, labels=labels, mirrored=False))
    print(f"{len(image)} held-out pairs; mean over seeds {asked.seeds}, and its standard error", flush=True)
    print("rule           picture to sound: told  gained         sound to picture: told  gained", flush=True)
    for name in asked.rules:
        spec, rule = RULES[name]
        found = []
        for seed in asked.seeds:
            torch.manual_seed(seed)
            model = MaskedTransformer(spec)
            start_from_tokens(model, pictures.vq, sounds[0], tokens=tokens, layout=ECHO_LAYOUT)
            with TemporaryDirectory() as out:
                config = RunConfig(
                    Path(out), asked.steps, learning_rate=2e-3, warmup_steps=20, ema_decay=0.99, weight_decay=0.05
                )
                make = batches(tokens.pairs(), rule, 32, seed=seed)
                model.load_state_dict(fit(model, make, masked_loss(ECHO_LAYOUT), config=config, batch_size=32))
            model.eval()
            found.append([one for hides in ("sound", "image") for one in told(model, image, sound, others, hides)])
        mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=min(1, len(found) - 1)) / len(found) ** 0.5
        cells = [f"{value:6.3f} ({wrong:.3f})" for value, wrong in zip(mean, error, strict=True)]
        print(f"{name:14s} {cells[0]:>22} {cells[1]} {cells[2]:>22} {cells[3]}", flush=True)


def pairs_of(tokens: TokenCorpus) -> tuple[Tensor, Tensor, Tensor]:
    """Each held-out picture (P, image places), a sound of its class (P, sound places), and a row of another class."""
    rng = np.random.default_rng(0)
    rows = np.flatnonzero(np.isin(tokens.image_class, tokens.sound_class))
    classes = tokens.image_class[rows]
    sounds = [rng.choice(np.flatnonzero(tokens.sound_class == one)) for one in classes]
    others = [rng.choice(np.flatnonzero(classes != one)) for one in classes]
    sound = torch.from_numpy(tokens.sound[sounds]).flatten(1)
    return torch.from_numpy(tokens.image[rows]), sound, torch.tensor(others)


@torch.inference_mode()
def told(model: MaskedTransformer, image: Tensor, sound: Tensor, others: Tensor, hides: str) -> tuple[float, float]:
    """Nats a hidden token, and by how much that is below the nats when the other modality is one of another class."""
    own = _nats(model, image, sound, hides)
    seen, heard = (image[others], sound) if hides == "sound" else (image, sound[others])
    exchanged = _nats(model, seen, heard, hides)
    return own, exchanged - own


def _nats(model: MaskedTransformer, image: Tensor, sound: Tensor, hides: str) -> float:
    places, codes = ECHO_LAYOUT.image_places, ECHO_LAYOUT.image_codes
    hidden = (torch.arange(ECHO_LAYOUT.places) >= places) == (hides == "sound")
    total = 0.0
    for first in range(0, len(image), AT_ONCE):
        seen, heard = image[first : first + AT_ONCE], sound[first : first + AT_ONCE]
        decoded = model.decoded(torch.cat([seen, heard + codes], 1), hidden.expand(len(seen), -1), None)
        if hides == "sound":
            logits, true = model.told(decoded[:, places:], codes, ECHO_LAYOUT.class_id), heard
        else:
            logits, true = model.told(decoded[:, :places], 0, codes), seen
        total += float(F.cross_entropy(logits.transpose(1, 2), true, reduction="sum")) / true.shape[1]
    return total / len(image)


if __name__ == "__main__":
    main()
