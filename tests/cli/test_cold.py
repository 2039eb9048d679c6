"""What a cold `foley dub` imports: packages that take long stay out of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DUB = """
import sys
from pathlib import Path
from foleycli.bundles import store
from foleycli.cli.entry import main
store.BUILT_IN = Path(sys.argv.pop(1))
for more in ([], ["--steps", "2", "--original", "mix", "-f"]):
    sys.argv[1:] = ["dub", "clip.mp4", "-o", "track.wav", "-q", *more]
    main()
slow = ("diffusers", "transformers", "scipy", "matplotlib", "torch._dynamo", "sympy", "jinja2")
found = [name for name in slow if name in sys.modules]
assert not found, found
assert "torch" in sys.modules and Path("track.wav").exists()
"""


def test_a_dub_imports_nothing_that_takes_long(clip: Path, models: Path) -> None:
    command = [sys.executable, "-c", DUB, str(models)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=clip.parent)
    assert run.returncode == 0, run.stderr
