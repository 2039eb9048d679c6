"""The addresses of the page: each asks the session for something and says what came of it, as JSON or as a file."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from foleycli.cues.classes import HIT_CLASSES, SPAN_CLASSES
from foleycli.cues.plain_words import sound_words
from foleycli.editor.guard import Guard
from foleycli.editor.lanes import LEVELS, OUTLINE_RATE, PICTURE_HEIGHT, PICTURES, Lanes, outline
from foleycli.errors import FoleyError, UsageError
from foleycli.reports.figure.picture import MOTION_RATE
from foleycli.video.probe import picture_times
from foleycli.video.proxy import make_proxy
from foleycli.workflows.editing.edits import from_plain, history_of, to_plain
from foleycli.workflows.editing.jobs import Jobs
from foleycli.workflows.editing.session import EditSession, Track, sheet_names

MOST_BYTES = 2**27  # of a request
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
Answer = Callable[[Any], Any]


def make_app(session: EditSession, hosts: tuple[str, ...], token: str) -> Starlette:
    """The server of a session for requests to `hosts`, all of whose addresses begin with the token."""
    desk = _Pages(session)
    routes = [
        Route("/", desk.page),
        Route("/page/{name}", desk.page),
        Route("/facts", desk.facts),
        Route("/status", desk.status),
        Route("/sheet", desk.sheet),
        Route("/sheet", _asked(desk.put), methods=["PUT"]),
        Route("/history", _asked(lambda asked: session.keep_history(history_of(asked))), methods=["PUT"]),
        Route("/video", desk.video),
        Route("/pictures", desk.pictures),
        Route("/motion", desk.motion),
        Route("/tiles/{level:int}/{number:int}.webp", desk.tile),
        Route("/tracks/{number:int}.wav", desk.track),
        Route("/tracks/{number:int}.outline", desk.outline),
        Route("/samples/{sound}.wav", desk.sample),
        *(Route(f"/{name}", _asked(act), methods=["POST"]) for name, act in desk.acts.items()),
    ]
    return Starlette(
        routes=[Mount(f"/{token}", routes=routes)],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        exception_handlers={FoleyError: _refused, IndexError: _missing},  # type: ignore[dict-item]
    )


class _Pages:
    """The answers for one session."""

    def __init__(self, session: EditSession) -> None:
        self.session, self.lanes = session, Lanes(session.info, session.folder)
        self.proxies, self.proxy = Jobs(), session.folder / "no-proxy"
        self.acts: dict[str, Answer] = {
            "perform": lambda asked: session.perform(),
            "spot": lambda asked: session.respot(),
            "stop": lambda asked: session.jobs.stop(),
            "takes": lambda asked: session.perform_takes(_seconds(asked["start"]), _seconds(asked["stop"])),
            "use": self.use,
            "save": lambda asked: {"name": session.save(str(asked["name"]), overwrite=asked["overwrite"] is True).name},
            "export": lambda asked: session.export(str(asked["name"]), overwrite=asked["overwrite"] is True),
            "proxy": lambda asked: self.proxies.start("Proxy", self._make_proxy),
        }

    def page(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        file = files("foleycli.editor").joinpath("page", name)
        if "/" in name or Path(name).suffix not in KINDS or not file.is_file():
            raise HTTPException(404)
        return Response(file.read_bytes(), media_type=KINDS[Path(name).suffix])

    def facts(self, request: Request) -> Response:
        """What does not change: the film, the sounds there are, the formats."""
        info = self.session.info
        return JSONResponse({
            "name": info.path.name,
            "duration": float(info.duration),
            "frame_rate": float(info.frame_rate),
            "variable": info.variable,
            "offset": float(info.start - info.container_start),
            "has_sound": info.has_audio,
            "tiles": {"height": PICTURE_HEIGHT, "width": self.lanes.width, "pictures": PICTURES, "levels": LEVELS},
            "outline_rate": OUTLINE_RATE,
            "motion_rate": MOTION_RATE,
            "sounds": [one.plain() for one in sound_words().values()],
            "order": [*HIT_CLASSES, *SPAN_CLASSES],
            "export": self.session.target.name,
            "sheets": sheet_names(self.session.video),
        })  # fmt: skip

    def sheet(self, request: Request) -> Response:
        return JSONResponse({**to_plain(self.session.edits), "revision": self.session.revision})

    def put(self, asked: Any) -> dict[str, Any]:
        return {"revision": self.session.put(from_plain(asked))}

    def use(self, asked: Any) -> dict[str, Any]:
        revision = self.session.use_take(int(asked["track"]))
        return {"revision": revision, "retakes": to_plain(self.session.edits)["retakes"]}

    def status(self, request: Request) -> Response:
        """What changes while work is done."""
        session, proxies = self.session, self.proxies
        return JSONResponse({
            "job": None if session.jobs.running is None else asdict(session.jobs.running),
            "error": session.jobs.error,
            "revision": session.revision,
            "spotted": session.spotted,
            "track": None if session.track is None else _track_facts(session.track),
            "takes": [_track_facts(one) for one in session.takes],
            "wrote": session.wrote,
            "proxy": {
                "job": None if proxies.running is None else asdict(proxies.running),
                "error": proxies.error,
                "ready": self.proxy.is_file(),
            },
        })  # fmt: skip

    def video(self, request: Request) -> Response:
        proxied = "proxy" in request.query_params and self.proxy.is_file()
        return FileResponse(self.proxy if proxied else self.session.video)

    def _make_proxy(self, progress: Any) -> None:
        self.proxy = make_proxy(self.session.info, self.session.folder, progress)

    def pictures(self, request: Request) -> Response:
        """When each picture comes on screen, as 64-bit floats in seconds."""
        return Response(picture_times(self.session.info).tobytes(), media_type="application/octet-stream")

    def motion(self, request: Request) -> Response:
        return Response(self.lanes.motion(), media_type="application/octet-stream")

    def tile(self, request: Request) -> Response:
        return FileResponse(self.lanes.tile(request.path_params["level"], request.path_params["number"]))

    def track(self, request: Request) -> Response:
        return FileResponse(self.session.find(request.path_params["number"]).performed.track)

    def outline(self, request: Request) -> Response:
        track = self.session.find(request.path_params["number"]).performed.track
        return Response(outline(track), media_type="application/octet-stream")

    def sample(self, request: Request) -> Response:
        sound = request.path_params["sound"]
        if sound not in sound_words():
            raise HTTPException(404)
        return FileResponse(self.session.sample(sound))


def _track_facts(track: Track) -> dict[str, Any]:
    take = track.take
    span = None if take is None else {"start": float(take.start), "stop": float(take.stop), "seed": take.seed}
    return {
        "number": track.number,
        "revision": track.revision,
        "take": span,
        "warnings": list(track.performed.warnings),
    }


def _seconds(value: object) -> Fraction:
    return Fraction(str(value)).limit_denominator(48_000)


def _asked(act: Answer) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that gives the JSON of a request to a function, and answers with what it gives back."""

    async def endpoint(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                raise HTTPException(413)
        try:
            asked = json.loads(body or b"{}")
            return JSONResponse(await run_in_threadpool(act, asked) or {})
        except (ValueError, KeyError, TypeError, RecursionError, ZeroDivisionError) as error:
            raise UsageError(f"a request that makes no sense ({' '.join(str(error).split())[:120]})") from error

    return endpoint


def _refused(request: Request, error: FoleyError) -> Response:
    return JSONResponse({"error": str(error)}, 409)


def _missing(request: Request, error: IndexError) -> Response:
    return JSONResponse({"error": str(error)}, 404)
