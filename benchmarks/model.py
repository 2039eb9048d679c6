"""How fast the transformer is: ours against the naive way at equal output, and a guided step of every size.

    python benchmarks/model.py                  the ratio for B in the authors' layout, then T, S, B and L
    python benchmarks/model.py --sizes T S --threads 1 --device cpu --json
    python benchmarks/model.py --sizes T --layouts image --bf16 --compile    also compiled: a minute or more to warm up

Times are medians over repeats that alternate between what is compared, so another job on the machine slows all alike;
CPU seconds (all threads together) stand beside the wall's, and decide the share of the peak on a CPU. Peak is a large
float32 product, measured in the same run.
"""

from __future__ import annotations

import argparse
import copy
import json
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context

import torch
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.mdsgen.dit import MDSGen, parameter_count
from foleycli.networks.mdsgen.layers import Attention, Block, RelativeBias
from foleycli.sampling.runtime import Runtime
from foleycli.specs import DitSpec, Size

GUIDANCE = 5.0


class NaiveAttention(nn.Module):
    """The naive way: the bias gathered in each call, the scores and their softmax written out."""

    def __init__(self, attention: Attention, bias: RelativeBias | None) -> None:
        super().__init__()
        self.inner, self.gathered = attention, bias

    def forward(self, tokens: Tensor, bias: Tensor | None) -> Tensor:
        del bias
        inner = self.inner
        query, key, value = rearrange(inner.qkv(tokens), "b n (three h d) -> three b h n d", three=3, h=inner.heads)
        scores = (query @ key.transpose(-2, -1)) * query.shape[-1] ** -0.5
        if self.gathered is not None:
            length = len(self.gathered.index)
            rows = self.gathered.table[self.gathered.index.reshape(-1)].view(length, length, -1)
            scores = scores + rows.permute(2, 0, 1).contiguous()[None]
        mixed = scores.softmax(dim=-1) @ value
        return inner.out(rearrange(mixed, "b h n d -> b n (h d)"))  # type: ignore[no-any-return]


def naive(model: MDSGen) -> MDSGen:
    """A copy with the same weights that attends the naive way, its MLP as torch's Sequential runs it."""
    slow = copy.deepcopy(model)
    for block in slow.blocks:
        assert isinstance(block, Block)
        block.attention = NaiveAttention(block.attention, block.bias)  # type: ignore[assignment]
        block.mlp = nn.Sequential(*block.mlp)  # type: ignore[assignment]
        block.bias = None
    return slow


@dataclass(frozen=True)
class Inputs:
    latent: Tensor
    t: Tensor
    features: Tensor


def made_inputs(spec: DitSpec, batch: int, device: str) -> Inputs:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(batch, spec.feature_frames, spec.features, generator=generator)
    return Inputs(
        torch.randn(batch, *spec.latent_shape, generator=generator).to(device),
        torch.full((batch,), 500.0, device=device),
        nn.functional.normalize(features, dim=-1).to(device),
    )


def our_step(model: MDSGen, inputs: Inputs, precision: str = "fp32", *, compiled: bool = False) -> Callable[[], Tensor]:
    """A guided step as the sampler takes it: both branches in one batch, the condition made once before the loop."""
    with torch.inference_mode():
        seen = model.condition(inputs.features)
        condition = seen.joined(seen.hidden())
    run = Runtime.of(inputs.t.device, precision, compiled).run(model)

    def step() -> Tensor:
        out = run(inputs.latent.repeat(2, 1, 1, 1), inputs.t.repeat(2), condition)
        conditional, unconditional = out.chunk(2)
        return unconditional + GUIDANCE * (conditional - unconditional)

    return step


def naive_step(model: MDSGen, inputs: Inputs) -> Callable[[], Tensor]:
    def step() -> Tensor:
        conditional: Tensor = model(inputs.latent, inputs.t, inputs.features)
        unconditional: Tensor = model(inputs.latent, inputs.t, None)
        return unconditional + GUIDANCE * (conditional - unconditional)

    return step


@dataclass(frozen=True)
class Timing:
    wall_seconds: float
    cpu_seconds: float


@torch.inference_mode()
def timed(steps: Sequence[Callable[[], Tensor]], repeats: int, device: str) -> list[Timing]:
    """Median times of each step, taken in turns after one round to warm up."""
    taken: list[list[tuple[float, float]]] = [[] for _ in steps]
    for _ in range(repeats + 1):
        for times, step in zip(taken, steps, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            step()
            if device == "cuda":
                torch.cuda.synchronize()
            times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return [Timing(*(statistics.median(column) for column in zip(*times[1:], strict=True))) for times in taken]


@torch.inference_mode()
def timed_once(step: Callable[[], Tensor]) -> float:
    """Seconds of the first call, which compiles."""
    started = time.perf_counter()
    step()
    return round(time.perf_counter() - started, 1)


def step_flops(spec: DitSpec, batch: int) -> float:
    """Multiplications and additions of the blocks in one guided step: the rest is under 2 %."""
    tokens = spec.columns * spec.rows
    linear = 12 * spec.width**2 * tokens  # qkv 3, out 1, MLP 8
    attention = 2 * tokens**2 * spec.width
    return 2.0 * 2 * batch * spec.depth * (linear + attention)


def peak_flops(device: str, repeats: int) -> float:
    size = 1536
    left, right = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    (timing,) = timed([lambda: left @ right], repeats, device)
    return 2.0 * size**3 / busy(timing, device)


def busy(timing: Timing, device: str) -> float:
    """Seconds of work: on a CPU those it gave us, per thread, which another job on the machine doesn't stretch."""
    return timing.wall_seconds if device == "cuda" else timing.cpu_seconds / torch.get_num_threads()


@torch.inference_mode()
def compared(spec: DitSpec, batch: int, repeats: int, device: str) -> dict[str, float]:
    """Ours and the naive way on the same weights: times, their ratio, and how far apart the outputs are."""
    torch.manual_seed(0)
    model = MDSGen(spec).eval().to(device)
    for parameter in model.parameters():  # a fresh model is the identity: its outputs would agree at zero
        parameter.add_(0.02 * torch.randn_like(parameter))
    inputs = made_inputs(spec, batch, device)
    steps = [our_step(model, inputs), naive_step(naive(model), inputs)]
    ours, theirs = steps[0](), steps[1]()
    fast, slow = timed(steps, repeats, device)
    return {
        "ours_seconds": fast.wall_seconds,
        "naive_seconds": slow.wall_seconds,
        "ratio_wall": slow.wall_seconds / fast.wall_seconds,
        "ratio_cpu": slow.cpu_seconds / fast.cpu_seconds,
        "largest_difference": float((ours - theirs).abs().max()),
        "largest_output": float(ours.abs().max()),
    }


@dataclass(frozen=True)
class Row:
    """What one size is run at; a process of its own runs it, so that its peak memory is its own."""

    size: Size
    layout: str
    batch: int
    repeats: int
    device: str
    threads: int
    bf16: bool
    compiled: bool = False


def of_size(row: Row, peak: float) -> dict[str, object]:
    torch.set_num_threads(row.threads)
    spec = replace(DitSpec.sized(row.size, layout="official" if row.layout == "official" else "image"), mask="none")
    model = MDSGen(spec).eval().to(row.device)
    inputs = made_inputs(spec, row.batch, row.device)
    steps = {"single": our_step(model, inputs)}
    if row.bf16:
        steps["bf16"] = our_step(model, inputs, "bf16")
    if row.compiled:
        steps["compiled"] = our_step(model, inputs, "fp32", compiled=True)
    warm_up = timed_once(steps["compiled"]) if row.compiled else None
    times = dict(zip(steps, timed(list(steps.values()), row.repeats, row.device), strict=True))
    single = times["single"]
    flops = step_flops(spec, row.batch)
    return {
        "model": f"{row.size} {row.layout}",
        "tokens": spec.columns * spec.rows,
        "parameters_m": round(parameter_count(spec) / 1e6, 1),
        "gflop_per_step": round(flops / 1e9, 1),
        **{key: round(value, 4) for key, value in asdict(single).items()},
        "share_of_peak": round(flops / busy(single, row.device) / peak, 2),
        "peak_mb": round(peak_bytes(row.device) / 2**20),
        **{f"{way}_times_faster": round(single.cpu_seconds / times[way].cpu_seconds, 2) for way in list(steps)[1:]},
        "compile_seconds": warm_up,
    }


def peak_bytes(device: str) -> int:
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def table_of(rows: Sequence[Row], peak: float) -> list[dict[str, object]]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return list(pool.map(of_size, rows, [peak] * len(rows)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", default=["T", "S", "B", "L"], choices=["T", "S", "B", "L"])
    parser.add_argument("--layouts", nargs="*", default=["image", "official"], choices=["image", "official"])
    parser.add_argument("--compare", default="B", choices=["T", "S", "B", "L"])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--bf16", action="store_true", help="also under bf16 autocast; slow where the CPU has none")
    parser.add_argument("--compile", action="store_true", help="also compiled, after warming up")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    spec = replace(DitSpec.sized(arguments.compare, layout="official"), mask="none")
    ratio = compared(spec, arguments.batch, arguments.repeats, arguments.device)
    peak = peak_flops(arguments.device, arguments.repeats)
    at = (arguments.batch, arguments.repeats, arguments.device, arguments.threads, arguments.bf16, arguments.compile)
    table = table_of([Row(size, layout, *at) for layout in arguments.layouts for size in arguments.sizes], peak)
    if arguments.json:
        print(json.dumps({"ratio": ratio, "peak_gflops": peak / 1e9, "table": table}))
        return
    print(f"{arguments.compare} official, guided step, batch {arguments.batch}, {arguments.threads} threads")
    print("  " + "  ".join(f"{key} {value:.3g}" for key, value in ratio.items()))
    print(f"peak {peak / 1e9:.0f} GFLOP/s")
    for row in table:
        print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
