"""The Faust app of a worker: a member of a group that takes records in, and nothing else."""

import tempfile
from pathlib import Path

import faust

from shared.settings import KafkaSettings

TESTED_FAUST = "0.15.3"
FOR_EVER = 1e9
"""Seconds: its alarms look at what it delivers itself."""


class WrongFaust(RuntimeError):
    """The installed faust-streaming is not the release that the tests were run against."""


def new_app(settings: KafkaSettings, group: str, instance: str) -> "faust.App":
    """An app that has no tables, makes no topics and opens no port; it joins when it is started.

    Raises:
        WrongFaust: another release than the tested one is installed.
    """
    if faust.__version__ != TESTED_FAUST:
        raise WrongFaust(f"faust-streaming {faust.__version__} was not tested; {TESTED_FAUST} was.")
    return faust.App(
        group,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        autodiscover=False,
        store="memory://",
        datadir=str(Path(tempfile.gettempdir()) / group),  # it makes one, and puts nothing there
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance or None,
        consumer_max_fetch_size=16 * 1024,  # it is to fetch nothing: see shared/stream.py
        broker_session_timeout=15.0,
        broker_heartbeat_interval=2.0,
        broker_max_poll_records=1,
        broker_commit_livelock_soft_timeout=FOR_EVER,
        stream_processing_timeout=FOR_EVER,
        # It would wait for what it delivered, which nobody acknowledges, till the group puts it out.
        stream_wait_empty=False,
        key_serializer="raw",
        value_serializer="raw",
    )
