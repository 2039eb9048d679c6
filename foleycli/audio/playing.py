"""Plays a sound file on this machine's loudspeakers, by a player that is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from foleycli.errors import OutputError

PLAYERS = (  # the first that is installed: macOS, PipeWire, PulseAudio, ALSA, ffmpeg
    ("afplay",), ("pw-play",), ("paplay",), ("aplay", "-q"), ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)  # fmt: skip


def play(path: Path) -> None:
    """Plays a WAV to its end; raises OutputError where no player is installed, or it fails."""
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(path), winsound.SND_FILENAME)
        return
    command = next((words for words in PLAYERS if shutil.which(words[0])), None)
    if command is None:
        names = ", ".join(words[0] for words in PLAYERS)
        raise OutputError(f"--play: no player is installed ({names}); write the sound to a file with -o")
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise OutputError(f"--play: {command[0]} failed ({reason}); write the sound to a file with -o")
