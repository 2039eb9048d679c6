"""The console script's way in: Ctrl-C is heard before the rest of foley is imported, which takes 0.1 s or more."""

from __future__ import annotations

from foleycli.cli.console import complain
from foleycli.cli.signals import Listener, Stopped


def main() -> None:
    """Runs the command line; a signal that comes while it is being imported ends it in one line too."""
    listener = Listener()
    listener.listen()
    try:
        from foleycli.cli.app import main as run

        run()
    except Stopped:
        complain("interrupted; nothing was left half done")
        raise SystemExit(listener.exit_code) from None


if __name__ == "__main__":
    main()
