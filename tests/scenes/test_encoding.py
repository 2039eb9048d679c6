"""An encoder leaves what is still as it is, follows what moves, and renews all of it at its key pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foleycli.scenes.encoding import Encoding, random_encoding, transmit

CALM = Encoding(block=(2, 2), threshold=4.0, step=2.0, key_step=2.0, group=250, first_key=0)


def noisy(seed: int = 0, pictures: int = 24) -> np.ndarray:
    """A textured still picture under sensor noise, uint8 (T,64,64,1)."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(40, 200, (1, 64, 64, 1))
    return (place + rng.normal(0, 1.0, (pictures, 64, 64, 1))).clip(0, 255).astype(np.uint8)


def changes(frames: np.ndarray) -> np.ndarray:
    return np.abs(np.diff(frames.astype(float), axis=0)).mean((1, 2, 3))


def test_noise_of_a_still_picture_is_not_sent() -> None:
    frames = noisy()
    assert changes(frames).min() > 0.8
    assert changes(transmit(frames, CALM)).max() < 0.1


def test_what_moves_arrives_near_to_what_it_was() -> None:
    frames = noisy()
    frames[12:, 20:40, 20:40] = 250
    arrived = transmit(frames, CALM)
    assert np.abs(arrived[13:, 20:40, 20:40].astype(float) - 250).mean() < 2
    assert changes(arrived).argmax() == 11
    still = arrived[:, :16].astype(float)
    assert np.abs(np.diff(still, axis=0)).max() == 0  # beside it nothing stirs


def test_key_pictures_pulse_where_nothing_moves() -> None:
    pulses = changes(transmit(noisy(), replace(CALM, group=6, key_step=4.0, threshold=4.0)))
    keys = np.arange(1, 24) % 6 == 0
    assert pulses[keys].min() > 10 * max(pulses[~keys].max(), 0.01)


def test_a_lost_packet_spoils_only_its_pictures() -> None:
    whole, torn = (transmit(noisy(), replace(CALM, broken=broken)) for broken in ((), ((5, 3),)))
    spoilt = (whole != torn).any((1, 2, 3))
    assert spoilt[5:8].all() and not spoilt[:5].any() and not spoilt[8:].any()


def test_colours_sizes_and_odd_pictures() -> None:
    colour = np.repeat(noisy(), 3, axis=3)
    assert transmit(colour, CALM).shape == colour.shape
    large = np.repeat(np.repeat(noisy(), 2, 1), 2, 2)
    assert changes(transmit(large, CALM)).max() < 0.1
    odd = noisy()[:, :63, :61]
    assert transmit(odd, CALM) is odd


def test_encoders_differ_and_some_pictures_meet_none() -> None:
    found = [random_encoding(np.random.default_rng(seed), 96) for seed in range(300)]
    met = [one for one in found if one is not None]
    assert 0.85 < len(met) / len(found) < 0.98
    assert min(one.threshold for one in met) < 0.4 and max(one.threshold for one in met) > 2
