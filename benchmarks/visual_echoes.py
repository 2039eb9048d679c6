"""Parallel decoding of masked tokens against one-by-one autoregressive decoding of the same network.

    python benchmarks/visual_echoes.py                   the built-in model's size, image to sound
    python benchmarks/visual_echoes.py --size B --device cuda

Weights are random: speed does not depend on them. Medians over repeats that alternate between what is compared; on a
CPU of the process's own seconds, summed over threads, so that other jobs on the machine do not count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.sampling.masked_tokens import SeededNoise, decode_masked, decode_one_by_one, guided
from foleycli.specs.visual_echoes import ECHO_LAYOUT, PUBLISHED_LAYOUT, DecodingSpec
from foleycli.training.visual_echoes.recipes import TRANSFORMER

STEPS = (4, 8, 12, 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("echo", "B", "L"), default="echo")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    layout = ECHO_LAYOUT if options.size == "echo" else PUBLISHED_LAYOUT
    spec = TRANSFORMER if options.size == "echo" else layout.transformer(options.size)
    torch.manual_seed(0)
    model = MaskedTransformer(spec).eval().requires_grad_(False).to(options.device)
    start = torch.full((1, layout.places), spec.mask_id, device=options.device)
    start[:, : layout.image_places] = torch.randint(layout.image_codes, (layout.image_places,))

    def unseen(tokens: Tensor) -> Tensor:
        hidden = tokens.clone()
        hidden[:, : layout.image_places] = spec.mask_id
        return hidden

    def logits(tokens: Tensor) -> Tensor:
        told: Tensor = model(tokens)
        return told[..., : layout.class_id]

    def parallel(steps: int, guidance: float) -> Callable[[], Tensor]:
        how = DecodingSpec(steps, guidance=guidance)
        return lambda: decode_masked(
            guided(logits, unseen, how, spec.mask_id), start, spec.mask_id, how, SeededNoise([0])
        )

    runs = {f"parallel, {steps} steps": parallel(steps, 1.0) for steps in STEPS}
    runs["parallel, 12 steps, guided"] = parallel(12, 2.0)
    runs[f"one by one, {layout.sound_places} passes"] = lambda: decode_one_by_one(
        logits, start, spec.mask_id, SeededNoise([0])
    )
    clock = time.perf_counter if options.device == "cuda" else time.process_time
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, run in runs.items():
            begun = clock()
            run()
            if options.device == "cuda":
                torch.cuda.synchronize()
            seconds[name].append(clock() - begun)
    found = {name: round(statistics.median(times), 4) for name, times in seconds.items()}
    if options.json:
        print(json.dumps({"size": options.size, "device": options.device, "seconds": found}, indent=1))
        return
    for name, value in found.items():
        print(f"{name:32} {value:8.3f} s")


if __name__ == "__main__":
    main()
