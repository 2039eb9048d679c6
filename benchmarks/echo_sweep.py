"""Steps N against temperature T of a Visual Echoes model: how often is a picture's sound named as of its kind?

    python benchmarks/echo_sweep.py                     the built-in model; about 10 minutes on two cores
    python benchmarks/echo_sweep.py --model runs/echo-model --count 152 --plot sweep.png

`foley evaluate echo` for each pair: held-out rendered pictures, the sound classifier's first name; beside it the same
sounds judged for other pictures. The plot has a circle for each pair, its area the first score (as Figure 3
of the paper).
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw

from foleycli.evaluation.pictures import evaluate_pictures
from foleycli.models.visual_echoes.loading import load_echo

STEPS, TEMPERATURES = (4, 8, 12, 20), (1.5, 4.5, 9.0)
CELL = 120  # pixels
LARGEST = 0.4  # share of pictures at which a circle fills its cell


def draw(found: dict[tuple[int, float], float], steps: list[int], temperatures: list[float]) -> Image.Image:
    """Circles, steps to the right and temperatures upwards, each with its score."""
    picture = Image.new("RGB", (CELL * (len(steps) + 1), CELL * (len(temperatures) + 1)), "white")
    pen = ImageDraw.Draw(picture)
    bottom = CELL * len(temperatures)
    for column, number in enumerate(steps):
        pen.text((CELL * (column + 1.4), bottom + CELL / 4), f"N = {number}", fill="black")
    for row, temperature in enumerate(temperatures):
        middle = bottom - CELL * (row + 0.5)
        pen.text((CELL / 4, middle), f"T = {temperature:g}", fill="black")
        for column, number in enumerate(steps):
            score, centre = found[number, temperature], CELL * (column + 1.5)
            radius = CELL / 2 * min(1.0, score / LARGEST) ** 0.5
            pen.ellipse((centre - radius, middle - radius, centre + radius, middle + radius), fill="#8fb3dd")
            pen.text((centre - 14, middle - 6), f"{score:.3f}", fill="black")
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="echo")
    parser.add_argument("--count", type=int, default=76)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--temperatures", type=float, nargs="+", default=TEMPERATURES)
    parser.add_argument("--plot", type=Path, default=None)
    asked = parser.parse_args()
    model, found = load_echo(asked.model), {}
    print("   N     T  first name  of others  first three   FAD", flush=True)
    for steps, temperature in product(asked.steps, asked.temperatures):
        decoding = model.decoding.changed(steps, temperature, None)
        scores = evaluate_pictures(model, count=asked.count, seed=asked.seed, decoding=decoding).scores
        own, others = scores["i2a"], scores["shuffled"]["top1"].mean
        found[steps, temperature] = first = own["top1"].mean
        fad = float(scores["fad"])
        print(
            f"{steps:4d} {temperature:5.1f} {first:11.3f} {others:10.3f} {own['top3'].mean:12.3f} {fad:5.0f}",
            flush=True,
        )
    if asked.plot is not None:
        draw(found, list(asked.steps), list(asked.temperatures)).save(asked.plot)


if __name__ == "__main__":
    main()
