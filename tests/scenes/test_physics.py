"""Motion obeys its events: strikers stop dead at contact, bounces follow gravity, feet stand still while they carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foleycli.scenes.physics import bounce, gait, kick, knee, reaches, rhythm, ringing, strokes

EPSILON = 1e-4


@pytest.mark.parametrize("seed", range(8))
def test_striker_touches_exactly_at_its_contacts_and_stops_there(seed: int) -> None:
    plan = strokes(np.random.default_rng(seed), 3.0, air=0.0)
    inner = plan.times[1:-1]
    assert np.allclose(plan.height(inner), 0, atol=1e-9)
    before = (plan.height(inner - EPSILON) - plan.height(inner - 2 * EPSILON)) / EPSILON
    after = (plan.height(inner + 2 * EPSILON) - plan.height(inner + EPSILON)) / EPSILON
    assert (before < -1).all()  # full stroke heights per second, downwards
    assert (after - before > 1).all()


@pytest.mark.parametrize("seed", range(4))
def test_air_strokes_turn_gently_and_never_touch(seed: int) -> None:
    plan = strokes(np.random.default_rng(seed), 3.0, air=1.0)
    t = np.linspace(0, 3, 3001)
    speed = np.gradient(plan.height(t), t)
    assert plan.height(t).min() > 0.05 and not plan.hits(3.0)
    at = plan.times[(plan.times > 0.01) & (plan.times < 2.99)]
    assert np.abs(np.interp(at, t, speed)).max() < 0.35 * np.abs(speed).max()


def test_striker_is_smooth_at_the_top_of_its_swing() -> None:
    plan = strokes(np.random.default_rng(3), 3.0, slowest_hz=1, fastest_hz=2, air=0.0)
    t = np.linspace(0, 3, 6001)
    height = plan.height(t)
    top = height > 0.9 * height.max()
    jump = np.abs(np.diff(np.gradient(height, t)))
    assert jump[top[1:]].max() < 0.2 * jump.max()


def test_louder_strokes_come_from_higher() -> None:
    plan = replace(strokes(np.random.default_rng(5), 3.0, slowest_hz=1, fastest_hz=1.5, air=0.0), hover=0.0)
    tops = [plan.height(np.linspace(a, b, 200)).max() for a, b in zip(plan.times[:-1], plan.times[1:], strict=True)]
    assert np.corrcoef(tops, plan.strengths[1:])[0, 1] > 0.99


def test_hands_leave_hover_and_come_back_to_the_place_they_strike() -> None:
    moved, dwelt, quick = [], [], []
    for seed in range(60):
        plan = strokes(np.random.default_rng(seed), 4.0, slowest_hz=0.5, fastest_hz=1.0, air=0.3)
        inner = plan.times[1:-1]
        assert np.allclose(plan.aside(inner), 0, atol=1e-9)
        t = np.linspace(0, 4, 801)
        moved.append(float(np.abs(plan.aside(t)).max()))
        dwelt.append(float(np.mean(plan.dwell)))
        quick.append(float(np.mean(plan.rise <= 1.3 * plan.down)))
    assert max(moved) > 0.5 and np.median(moved) > 0.01  # some leave the picture, most re-aim
    assert min(dwelt) == 0 and max(dwelt) > 0.2
    assert 0.3 < np.mean(quick) < 0.7  # half lift off as quickly as they strike


def test_a_third_of_the_strokes_may_stop_in_the_air_at_any_height() -> None:
    plan = strokes(np.random.default_rng(2), 200.0, air=0.33)
    stopped = plan.floors[plan.floors > 0]
    assert len(stopped) / len(plan.floors) == pytest.approx(0.33, abs=0.08)
    assert stopped.min() < 0.2 and stopped.max() > 0.7


def test_reaches_are_sudden_and_rest_between() -> None:
    t = np.linspace(0, 10, 5001)
    path = reaches(np.random.default_rng(4), t, 1.0, 0.1)
    speed = np.linalg.norm(np.gradient(path, t, axis=0), axis=1)
    assert np.mean(speed < 0.02 * speed.max()) > 0.3
    assert np.abs(np.diff(speed)).max() < 0.2 * speed.max()  # no jump in speed: nothing is touched


def test_rhythm_covers_the_clip_and_its_margins_with_playable_gaps() -> None:
    for seed in range(30):
        times = rhythm(np.random.default_rng(seed), 2.0)
        assert times[0] <= 2.5 and times[-1] >= 2.0 and len(times) >= 4
        assert np.diff(times).min() >= 0.8 / 7.0 - 1e-9


def test_ball_falls_with_gravity_and_keeps_its_share_of_speed() -> None:
    t = np.linspace(0, 3, 30001)
    height, contacts, speed = bounce(t, 0.2, 1.0, 0.7, 9.8)
    assert contacts[0] == pytest.approx(0.2 + np.sqrt(2 / 9.8))
    assert np.allclose(np.interp(contacts[:3], t, height), 0, atol=1e-3)
    assert speed[1] / speed[0] == pytest.approx(0.7)
    peak = height[(t > contacts[0]) & (t < contacts[1])].max()
    assert peak == pytest.approx(0.7**2, abs=1e-3)  # energy, not speed, is what height holds


def test_recoil_and_ringing_start_at_the_event_and_not_before() -> None:
    t = np.linspace(0, 2, 2001)
    for curve in (kick(t, np.array([1.0]), 0.02, 0.1), ringing(t, [(1.0, 0.8)], 12, 0.1)):
        assert np.abs(curve[t <= 1.0]).max() == 0 and np.abs(curve[(t > 1) & (t < 1.05)]).max() > 0.5


def test_foot_lands_at_phase_zero_and_stands_still_while_the_body_moves_on() -> None:
    phase = np.linspace(0, 1, 1001)
    forward, lift = gait(phase, 0.6)
    standing = phase < 0.6
    assert (lift[standing] == 0).all() and lift[~standing].max() > 0.9
    assert np.allclose(np.diff(forward[standing]), np.diff(forward[standing])[0])
    assert forward[0] == pytest.approx(1) and forward[-1] == pytest.approx(1)


def test_knee_keeps_the_lengths_of_the_limb() -> None:
    hip, foot = np.zeros((5, 2)), np.stack([np.linspace(-0.4, 0.4, 5), np.full(5, 0.7)], -1)
    joint = knee(hip, foot, 0.5, 0.45, 1.0)
    assert np.allclose(np.linalg.norm(joint - hip, axis=-1), 0.5)
    assert np.allclose(np.linalg.norm(joint - foot, axis=-1), 0.45)
