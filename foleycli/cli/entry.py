"""The console script's way in: Ctrl-C is heard before the rest of foley is imported, which takes 0.1 s or more."""

from __future__ import annotations

import os
import sys

from foleycli.cli.console import complain
from foleycli.signals import Listener, Stopped
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
        complain("interrupted; nothing was left half done")
        raise SystemExit(listener.exit_code) from None


if __name__ == "__main__":
    main()
