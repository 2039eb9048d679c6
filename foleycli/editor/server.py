"""Runs the page: a server on 127.0.0.1 for as long as the block lasts."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread

from foleycli.atomic import scratch_folder
from foleycli.cues.sheet import Cue
from foleycli.errors import OutputError, UsageError
from foleycli.specs.settings import Settings
from foleycli.workflows.editing.session import EditSession

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Editor:
    """A page that is being served at `url`, and its session."""

    url: str
    session: EditSession
    thread: Thread

    def wait(self) -> None:
        """Returns when the server has ended; a signal interrupts it."""
        while self.thread.is_alive():
            self.thread.join(0.5)


@contextmanager
def serving(
    video: Path, settings: Settings | None = None, cues: Sequence[Cue] | None = None, *, port: int = 0
) -> Iterator[Editor]:
    """Serves the editor of a video; 0 is any free port. The work of spotting and performing begins at once.

    Raises UsageError without Starlette and uvicorn or for a port that is taken, InputError for a bad video.
    """
    try:
        import uvicorn

        from foleycli.editor.app import make_app
    except ImportError as error:
        raise UsageError(f"the editor needs {error.name}; run: pip install 'foleycli[edit]'") from error
    with scratch_folder() as folder, socket.socket() as listening:
        session = EditSession(video, Path(folder), settings, cues=cues)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise OutputError(f"--port {port}: {error.strerror}; leave it out for a free one") from error
        token, number = token_urlsafe(18), listening.getsockname()[1]
        app = make_app(session, (f"{HOST}:{number}", f"localhost:{number}"), token)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", server_header=False)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            session.begin()
            yield Editor(f"http://{HOST}:{number}/{token}/", session, thread)
        finally:
            session.jobs.stop()
            server.should_exit = server.force_exit = True
            thread.join(5)
