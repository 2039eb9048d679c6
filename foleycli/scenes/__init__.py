"""The rehearsal room: rendered scenes with exact event times."""

from foleycli.scenes.catalogue import KINDS, render, sample
from foleycli.scenes.scene import Event, Scene, Span

__all__ = ["KINDS", "Event", "Scene", "Span", "render", "sample"]
