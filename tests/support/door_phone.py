"""A hall with a running system, and a phone at its door: a browser with a code before its camera."""

import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from deploy.local.stack import Stack
from services.attendance.pages.door_texts import SCRIPT
from services.attendance.pages.qr import QUIET, modules
from tests.browser.webdriver import Browser
from tests.support.wait import until

PHONE = (360, 740)
PEOPLE = ("cam-1", "off-1", "off-2", "late-1", "gate-1", "sign-1", "zz-1")
SERVICES = ("registration-api", "registration-worker", "attendance-api", "attendance-worker")
SIDE, HIGH, MODULE = 640, 480, 10


class Hall(NamedTuple):
    """A running system with one webinar in a hall, on just now."""

    stack: Stack
    registration: httpx.Client
    attendance: httpx.Client
    webinar_id: str
    other_code: str
    codes: dict[str, str]

    @property
    def path(self) -> str:
        return f"/v1/webinars/{self.webinar_id}"

    def down(self) -> None:
        """The server is gone, for the service worker, too."""
        self.stack.process("attendance-api").stop()

    def up(self) -> None:
        self.stack.process("attendance-api").start()
        self.stack.wait_ready(("attendance-api",))


def rfc(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")


def webinar(http: httpx.Client, title: str, people: tuple[str, ...]) -> str:
    """A session that began an hour ago and goes on; one second in it suffices."""
    now = int(time.time())
    programme = http.post("/v1/programmes", json={"year": 2032, "name": title}).json()["id"]
    session = {"id": "s1", "start": rfc(now - 3600), "end": rfc(now + 3600),
               "hall": {"name": "Aula Contoh", "capacity": 100}}  # fmt: skip
    body = {"programme_id": programme, "title": title, "sessions": [session],
            "rule": {"minimum_share": 1}, "grace_seconds": 1, "retry_window_seconds": 1}  # fmt: skip
    webinar_id: str = http.post("/v1/webinars", json=body).json()["id"]
    rows = "\n".join(f"{who},Nama {who},public,15.71" for who in people)
    http.post(f"/v1/webinars/{webinar_id}/participants:import",
              content=f"external_id,name,category,region_code\n{rows}",
              headers={"content-type": "text/csv"}).raise_for_status()  # fmt: skip
    return webinar_id


def codes(http: httpx.Client, webinar_id: str, count: int) -> dict[str, str]:
    at = f"/v1/webinars/{webinar_id}/check-in-codes"
    found = until(lambda: len(c := http.get(at).json().get("items", ())) == count and c)
    return {one["external_id"]: one["code"] for one in found}


def film(code: str, path: Path) -> Path:
    """Some frames of a code before a camera, as Y4M."""
    rows = modules(code)
    side = (len(rows) + 2 * QUIET) * MODULE
    left, top = (SIDE - side) // 2, (HIGH - side) // 2
    picture = [bytearray([110]) * SIDE for _ in range(HIGH)]
    for y in range(side):
        for x in range(side):
            my, mx = y // MODULE - QUIET, x // MODULE - QUIET
            dark = 0 <= my < len(rows) and 0 <= mx < len(rows) and rows[my][mx]
            picture[top + y][left + x] = 20 if dark else 235
    frame = b"FRAME\n" + b"".join(picture) + bytes([128]) * (SIDE * HIGH // 2)
    path.write_bytes(f"YUV4MPEG2 W{SIDE} H{HIGH} F10:1 Ip A1:1 C420\n".encode() + frame * 5)
    return path


class Phone:
    """The page in a browser with its own profile, which it keeps when it is closed."""

    def __init__(self, hall: Hall, folder: Path) -> None:
        self.hall, self._folder, self._profile = hall, folder, folder / "profile"
        self._film = film(hall.codes["cam-1"], folder / "code.y4m")
        self.url = str(hall.attendance.base_url).rstrip("/")
        self.open_browser()

    def open_browser(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.browser = Browser(
            self._profile, port, "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self._film}",
        ).__enter__()  # fmt: skip
        self.browser.size(*PHONE, phone=True)

    def close_browser(self) -> None:
        self.browser.__exit__()

    def sign_in(self) -> None:
        self.browser.run("document.querySelector('#token').value = arguments[0];"
                         "document.querySelector('form').submit()",
                         self.hall.stack.describe()["token"])  # fmt: skip
        self.browser.wait("location.pathname == '/door' && document.readyState == 'complete'")

    def set_up(self) -> None:
        """Sign in, choose, download; wait until the page could be opened without a network."""
        b = self.browser
        b.open(f"{self.url}/door")
        self.sign_in()
        b.wait("document.querySelector('#webinar').options.length == 2")
        b.run("const w = document.querySelector('#webinar'); w.value = arguments[0];"
              "w.dispatchEvent(new Event('change'));"
              "document.querySelector('#gate').value = 'A';"
              "document.querySelector('#scanner').value = 'Meja 1';"
              "document.querySelector('#setup-form button').click()", self.hall.webinar_id)  # fmt: skip
        b.wait("!document.querySelector('#scan').hidden")
        b.wait("navigator.serviceWorker.controller")

    def enter(self, text: str) -> None:
        self.browser.run("document.querySelector('#code').value = arguments[0];"
                         "document.querySelector('#typed button').click()", text)  # fmt: skip

    def view(self, name: str) -> None:
        self.browser.run(f"document.querySelector('[data-view=\"{name}\"]').click()")

    def said(self, kind: str, text: str) -> None:
        """Wait for a result of this kind that says this."""
        seen = (
            "const r = document.querySelector('#result');"
            "return [r.dataset.kind, r.textContent.replace(/\\s+/g, ' ')]"
        )
        end = time.monotonic() + 20
        while True:
            found = self.browser.run(seen)
            if found[0] == kind and text in found[1]:
                return
            assert time.monotonic() < end, found
            time.sleep(0.1)

    def counts(self) -> str:
        return self.browser.text("#counts")

    def kept(self, store: str) -> Any:
        """All of a store on the device."""
        return self.browser.run_async(
            f"const done = arguments[0]; Door.store.all('{store}').then(done)"
        )

    def picture(self, name: str) -> None:
        """For people to look at; they stay in the test's folder."""
        self.browser.picture(self._folder / f"{name}.png")


def counted(unsent: int, refused: int) -> str:
    return SCRIPT["counted"][0].format(unsent=unsent, refused=refused)


def all_sent(phone: Phone) -> None:
    phone.browser.run("document.querySelector('#send').click()")
    until(lambda: all(s["state"] != "unsent" for s in phone.kept("queue")))


def scan_of(phone: Phone, who: str) -> Any:
    return max((s for s in phone.kept("queue") if s["shown"] == who), key=lambda s: s["time"])


def saved_walk_in(phone: Phone, name: str, region: str) -> None:
    """Somebody whom nobody has enrolled, and the page says that it is kept."""
    phone.browser.run(
        "document.querySelector('#name').value = arguments[0];"
        "document.querySelector('#category').value = 'public';"
        "document.querySelector('#region').value = arguments[1];"
        "document.querySelector('#walk-in-form button').click()",
        name, region,
    )  # fmt: skip
    phone.browser.wait("!document.querySelector('#walk-in-done').hidden")


def keep_impossible_list(phone: Phone, list_id: str) -> None:
    """One that ends before it begins, past the page's own check: the server will refuse it."""
    body = {"session_id": "s1", "people": [], "reason": "uji", "room": None,
            "start": rfc(time.time()), "end": rfc(time.time() - 60)}  # fmt: skip
    kept = {"list_id": list_id, "webinar_id": phone.hall.webinar_id, "name": list_id, "body": body}
    phone.browser.run("return Door.store.put('lists', arguments[0])", kept)


def saved_list(phone: Phone, start: str, end: str) -> None:
    """Saved, or refused: a list of the first person that is shown."""
    phone.browser.wait("document.querySelectorAll('#list-people input').length >= 1")
    phone.browser.run(
        "for (const id of ['list-start', 'list-end']) "
        "document.getElementById(id).value = arguments[id == 'list-end' ? 1 : 0];"
        "document.querySelector('#list-name').value = 'Ruang Mawar';"
        "const one = document.querySelector('#list-people input'); if (!one.checked) one.click();"
        "document.querySelector('#list-form button[type=submit]').click();",
        start, end,
    )  # fmt: skip


def lists_of(phone: Phone, name: str) -> list[Any]:
    return [one for one in phone.kept("lists") if one["name"] == name]
