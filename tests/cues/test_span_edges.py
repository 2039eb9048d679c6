"""A span is performed longer than it is where nothing else sounds."""

from __future__ import annotations

from foleycli.cues.sheet import Cue
from foleycli.cues.span_edges import ROLL_SECONDS, free_edges, lengthened

TRAIN = Cue(5.0, 0.7, "vehicle_train", stop=9.0)


def test_an_edge_is_free_unless_something_sounds_there() -> None:
    assert free_edges(TRAIN, [TRAIN]) == (True, True)
    assert free_edges(TRAIN, [TRAIN, Cue(6.0)]) == (True, True)
    assert free_edges(TRAIN, [TRAIN, Cue(4.0)]) == (False, True)  # a hit that still rings
    assert free_edges(TRAIN, [TRAIN, Cue(8.5)]) == (True, False)
    assert free_edges(TRAIN, [TRAIN, Cue(9.5)]) == (True, False)
    assert free_edges(TRAIN, [TRAIN, Cue(9.0, 0.5, "rain", stop=12.0)]) == (True, False)
    assert free_edges(TRAIN, [TRAIN, Cue(0.0, 0.5, "rain", stop=12.0)]) == (False, False)
    assert free_edges(TRAIN, [TRAIN, Cue(9.5, mute=True), Cue(11.0), Cue(1.0)]) == (True, True)


def test_spans_are_lengthened_at_free_edges_alone_and_hits_stay() -> None:
    hit = Cue(8.5)
    longer, same = lengthened([TRAIN, hit])
    assert (longer.time, longer.stop) == (5.0 - ROLL_SECONDS, 9.0)
    assert same == hit
    assert lengthened([TRAIN])[0].stop == 9.0 + ROLL_SECONDS
