"""The console script's way in: Ctrl-C is heard before the rest of foley is imported, which takes 0.1 s or more."""

from __future__ import annotations

import os
import sys
from functools import partial

from foleycli.cli.console import complain, leave_interrupted
from foleycli.signals import Listener, Stopped, run_process
from foleycli.workflows.batch.supervisor import supervise, tie_to_parent, wanted


def main() -> None:
    """Runs the command line; a signal that comes while it is being imported ends it in one line too."""
    if wanted(sys.argv[1:], os.environ):
        raise SystemExit(supervise([sys.executable, "-m", "foleycli.cli.entry", *sys.argv[1:]], os.environ, complain))
    tie_to_parent(os.environ)
    listener = Listener()
    try:
        listener.listen()
        from foleycli.cli.app import main as run

        run()
    except Stopped:
        leave_interrupted(listener)


script = partial(run_process, main)  # what the installed command calls

if __name__ == "__main__":
    script()
