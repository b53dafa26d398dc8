"""One system per data folder, and a card that says how to reach it."""

import json
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from deploy.local import running
from deploy.local.errors import CannotStart
from deploy.local.secret_file import load_or_make

HOLD = textwrap.dedent("""
    import signal, sys
    from pathlib import Path
    from deploy.local.running import holding
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with holding(Path(sys.argv[1])):
        print("held", flush=True)
        signal.pause()
""")


def hold(data: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_system_on_the_same_data_is_refused(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    try:
        with pytest.raises(CannotStart, match="hadir down"), running.holding(tmp_path):
            pass
        assert running.holder(tmp_path) == holder.pid
    finally:
        holder.kill()
        holder.communicate()


def test_a_killed_system_leaves_no_claim(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    holder.kill()
    holder.communicate()
    assert running.holder(tmp_path) is None
    with running.holding(tmp_path):
        assert running.holder(tmp_path) is not None


def test_stop_asks_and_waits(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    assert running.stop(tmp_path, timeout=10) is True
    holder.communicate(timeout=5)
    assert holder.returncode == 0
    assert running.stop(tmp_path) is False


def test_a_card_is_for_its_owner_only_and_gone_with_the_system(tmp_path: Path) -> None:
    with running.holding(tmp_path):
        running.write_card(tmp_path / running.CARD, {"token": "t"})
        mode = stat.S_IMODE((tmp_path / running.CARD).stat().st_mode)
        assert mode == 0o600
        assert running.read_card(tmp_path) == {"token": "t"}
    assert running.read_card(tmp_path) is None


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = load_or_make(path)
    assert load_or_make(path) == first == json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(first) == {"dev_token", "kek", "identity_key", "code_key", "zoom_secrets"}
    assert load_or_make(tmp_path / "other.json") != first
