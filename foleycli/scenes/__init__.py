"""Rendered scenes with exact event times: what the spotter learns from."""

from foleycli.scenes.catalogue import KINDS, render, sample
from foleycli.scenes.scene import Event, Scene, Span

__all__ = ["KINDS", "Event", "Scene", "Span", "render", "sample"]
