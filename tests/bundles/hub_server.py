"""The Hub on loopback: a real HTTP server with the endpoints that a download needs, and the ways it can go wrong."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What it serves, what goes wrong, and what was asked of it."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commit: str = COMMIT
    licence: str = "apache-2.0"
    gated: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    drop_after: int = 0  # bytes of the next large file, then the connection is cut, once
    wrong: set[str] = field(default_factory=set)  # files that come with another content
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range
    url: str = ""

    def sent(self, name: str) -> list[str]:
        """The Range of each GET of a file, "" for the whole of it."""
        return [span for method, path, span in self.asked if method == "GET" and path.endswith(f"/{name}")]


@contextmanager
def running(hub: FakeHub) -> Iterator[FakeHub]:
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.split("?")[0]
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        repository = (api or file)[1] if api or file else ""  # type: ignore[index]
        if repository in self.hub.private:
            self._refuse(401, "RepoNotFound")
        elif repository not in self.hub.repositories:
            self._refuse(404, "RepoNotFound")
        elif repository in self.hub.gated and file:
            self._refuse(401, "GatedRepo")
        elif (api or file)[2] not in (None, "main", self.hub.commit):  # type: ignore[index]
            self._refuse(404, "RevisionNotFound")
        elif api:
            self._send(json.dumps(self._info(repository)).encode(), {})
        elif file and file[3] not in self.hub.repositories[repository]:
            self._refuse(404, "EntryNotFound")
        elif file:
            self._file(file[3], self.hub.repositories[repository][file[3]])

    def _info(self, repository: str) -> dict[str, object]:
        files = [
            {"rfilename": name, "size": len(content), "blobId": name}
            | ({"lfs": {"sha256": _sha(content), "size": len(content), "pointerSize": 1}} if _large(name) else {})
            for name, content in self.hub.repositories[repository].items()
        ]
        card = {"license": self.hub.licence}
        return {
            "id": repository,
            "modelId": repository,
            "sha": self.hub.commit,
            "siblings": files,
            "cardData": card,
            "tags": [],
        }

    def _file(self, name: str, content: bytes) -> None:
        headers = {"ETag": f'"{_sha(content)}"', "X-Repo-Commit": self.hub.commit, "Accept-Ranges": "bytes"}
        if name in self.hub.wrong:
            content = bytes(len(content))
        first = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        self._send(content[first:], headers, 206 if first else 200, drop=_large(name))

    def _send(self, body: bytes, headers: dict[str, str], status: int = 200, drop: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if drop and self.hub.drop_after:
            body, self.hub.drop_after, self.close_connection = body[: self.hub.drop_after], 0, True
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"", {"X-Error-Code": code, "X-Error-Message": code}, status)


def _large(name: str) -> bool:
    """Large files have a sha256 in the listing, as those in git LFS have."""
    return name.endswith((".safetensors", ".ckpt", ".bin"))


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
