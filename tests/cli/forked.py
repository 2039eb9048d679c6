"""`foley` for the shell lines of tests: `python -m tests.cli.forked SOCKET MODELS` imports everything once, then forks.

Each run of the `foley` that `write_client` makes is a fork of that process, in the caller's folder, with the caller's
stdin, stdout and stderr. What takes seconds of imports per run takes none.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

OURS = (
    "foleycli.cli.app",
    "foleycli.models.spot_perform.model",
    "foleycli.pipeline.foley_pipeline",
    "foleycli.reports.figure.dub",
    "foleycli.reports.page.rows",
    "foleycli.workflows.batch.executors",
    "foleycli.workflows.batch.runner",
    "foleycli.workflows.dub_facts",
    "foleycli.workflows.rerun",
    "foleycli.workflows.retake",
    "foleycli.workflows.spot",
)
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [json.dumps([os.getcwd(), *sys.argv[1:]]).encode()], [0, 1, 2])
    sys.exit(int(server.recv(8) or b"70"))
"""


def write_client(path: Path, address: Path) -> None:
    """An executable `foley` that asks the process at `address`."""
    path.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    path.chmod(0o755)


def warm_up() -> None:
    """Imports what a dub and a batch import, and makes room tone: torch alone takes 2 s, which every fork would pay."""
    for module in ("torch", "av", "PIL.Image", "soundfile", "soxr", "safetensors.torch", *OURS):
        import_module(module)
    from foleycli.audio import room_tone
    from foleycli.specs.settings import Mix

    room_tone.room_tone_loop = once = cache(room_tone.room_tone_loop)
    for outdoors in (False, True):
        once(48_000, Mix().room_tone_lufs, outdoors=outdoors)


def run_here(arguments: list[str]) -> NoReturn:
    """`foley ARGUMENTS` in this process, which ends with its exit code, without the goodbyes of its parent."""
    from foleycli.cli.app import main

    sys.argv = ["foley", *arguments]
    code = 70
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def serve(address: str) -> None:
    """Forks for every client until it is killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks that answer
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while True:
            client, _ = server.accept()
            if os.fork() == 0:
                answer(client)
            client.close()


def answer(client: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, _, _ = socket.recv_fds(client, 1 << 16, 3)
    folder, *arguments = json.loads(message)
    process = os.fork()  # whoever has the streams must be gone before the client is told
    if process == 0:
        client.close()
        os.chdir(folder)
        for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
            os.dup2(streams[number], number)
            os.close(streams[number])
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  # the old one believes it can't seek
        run_here(arguments)
    _, status = os.waitpid(process, 0)
    client.sendall(b"%d" % (os.waitstatus_to_exitcode(status) % 256))
    os._exit(0)


if __name__ == "__main__":
    from foleycli.bundles import store

    store.BUILT_IN = Path(sys.argv[2])
    warm_up()
    serve(sys.argv[1])
