"""A card at work: is it right, then how fast. One command, under two minutes on an H200.

    python benchmarks/gpu.py                         correctness, the table of T, S and B, pocket's parts, a whole dub
    python benchmarks/gpu.py --compile               the same, each step compiled as well (a minute more)
    python benchmarks/gpu.py --device cpu --sizes T --steps 2 --batches 1        the same code path without a card

First every size draws from fresh inputs, its output buffer filled with NaN before the replay, and is compared with
float64 on the CPU; a size that is off ends the run with code 1. Times are medians of whole draws (all steps, both
branches, guidance, solver), the card waited for before and after.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.graphs import Recordings, rerun
from foleycli.sampling.latents import sampling_loop
from foleycli.sampling.runtime import Runtime
from foleycli.specs import DitSpec, SamplerSpec

PAPER_MS = {"T": 10, "S": 20, "B": 50}  # MDSGen, A100, 25 steps
GOAL_MS = {"T": 5, "S": 8, "B": 15}  # H200, batch 1
EXACT_STEPS, EXACT_ERROR = 4, 0.03  # of the deviation of the latent; bfloat16 keeps 8 bits
REPEATS = 7


def made_model(size: str, layout: str, device: torch.device) -> MDSGen:
    torch.manual_seed(0)
    spec = replace(DitSpec.sized(size, layout=layout), mask="none")  # type: ignore[arg-type]
    model = MDSGen(spec).eval().requires_grad_(False)
    for parameter in model.parameters():  # a fresh model is the identity: all outputs would agree at zero
        parameter.add_(0.02 * torch.randn_like(parameter))
    return model.to(device)


def inputs(model: MDSGen, batch: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device
    features = torch.randn(batch, model.spec.feature_frames, model.spec.features, generator=generator)
    noise = torch.randn(batch, *model.spec.latent_shape, generator=generator)
    return noise.to(device), torch.nn.functional.normalize(features, dim=-1).to(device)


def drawer(model: MDSGen, sampler: SamplerSpec, runtime: Runtime, batch: int) -> Callable[[int], Tensor]:
    """A draw of `batch` latents from the inputs of a seed, as the pipeline draws them."""

    kept = lru_cache(maxsize=4)(lambda seed: inputs(model, batch, seed))

    def draw(seed: int) -> Tensor:
        noise, features = kept(seed)
        condition = model.condition(features)
        loop = sampling_loop(model, sampler, runtime, condition, holds=False)
        return runtime.repeated((model, sampler), loop, noise, *condition.tensors())

    return draw


class Exact:
    """The runtime that others are compared with: float64 on the CPU, nothing recorded."""

    device, recordings = torch.device("cpu"), None

    def run(self, dit: MDSGen) -> Callable[..., Tensor]:
        return dit.denoise

    def repeated(self, key: object, function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
        return function(*(one.double() if one.is_floating_point() else one for one in tensors))


def furthest(size: str, layout: str, runtime: Runtime, batch: int) -> float:
    """The largest root-mean-square error against float64, as a share of its deviation, over three fresh inputs."""
    model = made_model(size, layout, runtime.device)
    exact_model = made_model(size, layout, torch.device("cpu")).double()
    exact_model.time.mlp.register_forward_pre_hook(lambda mlp, given: (given[0].double(),))  # its angles are float32
    sampler = SamplerSpec(steps=EXACT_STEPS, guidance=3.0)
    draw = drawer(model, sampler, runtime, batch)
    draw(0)
    worst = 0.0
    for seed in (1, 2, 3):
        if runtime.recordings is not None:
            runtime.recordings.poison()
        noise, features = (one.cpu().double() for one in inputs(model, batch, seed))
        condition = exact_model.condition(features)
        exact: Any = Exact()
        loop = sampling_loop(exact_model, sampler, exact, condition, holds=False)
        expected = loop(noise, *condition.tensors())
        error = (draw(seed).cpu().double() - expected).square().mean().sqrt() / expected.std()
        worst = max(worst, float(error)) if torch.isfinite(error) else float("inf")
    return worst


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def milliseconds(call: Callable[[], object], device: torch.device, repeats: int = REPEATS) -> float:
    taken = []
    for _ in range(repeats):
        wait(device)
        started = time.perf_counter()
        call()
        wait(device)
        taken.append(1e3 * (time.perf_counter() - started))
    return statistics.median(taken)


def peak_mib(device: torch.device) -> int | None:
    return round(torch.cuda.max_memory_allocated(device) / 2**20) if device.type == "cuda" else None


def size_row(size: str, layout: str, steps: int, batch: int, runtime: Runtime) -> dict[str, object]:
    """Step by step and recorded: milliseconds a draw and a window, seconds to set up, peak memory."""
    model, device = made_model(size, layout, runtime.device), runtime.device
    sampler = SamplerSpec(steps=steps, guidance=5.0)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    plain = drawer(model, sampler, replace(runtime, recordings=None), batch)
    plain(0)
    plain_ms = milliseconds(lambda: plain(1), device, 3)
    recorded = drawer(model, sampler, runtime, batch)
    set_up = milliseconds(lambda: recorded(0), device, 1) / 1e3
    recorded_ms = milliseconds(lambda: recorded(1), device)
    return {
        "model": f"{size} {layout}",
        "batch": batch,
        "step_by_step_ms": round(plain_ms, 2),
        "recorded_ms": round(recorded_ms, 2),
        "a_window_ms": round(recorded_ms / batch, 2),
        "set_up_s": round(set_up, 2),
        "goal_ms": GOAL_MS.get(size) if batch == 1 else None,
        "paper_a100_ms": PAPER_MS.get(size) if batch == 1 else None,
        "peak_mib": peak_mib(device),
    }


def parts(device: torch.device, batch: int) -> dict[str, object]:
    """Pocket's VAE, vocoder and the copies of a batch of windows, in milliseconds."""
    from foleycli.models.loaded import load_bundle
    from foleycli.networks.codecs.vae import MelVae
    from foleycli.sampling.latents import film_phases

    loaded = load_bundle("pocket")
    vae, vocoder = loaded.part("vae", MelVae).to(device), loaded.part("vocoder").to(device)
    latent = torch.randn(batch, 8, 16, 64).to(device)
    mel = vae.decode(latent)
    noise = torch.cat([film_phases(Fraction(0), 64, 4096)] * batch).to(device)
    sound = vocoder(mel, noise)
    return {
        "batch": batch,
        "vae_ms": round(milliseconds(lambda: vae.decode(latent), device, 3), 2),
        "vocoder_ms": round(milliseconds(lambda: vocoder(mel, noise), device, 3), 2),
        "noise_on_the_cpu_ms": round(milliseconds(lambda: film_phases(Fraction(0), 64, 4096), device, 3) * batch, 2),
        "copies_ms": round(milliseconds(lambda: (noise.cpu().to(device), sound.cpu()), device, 3), 2),
    }


def whole_dub(device: str, seconds: int) -> dict[str, object]:
    """A film of a hammer through pocket, warm: decode, watch (decodes too), draw, sound, mux, in seconds."""
    import numpy as np
    import soundfile

    from benchmarks.dub import make_clip
    from foleycli.models.spot_perform import model as stages
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.video.mux import mux
    from foleycli.video.probe import probe
    from foleycli.video.watching import View, read_chunks

    spent: dict[str, float] = {}

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*given, **options)
            finally:
                wait(pipeline.device)
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

        return run

    pipeline = FoleyPipeline("pocket", device=device)
    with tempfile.TemporaryDirectory() as folder:
        clip, wav = Path(folder) / "film.mp4", Path(folder) / "track.wav"
        make_clip(clip, seconds)
        info = probe(clip)
        pipeline.generate(info, seed=1)
        for name, stage in (("draw", "draw_latents"), ("sound", "sounds_of")):
            setattr(stages, stage, timed(name, getattr(stages, stage)))
        started = time.perf_counter()
        cues = timed("watch", pipeline.spot)(info)
        track = pipeline.generate(info, cues=cues)
        soundfile.write(wav, np.asarray(track.samples), track.sample_rate)
        timed("mux", mux)(info, wav, Path(folder) / "dub.mp4")
        spent["all"] = time.perf_counter() - started
        timed("decode", lambda: [*read_chunks(View(info, Fraction(0), info.duration))])()
    return {"film_seconds": seconds, "windows_at_once": pipeline.model.at_once} | {
        f"{name}_s": round(taken, 3) for name, taken in spent.items()
    }


def show(title: str, rows: Sequence[dict[str, object]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}")
    for row in rows:
        print(f"| {' | '.join('' if value is None else str(value) for value in row.values())} |", flush=True)


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--sizes", nargs="+", default=["T", "S", "B"])
    parser.add_argument("--layout", choices=["image", "official"], default="image")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--film", type=int, default=30, metavar="SECONDS", help="0: no whole dub, no parts")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    runtime = Runtime.of(device, "auto", arguments.compile)
    if runtime.recordings is None:  # the same path, each replay done again
        runtime = replace(runtime, recordings=Recordings(rerun))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{name}, torch {torch.__version__}, {runtime.dtype}, {arguments.steps} steps, guidance")
    errors = {size: furthest(size, arguments.layout, runtime, 2) for size in arguments.sizes}
    rows = [
        size_row(size, arguments.layout, arguments.steps, batch, runtime)
        for size in arguments.sizes
        for batch in arguments.batches
    ]
    whole = [whole_dub(arguments.device, arguments.film)] if arguments.film else []
    pieces = [parts(device, batch) for batch in arguments.batches] if arguments.film else []
    if arguments.json:
        print(json.dumps({"device": name, "errors": errors, "sizes": rows, "parts": pieces, "dub": whole}))
    else:
        show(
            "Error against float64 (share of the deviation)",
            [{"model": size, "error": f"{error:.1e}"} for size, error in errors.items()],
        )
        show("Drawing", rows)
        for title, table in (("Pocket's parts", pieces), ("A whole dub, seconds", whole)):
            if table:
                show(title, table)
    if wrong := [size for size, error in errors.items() if not error < EXACT_ERROR]:
        sys.exit(f"wrong: {', '.join(wrong)} off by more than {EXACT_ERROR} of the deviation")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
