"""The broker's own settings: one KRaft node on loopback, sized for one machine."""

from pathlib import Path

NODE_ID = 1


def server_properties(*, port: int, controller_port: int, data: Path) -> str:
    """The text of server.properties."""
    here = {
        "process.roles": "broker,controller",
        "node.id": NODE_ID,
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "log.dirs": data,
    }
    return "".join(f"{name}={value}\n" for name, value in {**here, **FIXED}.items())


FIXED = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,  # nobody else joins a moment later on one machine
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 12,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 3,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    # After kill -9 the controller takes the dead broker for alive until its session ends, and
    # refuses the new one: 9 s by default. Both live in this one process, so it can be short.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "log.retention.hours": 168,  # topics say their own; this is for the ones that do not
    "log.segment.bytes": 256 * 1024 * 1024,
    # Enough for that (12 bytes per 4 KiB). It is mapped whole, and where a disk reads 8 MiB ahead the
    # first look at each index of 10 MiB has all of it cleared: a third of a second for twelve partitions.
    "log.index.size.max.bytes": 1024 * 1024,
    "message.max.bytes": 4 * 1024 * 1024,
    "num.recovery.threads.per.data.dir": 2,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "controlled.shutdown.enable": "false",  # one node: nobody could take over
}
