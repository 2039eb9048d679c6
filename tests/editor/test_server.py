"""The server answers its own page and nobody else, and serves the files of its session alone."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from foleycli.cues.sheet import Cue
from foleycli.editor.server import Editor, serving
from foleycli.errors import InputError, OutputError
from foleycli.specs.settings import Generation, Model, Settings
from tests.cli.conftest import film, models

__all__ = ["film", "models"]  # fixtures

CUES = (Cue(0.5, 0.8, "impact_wood"),)


@pytest.fixture(scope="module")
def editor(models: Path, film: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    clip = tmp_path_factory.mktemp("edited") / "<b>clip.mp4"
    clip.write_bytes(film.read_bytes())
    clip.with_name("secret.txt").write_text("secret")
    model = Model(name=str(models / "pocket"), device="cpu", offline=True, namer="off")
    with serving(clip, Settings(generation=Generation(steps=1), model=model), CUES) as served:
        served.session.jobs.wait()
        yield served


def ask(
    editor: Editor, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    where = urlsplit(editor.url)
    line = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=60)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, where.path + path, None if body is None else json.dumps(body), given)
    answer = line.getresponse()
    return answer.status, answer.read(), {key.lower(): value for key, value in answer.getheaders()}


def test_only_its_own_page_may_ask(editor: Editor) -> None:
    port = urlsplit(editor.url).port
    assert ask(editor, "facts")[0] == 200
    assert ask(editor, "facts", Host=f"localhost:{port}")[0] == 200
    assert ask(editor, "facts", Host=f"attacker.example:{port}")[0] == 403
    assert ask(editor, "facts", Origin="http://attacker.example")[0] == 403
    assert ask(editor, "facts", Origin="null")[0] == 403
    assert ask(editor, "facts", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(editor, "perform", "POST", {}, Origin="https://127.0.0.1")[0] == 403
    other = Editor(editor.url[:-4] + "abc/", editor.session, editor.thread)
    assert ask(other, "facts")[0] == 403
    assert ask(Editor(f"http://127.0.0.1:{port}/", editor.session, editor.thread), "")[0] == 403


def test_its_answers_forbid_markup_and_other_servers(editor: Editor) -> None:
    status, body, headers = ask(editor, "")
    assert status == 200
    assert b"<b>clip" not in body
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(ask(editor, "facts")[1])["name"] == "<b>clip.mp4"


@pytest.mark.parametrize(
    "path", ["secret.txt", "page/../secret.txt", "page/..%2f..%2fapp.py", "page/%2e%2e", "samples/..%2fsecret.wav",
             "tiles/99/0.webp", "tiles/0/9999.webp", "tracks/99.wav", "page/app.py"],
)  # fmt: skip
def test_no_other_file_is_served(editor: Editor, path: str) -> None:
    assert ask(editor, path)[0] in (404, 409)


def test_the_video_and_the_track_come_in_ranges(editor: Editor) -> None:
    whole = ask(editor, "video")[1]
    assert whole == editor.session.video.read_bytes()
    status, part, headers = ask(editor, "video", Range="bytes=100-199")
    assert (status, part) == (206, whole[100:200])
    assert headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert editor.session.track is not None
    number = editor.session.track.number
    assert ask(editor, f"tracks/{number}.wav")[1][:4] == b"RIFF"
    pairs = ask(editor, f"tracks/{number}.outline")[1]
    assert len(pairs) == 2 * 200 * 2  # lows and highs, 200 a second, 2 s
    assert ask(editor, "tiles/0/0.webp")[1][8:12] == b"WEBP"
    assert len(ask(editor, "motion")[1]) == 2 * 25


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "sheet", {"cues": [{"time": "soon"}]}),
        ("PUT", "sheet", [1]),
        ("PUT", "sheet", {"cues": [], "mix": {"gain_db": 99}}),
        ("PUT", "sheet", {"cues": [], "retakes": [{"start": 2, "stop": 1, "seed": 0}]}),
        ("POST", "save", {"name": "../cues.csv"}),
        ("POST", "save", {"name": "cues.exe"}),
        ("POST", "export", {"name": "<b>clip.mp4", "overwrite": True}),
        ("POST", "export", {}),
        ("POST", "takes", {"start": 3, "stop": 1}),
        ("POST", "takes", {"start": 0}),
        ("POST", "use", {"track": 77}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(editor: Editor, method: str, path: str, body: Any) -> None:
    status, answer, _ = ask(editor, path, method, body)
    assert status == 409
    assert len(json.loads(answer)["error"]) > 10


def test_a_sample_is_performed_once(editor: Editor) -> None:
    status, wave, _ = ask(editor, "samples/rain.wav")
    assert (status, wave[:4]) == (200, b"RIFF")
    assert ask(editor, "samples/rain.wav")[1] == wave


def test_a_port_that_is_taken_and_a_bad_video_are_one_line(editor: Editor, film: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--port"), serving(film, port=urlsplit(editor.url).port or 0):
        pass
    with pytest.raises(InputError), serving(tmp_path / "none.mp4"):
        pass
