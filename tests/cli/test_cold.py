"""What a cold `foley dub` imports: packages that take long stay out of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DUB = """
import sys
from pathlib import Path
from foleycli.bundles import store
from foleycli.cli.entry import main
store.BUILT_IN = Path(sys.argv.pop(1))
main()
slow = ("diffusers", "transformers", "scipy.signal", "matplotlib", "torch._dynamo", "sympy", "jinja2")
found = [name for name in slow if name in sys.modules]
assert not found, found
assert "torch" in sys.modules and Path("track.wav").exists()
"""


@pytest.mark.parametrize("options", [[], ["--steps", "2", "--original", "mix"]])
def test_a_dub_imports_nothing_that_takes_long(clip: Path, models: Path, options: list[str]) -> None:
    command = [sys.executable, "-c", DUB, str(models), "dub", clip.name, "-o", "track.wav", "-q", *options]
    run = subprocess.run(command, capture_output=True, text=True, cwd=clip.parent)
    assert run.returncode == 0, run.stderr
