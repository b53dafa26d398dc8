"""What the plan assumes and what follows from it, in sentences."""

from deploy.capacity.measured import Measured
from deploy.capacity.model import BROKER_CORES, BROKER_END_SHARE, END_SHARE, MEMORY_ROOM, Plan

GRACE = 120


def assumptions(plan: Plan, measured: Measured) -> list[str]:
    """Each could be wrong on another system; each can be measured or changed by an option."""
    need = plan.need
    return [
        f"A person costs what one of {measured.people:,} cost on: {measured.on}. Your cores differ.",
        (f"Everybody leaves at an even rate within {need.end_burst} s: {need.peak:,.0f} webhooks/s. "
        "Zoom says nowhere how fast it delivers."),
        f"A gateway takes {measured.gateway_per_second:,.0f} webhooks/s of one core at its peak.",
        (f"{END_SHARE:.0%} of the attendance worker's and {BROKER_END_SHARE:.0%} of the brokers' work on "
        "a person fall at the end; cost per person does not grow with a webinar's size."),
        (f"At the peak {need.busy:.0%} of each core is used, memory has {MEMORY_ROOM:g} times what was "
        "seen (a fifth of a worker's is the roster, which each holds whole), and one gateway and one "
            "worker may be away."),
        (f"Each of {need.replication} copies costs a broker as much as the first, and brokers have "
        f"{BROKER_CORES} cores. Disk is for {need.kept:,} attendances, the 400 days of their facts."),
        (f"People are imported within {need.imported_within} s before; documents follow within "
        f"{need.documents_within} s. All pods stand for {need.hours:g} hours around the webinar."),
        ("Not counted: the network, what the nodes need themselves, monitoring, other webinars at the "
        "same hour."),
    ]  # fmt: skip


def consequences(plan: Plan) -> list[str]:
    """What an operator must know before choosing these sizes."""
    told = [
        (
            f"{plan.partitions} partitions are for ever: a key's partition is its hash modulo their number, "
            "state is kept by partition, and Kafka moves no record that is there. Another number means "
            "another topic prefix, a replay of the facts into it, and a switch while no webinar runs; "
            "until then every process refuses to start on topics that differ from its settings. So take "
            "the number of the largest webinar you expect; too many cost little."
        ),
        (
            f"A decision waits {GRACE} s after the end in any case (the webinar's grace), and is final "
            "after Zoom's last retry, 95 minutes after it."
        ),
    ]
    if plan.counters_after > plan.need.end_burst + plan.need.decided_within:
        told.append(
            f"One process counts: its last figure stands {plan.counters_after:,.0f} s of work after "
            "the first certificate. More of them would not help."
        )
    if plan.brokers.pods > plan.need.replication * 4:
        told.append("So many brokers are a sign that the burst is short for this many people.")
    return told
