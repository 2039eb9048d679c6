"""The paper's ablations, each trained small on the same latents and judged alike; docs/ablations.md has what came out.

    python -m benchmarks.ablations --latents runs/latents --out runs/small --minutes 60    goes on where it stopped
    python -m benchmarks.ablations --out runs/small --table                                 what there is so far

A run is a name and a seed; its checkpoint and scores lie in --out. Small: a third of T's width, 8 of its 12 blocks,
windows of half the length; patches, masks, Reducer and N2 are as in the recipe of that name. Runs of one seed see the
same windows, noise and steps and begin from the same weights wherever their shapes allow it, so a row is compared with
the base seed by seed.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, variance

import torch
from scipy.stats import t as student
from torch import Tensor

from benchmarks.ablation_scores import Halves, Jury
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.specs import DitSpec
from foleycli.training.loop import Report
from foleycli.training.mdsgen.ablations import ABLATIONS, ablated
from foleycli.training.mdsgen.features import LatentSet
from foleycli.training.mdsgen.loss import CuedMDSGen
from foleycli.training.mdsgen.performer import PerformerRecipe, train_performer
from foleycli.training.recipes import CUES, POCKET_SAMPLER

STEPS, BATCH = 200, 8
GUIDANCE = (1.0, 5.0)  # that the base is drawn with too, besides the recipe's
SCORES = {"loss": 3, "f1": 3, "fad": 0}  # places
SLOW = ("size-s", "size-b")  # three and eight times the work: after all others, and only if asked for
Scores = dict[str, float]
Row = Mapping[str, Mapping[int, float]]  # score -> seed -> value


def small(name: str, seed: int = 0) -> PerformerRecipe:
    """The recipe of an ablation at the size that it is run at here."""
    recipe = ablated(PerformerRecipe(DitSpec(), CUES, POCKET_SAMPLER), name)
    dit = replace(
        recipe.dit,
        depth=recipe.dit.depth * 2 // 3,
        width=recipe.dit.width // 3,
        heads=recipe.dit.heads * 2 // 3,
        latent_frames=recipe.dit.latent_frames // 2,
        feature_frames=recipe.dit.feature_frames // 2,
    )
    # The encoder takes its frames for the 8.192 s window's, so in half a window decays are told in twice the seconds.
    held = tuple(2 * seconds for seconds in recipe.cues.held_seconds)
    cues = replace(recipe.cues, frames=recipe.cues.frames // 2, held_seconds=held)
    return replace(recipe, dit=dit, cues=cues, batch_size=BATCH, steps=STEPS, learning_rate=2e-3, seed=seed)


def plan(slow: Sequence[str] = (), seeds: int = 2) -> list[tuple[str, int]]:
    """Names with seeds in the order of running: every row once, then again."""
    quick = [name for name in ABLATIONS if name not in SLOW]
    return [(name, seed) for names in (quick, slow) for seed in range(seeds) for name in names]


def beginning(recipe: PerformerRecipe) -> dict[str, Tensor]:
    """Fresh weights of the base with the recipe's seed, those of them that fit the recipe."""
    torch.manual_seed(recipe.seed)
    base = small("base")
    fresh = CuedMDSGen(MDSGen(base.dit), CueEncoder(base.cues)).state_dict()
    wanted = CuedMDSGen(MDSGen(recipe.dit), CueEncoder(recipe.cues)).state_dict()
    return {name: fresh[name] for name, value in wanted.items() if name in fresh and fresh[name].shape == value.shape}


def run(name: str, seed: int, latents: LatentSet, jury: Jury, out: Path) -> dict[str, Scores]:
    """Trains and judges one: scores as "NAME", and for the base as "base, guidance W" too."""
    recipe = small(name, seed)
    started = time.process_time()

    def told(report: Report) -> None:
        if report.step % 100 == 0:
            losses = "  ".join(f"{key} {value:.3f}" for key, value in report.losses.items())
            print(f"    {report.step}  {losses}  {report.samples_per_second:.1f}/s", flush=True)

    parts = train_performer(recipe, latents, out / "runs" / f"{name}-{seed}", start=beginning(recipe), progress=told)
    model = CuedMDSGen(MDSGen(recipe.dit), CueEncoder(recipe.cues)).eval()
    model.dit.load_state_dict(parts["dit"])
    model.cues.load_state_dict(parts["cues"])
    trained = time.process_time()
    loss = {"loss": jury.loss(model, recipe.sampler)}
    scores = {name: loss | jury.listen(model, recipe.sampler)}
    for guidance in GUIDANCE if name == "base" else ():
        sampler = replace(recipe.sampler, guidance=guidance)
        scores[f"base, guidance {guidance:g}"] = loss | jury.listen(model, sampler)
    scores[name] |= {"cpu_seconds": trained - started}
    return scores


def gathered(out: Path) -> Mapping[str, Row]:
    """What the runs in a folder left, by name."""
    rows: dict[str, dict[str, dict[int, float]]] = {}
    for path in sorted(out.glob("*-*.json")):
        for name, scores in json.loads(path.read_text()).items():
            for score, value in scores.items():
                rows.setdefault(name, {}).setdefault(score, {})[int(path.stem.rpartition("-")[2])] = value
    return rows


def differences(row: Row, base: Row, score: str) -> list[float]:
    """From the base's, seed by seed."""
    ours, theirs = row.get(score, {}), base.get(score, {})
    return [ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())]


@dataclass(frozen=True)
class Spread:
    """Deviation of a difference between seeds, and the degrees of freedom that it was estimated with."""

    deviation: float
    freedom: int

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Spread:
        """Pooled over the rows of differences that have several seeds."""
        several = [row for row in rows if len(row) > 1]
        freedom = sum(len(row) - 1 for row in several)
        squares = sum((len(row) - 1) * variance(row) for row in several)
        return cls(math.sqrt(squares / freedom), freedom) if freedom else cls(math.inf, 0)

    def clear(self, row: Sequence[float]) -> bool:
        """Whether seeds alone would give such a mean less than once in twenty times (Student's t)."""
        if not row or not self.freedom:
            return False
        bar = float(student.ppf(0.975, self.freedom)) * self.deviation / math.sqrt(len(row))
        return abs(fmean(row)) > bar


def table(rows: Mapping[str, Row]) -> str:
    """Markdown: each score and its difference from the base, bold where that is more than seeds make."""
    base, spreads = rows["base"], dict[str, Spread]()
    for score in SCORES:
        # The base drawn with other guidance is the same weights again: no evidence of what training makes.
        trained = [row for name, row in rows.items() if name in ABLATIONS and name != "base"]
        spreads[score] = Spread.of([differences(row, base, score) for row in trained])
    lines = ["| | seeds | " + " | ".join(SCORES) + " |", "|---" * (2 + len(SCORES)) + "|"]
    for name in sorted(rows, key=_place):
        against = base if name.split(",")[0] in ABLATIONS else {}  # the real sounds are no model's
        cells = [_cell(rows[name], against, score, spreads[score]) for score in SCORES]
        lines.append(f"| {name} | {len(rows[name]['f1'])} | " + " | ".join(cells) + " |")
    told = (f"{score} {spread.deviation:.4f} ({spread.freedom})" for score, spread in spreads.items())
    return "\n".join([*lines, "", f"deviation of a difference (degrees of freedom): {', '.join(told)}"])


def _place(name: str) -> tuple[int, str]:
    names, stem = list(ABLATIONS), name.split(",")[0]
    return (names.index(stem) if stem in names else len(names), name)


def _cell(row: Row, base: Row, score: str, spread: Spread) -> str:
    if score not in row:
        return ""
    places, found = SCORES[score], differences(row, base, score)
    said = f"{fmean(row[score].values()):.{places}f}"
    if row is base or not found:
        return said
    bold = "**" if spread.clear(found) else ""
    return f"{said} ({bold}{fmean(found):+.{places}f}{bold})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latents", type=Path, help="the folder of `foley train latents`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=math.inf, help="no new run is begun after so long")
    parser.add_argument("--seeds", type=int, default=2, help="of every row")
    parser.add_argument("--slow", nargs="*", default=[], choices=SLOW)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    if not arguments.table:
        latents, jury = Halves(arguments.latents), Jury(Halves(arguments.latents, "test"))
        _keep(out / "real-0.json", {"the real sounds through the VAE": jury.scores(jury.truth)})
        until = time.monotonic() + 60 * arguments.minutes
        for name, seed in plan(arguments.slow, arguments.seeds):
            path = out / f"{name}-{seed}.json"
            if path.exists() or time.monotonic() > until:
                continue
            print(f"{name}, seed {seed}", flush=True)
            _keep(path, run(name, seed, latents, jury, out))
            print(f"    {json.loads(path.read_text())}", flush=True)
    rows = gathered(out)
    if "base" not in rows:
        parser.error(f"{out}: no run of base yet, which the others are compared with")
    print(table(rows))


def _keep(path: Path, scores: Mapping[str, Scores]) -> None:
    """Written whole or not at all: a file that is there is a run that is done."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(scores, indent=1) + "\n")
    partial.replace(path)


if __name__ == "__main__":
    main()
