"""A headless Chromium, driven through ChromeDriver's own protocol (W3C WebDriver over HTTP)."""

import base64
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip


def missing_tool() -> str | None:
    """Why no browser can be driven here; None when one can."""
    if not any(map(shutil.which, CHROMIUM)):
        return "no Chromium on PATH"
    return None if shutil.which("chromedriver") else "no chromedriver on PATH"


class Browser:
    """One window of a new profile. Use as a context manager."""

    def __init__(self, profile: Path, port: int, *arguments: str) -> None:
        self._profile, self._port, self._arguments = profile, port, arguments
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self._session = ""

    def __enter__(self) -> "Browser":
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={self._port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait_for_driver()
        options = {
            "binary": next(filter(None, map(shutil.which, CHROMIUM))),
            "args": [*ARGUMENTS, *self._arguments, f"--user-data-dir={self._profile}"],
        }
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options,
                                                   "goog:loggingPrefs": {"browser": "ALL"}}}}  # fmt: skip
        self._session = self._post("/session", wanted)["sessionId"]
        return self

    def __exit__(self, *_: object) -> None:
        if self._session:
            self._http.delete(f"/session/{self._session}")
        self._http.close()
        self._driver.terminate()
        self._driver.wait(timeout=10)

    def _wait_for_driver(self) -> None:
        until = time.monotonic() + 20
        while True:
            try:
                if self._http.get("/status").json()["value"]["ready"]:
                    return
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.05)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(path, json=body)
        value = answer.json()["value"]
        if answer.is_error:
            raise AssertionError(f"{value['error']}: {value['message']}")
        return value

    def _do(self, command: str, **body: Any) -> Any:
        return self._post(f"/session/{self._session}/{command}", body)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """The page's viewport in CSS pixels."""
        self._cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if phone else 1, mobile=phone)  # fmt: skip

    def _cdp(self, command: str, **params: Any) -> Any:
        return self._do("goog/cdp/execute", cmd=command, params=params)

    def network(self, *, offline: bool) -> None:
        """Cut the page off, or connect it again."""
        self._cdp("Network.enable")
        self._cdp("Network.emulateNetworkConditions", offline=offline, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    def forget_cookies(self) -> None:
        """As when a session has ended."""
        self._cdp("Network.clearBrowserCookies")

    def open(self, url: str) -> None:
        """Load a page."""
        self._do("url", url=url)

    def run(self, script: str, *args: Any) -> Any:
        """The value that the body of a function returns."""
        return self._do("execute/sync", script=script, args=list(args))

    def run_async(self, script: str) -> Any:
        """The value that the script hands to its last argument."""
        return self._do("execute/async", script=script, args=[])

    def text(self, css: str) -> str:
        """The text of the first element."""
        found: str = self.run("return document.querySelector(arguments[0]).textContent", css)
        return found.strip()

    def type(self, css: str, text: str) -> None:
        """Keys pressed in an element, as a person presses them (U+E007 is Enter); a path, in a file's
        field."""
        found = self._do("element", using="css selector", value=css)
        (element,) = found.values()
        self._do(f"element/{element}/value", text=text)

    def wait(self, condition: str, timeout: float = 20) -> None:
        """Until the JavaScript expression is true."""
        until = time.monotonic() + timeout
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < until, f"not within {timeout} s: {condition}"
            time.sleep(0.1)

    def console(self) -> list[str]:
        """What was logged as an error, such as what the security policy refused."""
        return [entry["message"] for entry in self._do("se/log", type="browser")
                if entry["level"] == "SEVERE"]  # fmt: skip

    def violations(self, axe: str) -> list[tuple[str, list[str]]]:
        """What the accessibility checker finds: each rule (WCAG 2.2 AA, best practice), and where."""
        self.run(axe)
        found = self.run_async(
            "const done = arguments[arguments.length - 1];"
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
            " 'best-practice']}).then(r => done(r.violations))"
        )
        return [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self._cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self._cdp("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))
