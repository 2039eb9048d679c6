"""A recipe in several processes, on one machine or many.

torchrun --nproc-per-node 2 -m foleycli.training performer --work runs --device cuda
accelerate launch --multi_gpu --num_processes 8 -m foleycli.training performer --work runs --device cuda

What the recipe starts from (sounds, rehearsals, latents, scenes, windows of videos) is made before by `foley train`,
once; all processes must see the same folder. A run goes on from its last checkpoint with as many processes as are
started now.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import get_args

from foleycli.errors import FoleyError
from foleycli.training.distributed import current, joined
from foleycli.training.loop import Report
from foleycli.training.names import VIDEO_ABLATION_NAMES, SizeName, VaeName
from foleycli.training.recipes import RECIPES
from foleycli.training.workspace import Workspace

_log = logging.getLogger(__name__)
SHARED = (  # those that train; the others prepare, in one process
    "performer",
    "vae",
    "texture",
    "vocoder",
    "spotter",
    "echo",
    "mdsgen",
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the recipe named on the command line; gives the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        with joined(given.device) as device:
            seconds = None if given.minutes is None else 60 * given.minutes
            work = Workspace(
                given.work,
                given.sounds,
                given.steps,
                seconds=seconds,
                device=device,
                precision=given.precision,
                resume=not given.afresh,
                progress=_report,
                size=given.size,
                vae=given.vae,
                ablation=given.ablation,
            )
            RECIPES[given.recipe](work)
    except FoleyError as error:
        _log.error("error: %s", error)
        return 1
    return 0


def _report(report: Report) -> None:
    losses = " ".join(f"{name} {value:.4g}" for name, value in report.losses.items())
    pace = f"{report.samples_per_second:.1f} samples/s, {current().size} ranks"
    _log.info("step %d/%d  %s  %s", report.step, report.steps, losses, pace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "foleycli.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", choices=SHARED)
    parser.add_argument("--work", type=Path, default=Path("runs"), metavar="DIR")
    parser.add_argument("--sounds", type=Path, metavar="DIR")
    parser.add_argument("--steps", type=int, help="of training; else the recipe's")
    parser.add_argument("--minutes", type=float, help="stop after this long, at a checkpoint")
    parser.add_argument("--afresh", action="store_true", help="not from the last checkpoint")
    parser.add_argument("--size", choices=get_args(SizeName), default="t", help="of mdsgen")
    parser.add_argument("--vae", choices=get_args(VaeName), default="pocket", help="of mdsgen")
    parser.add_argument("--ablation", choices=VIDEO_ABLATION_NAMES, default="", help="of mdsgen")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a card to each process")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
