"""What the pages of all services share: one style, one head. Files under /static, templates by name."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


def templates(folder: Path) -> Environment:
    """A service's own templates, and the shared ones."""
    return Environment(
        loader=FileSystemLoader([folder, _HERE / "templates"]), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def serve_static(app: FastAPI, folder: Path) -> None:
    """A service's own styles, scripts and icons under /static, and the shared ones."""
    app.mount("/static", StaticFiles(directory=folder, packages=[("shared", "static")]))
