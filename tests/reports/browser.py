"""A headless Chromium, spoken to over its own protocol on a pair of pipes: no port, no driver, nothing to install."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LIMIT_SECONDS = 60.0
FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
KEYS = {  # the numbers that browsers give keys without a letter
    "Enter": 13, "Tab": 9, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
    "Delete": 46,
}  # fmt: skip


class Browser:
    """A browser that runs, and its tabs: each in a context of its own, which shares nothing with the others."""

    def __init__(self, into: int, out: int) -> None:
        self._into, self._out, self._read, self._number = into, out, b"", 0

    @contextmanager
    def tab(self) -> Iterator[Page]:
        """A new tab, gone with the block."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        try:
            yield Page(self, context)
        finally:
            self.ask("Target.disposeBrowserContext", browserContextId=context)

    def ask(self, method: str, page: Page | None = None, **parameters: Any) -> dict[str, Any]:
        """Sends a command, to a page or to the browser, and waits for what it gives back."""
        self._number += 1
        session = None if page is None else page.session
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._into, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            if page is not None and answer.get("sessionId") == session:
                page.told.append(answer)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + LIMIT_SECONDS
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._out], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser is silent"
            piece = os.read(self._out, 1 << 16)
            assert piece, "the browser went away"
            self._read += piece
        message, self._read = self._read.split(b"\0", 1)
        return dict(json.loads(message))


class Page:
    """One tab: `told` is every event that it sent, in order."""

    def __init__(self, browser: Browser, context: str) -> None:
        self._browser = browser
        self.told: list[dict[str, Any]] = []
        target = browser.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session: str = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends a command to this tab and waits for what it gives back."""
        return self._browser.ask(method, self, **parameters)

    def open(self, path: Path) -> None:
        """Goes to a file, until it is loaded."""
        self.ask("Page.navigate", url=path.as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def go(self, url: str) -> None:
        """Goes to the page of a server on this machine, until its scripts say that it is ready."""
        self.ask("Page.navigate", url=url)
        self.until("document.body?.dataset.ready === 'yes'")

    def key(self, key: str, *, ctrl: bool = False, shift: bool = False) -> None:
        """A key pressed and let go; `key` as the browser calls it."""
        text = {"text": key} if len(key) == 1 and not ctrl else {"text": "\r"} if key == "Enter" else {}
        named = {"key": key, "code": key, "modifiers": 2 * ctrl + 8 * shift}
        code = {"windowsVirtualKeyCode": KEYS[key]} if key in KEYS else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **named, **text, **code)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **named, **code)

    def mouse(self, kind: str, x: float, y: float, count: int = 1) -> None:
        """A `mousePressed`, `mouseMoved` or `mouseReleased` with the left button, in pixels of the window."""
        clicks = {} if kind == "mouseMoved" else {"clickCount": count}
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, **clicks)

    def run(self, script: str) -> Any:
        """The value of an expression, or of the promise that it is; as if the user had asked for it."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Waits for an expression to be true."""
        end = time.monotonic() + LIMIT_SECONDS
        while not self.run(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            time.sleep(0.02)

    def click(self, selector: str, across: float = 0.5) -> None:
        """A press of the mouse on an element, `across` of its width from its left."""
        box = self.run(
            f"(() => {{const one = document.querySelector({selector!r}); one.scrollIntoView({{block: 'center'}});"
            " const box = one.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]})()"
        )
        place = {"x": box[0] + across * box[2], "y": box[1] + box[3] / 2, "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **place)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **place)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


@contextmanager
def started(folder: Path, *flags: str) -> Iterator[Browser]:
    """A browser of its own, gone with the block; `folder` is for what it keeps, and for what it says."""
    assert CHROMIUM is not None
    (its_in, into), (out, its_out) = os.pipe(), os.pipe()
    # Numbers above the two that Chromium reads and writes, so that neither is overwritten on its way there.
    high_in, high_out = (fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, 20) for handle in (its_in, its_out))
    arguments = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, "about:blank"]
    actions: list[tuple[Any, ...]] = [
        (os.POSIX_SPAWN_DUP2, high_in, 3),
        (os.POSIX_SPAWN_DUP2, high_out, 4),
        (os.POSIX_SPAWN_OPEN, 1, folder / "said.txt", os.O_CREAT | os.O_WRONLY, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    process = os.posix_spawn(CHROMIUM, arguments, os.environ, file_actions=actions, setsid=True)
    for handle in (its_in, its_out, high_in, high_out):
        os.close(handle)
    try:
        yield Browser(into, out)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(into)
        os.close(out)
