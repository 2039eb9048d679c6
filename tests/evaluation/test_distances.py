"""Distances whose value can be worked out by hand."""

import numpy as np
import pytest

from foleycli.evaluation.distances import frechet_distance, inception_score, kl_divergence, ranks


def cloud(count: int, width: int, seed: int) -> np.ndarray:
    """Points with mean exactly 0 and covariance exactly 1."""
    points = np.random.default_rng(seed).standard_normal((count, width))
    points -= points.mean(0)
    return points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T


def test_frechet_distance_of_a_set_to_itself_and_to_its_copy_elsewhere() -> None:
    points = cloud(200, 5, 0)
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(points, points + np.array([3, 4, 0, 0, 0])) == pytest.approx(25)


def test_frechet_distance_of_gaussians_is_the_formula() -> None:
    narrow, wide = cloud(300, 4, 1) * [1, 2, 3, 4], cloud(500, 4, 2) * [2, 2, 1, 4]
    assert frechet_distance(narrow, wide) == pytest.approx(1 + 0 + 4 + 0)  # sum of (s1 - s2)^2
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    assert frechet_distance(narrow @ turn, wide @ turn) == pytest.approx(5)
    assert frechet_distance(wide, narrow) == pytest.approx(5)


def test_frechet_distance_needs_a_set() -> None:
    assert np.isnan(frechet_distance(cloud(9, 2, 0), np.zeros((1, 2))))


def test_inception_score_counts_the_names_that_are_used() -> None:
    sure = np.eye(10)
    assert inception_score(sure) == pytest.approx(10, rel=1e-3)
    assert inception_score(sure[[0, 1, 2, 0, 1, 2]]) == pytest.approx(3, rel=1e-3)
    assert inception_score(np.full((6, 10), 0.1)) == pytest.approx(1)


def test_kl_is_none_for_equals_and_the_surprise_of_a_certain_truth() -> None:
    rows = np.array([[0.5, 0.25, 0.25]])
    assert kl_divergence(rows, rows) == pytest.approx([0])
    assert kl_divergence(np.array([[0, 1, 0]]), rows) == pytest.approx([np.log(4)], abs=1e-5)


def test_rank_is_how_many_names_come_before() -> None:
    rows = np.array([[0.1, 0.6, 0.3]] * 3)
    assert ranks(rows, np.array([0, 1, 2])).tolist() == [2, 0, 1]
