"""Visual Echoes, assembled: sound from a picture, a picture from a sound, both at once."""

from __future__ import annotations

from foleycli.models.base import register_elsewhere

KIND = register_elsewhere(  # picture tokens, sound tokens, one masked transformer
    "visual-echoes", "this model turns pictures into sounds; use 'foley imagine', or dub a still picture with it"
)
