"""The door page's own files: what its service worker keeps, under a version that is their hash."""

from functools import cache
from hashlib import sha256

import orjson

from services.attendance.pages.render import FOLDER
from shared import pages

STATIC = FOLDER / "static"
SCRIPTS = tuple(
    f"/static/door/{name}.js"
    for name in (
        "time",
        "store",
        "vault",
        "sync",
        "camera",
        "roster",
        "feedback",
        "page",
        "walk-in",
        "lists",
    )
)
FILES = (
    *SCRIPTS, "/static/door/vendor/jsQR.js", "/static/door/door.css", "/static/hadir.css", "/static/pages.css",
    "/static/door/icon-192.png", "/static/icon.svg", "/door.webmanifest",
)  # fmt: skip
MANIFEST = {
    "id": "/door", "name": "Hadir – pintu masuk", "short_name": "Hadir", "lang": "id",
    "start_url": "/door", "scope": "/door", "display": "standalone", "orientation": "portrait",
    "background_color": "#f3f5f9", "theme_color": "#0f3460",
    "icons": [
        {"src": "/static/door/icon-192.png", "sizes": "192x192", "type": "image/png"},
        {"src": "/static/door/icon-512.png", "sizes": "512x512", "type": "image/png"},
        {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"},
    ],
}  # fmt: skip


@cache
def _content() -> bytes:
    names = [name.removeprefix("/static/") for name in FILES if name.startswith("/static/")]
    own = (STATIC / name for name in names)
    paths = [p if p.is_file() else pages.STATIC / p.name for p in own]
    return b"\0".join(path.read_bytes() for path in paths) + orjson.dumps(MANIFEST)


def worker_script(*pages: bytes) -> str:
    """The service worker for these pages: any change of a file or page makes another version."""
    source = (STATIC / "door" / "sw.js").read_text(encoding="utf-8")
    version = sha256(b"\0".join((_content(), source.encode(), *pages))).hexdigest()[:16]
    files = orjson.dumps(FILES).decode()
    return f'const VERSION = "{version}";\nconst FILES = {files};\n{source}'
