"""Distances between sets of sounds, on the embeddings and probabilities of a named network.

FAD: Kilgour et al., 2019 (Frechet distance of Gaussians). IS: Salimans et al., 2016. KL: of class probabilities.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foleycli.evaluation.metrics import Array

TINY = 1e-8


def frechet_distance(ours: Array, theirs: Array) -> float:
    """Frechet distance between Gaussians fitted to two sets of embeddings (N, D); 0 for equal sets.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2). Biased upward when N is near D or below.
    """
    first, second = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if len(first) < 2 or len(second) < 2:
        return float("nan")
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(one))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ np.atleast_2d(two) @ root)
    apart = np.sum((first.mean(0) - second.mean(0)) ** 2)
    distance = apart + np.trace(np.atleast_2d(one + two)) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(max(0.0, distance))


def inception_score(probabilities: Array) -> float:
    """exp of the mean KL from each row of (N, classes) to the mean row: 1 for all alike, up to `classes`."""
    rows = np.asarray(probabilities, np.float64)
    return float(np.exp(kl_divergence(rows, rows.mean(0, keepdims=True)).mean())) if len(rows) else float("nan")


def kl_divergence(true: Array, ours: Array) -> npt.NDArray[np.float64]:
    """KL(true || ours) in nats, row by row of (N, classes)."""
    p, q = np.asarray(true, np.float64) + TINY, np.asarray(ours, np.float64) + TINY
    return np.asarray((p * np.log(p / q)).sum(-1))


def ranks(probabilities: Array, asked: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many names are more likely than the asked one, for each row of (N, classes): 0 is right at once."""
    rows = np.asarray(probabilities)
    own = np.take_along_axis(rows, asked[:, None], 1)
    return np.asarray((rows > own).sum(1))
