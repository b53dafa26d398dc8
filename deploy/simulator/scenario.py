"""What is simulated: size, timetable, rule, and a rate for each ugliness. A seed decides the rest."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["meeting", "webinar"]

DEFAULT_START = 1_770_001_200
"""2026-02-02T03:00:00Z: fixed, so that one seed always gives the same bytes."""


@dataclass(frozen=True)
class Rates:
    """How often each ugliness happens: 0 never, 1 always. Per person unless it says otherwise."""

    absent: float = 0.06
    """Registered, never came."""
    one_session_only: float = 0.08
    leaves_early: float = 0.10
    just_enough: float = 0.02
    """Stays exactly as long as the rule asks, or one second less."""
    late_join: float = 0.15
    rejoin: float = 0.0
    """Per session: leaves and returns with a new participant_uuid."""
    second_device: float = 0.0
    reconnect_overlap: float = 0.0
    """Per session: the new join comes before the old connection's leave."""
    room_move: float = 0.0
    """Per session: to a breakout room and back (a webinar: made a panelist and back)."""
    phone_leg: float = 0.0
    phone_left_without_number: float = 0.0
    """Per leave of a phone leg: nothing in it says that it is a phone."""
    missing_left: float = 0.0
    """Per event: never delivered."""
    missing_left_at_end: float = 0.0
    """Per event, when the meeting ends under everybody."""
    missing_join: float = 0.0
    lost_ended: float = 0.0
    """Per meeting uuid, except the last: its `ended` is never delivered."""
    duplicate: float = 0.0
    """Per delivery: sent again with the same request id."""
    second_subscription: float = 0.0
    """Per delivery: the same event again with another request id."""
    late: float = 0.0
    """Per delivery: fails at first and is retried after 5, 25 or 85 minutes."""
    anonymous_join: float = 0.0
    """Per connection: no registrant_id, only the e-mail."""
    blank_left: float = 0.0
    """Per leave: registrant_id and e-mail are empty."""
    no_participant_uuid: float = 0.0
    """Per event: the participant_uuid is empty, another event of the user_id names it."""
    waiting_room: float = 0.0
    role_change: float = 0.0
    registration_event: float = 0.0
    number_as_int: float = 0.0
    """Per event: ids that are text come as JSON numbers."""
    guest: float = 0.0
    """Share of extra people whom nobody can name."""
    hall_and_online: float = 0.0
    """Of those in the hall: also joins by phone."""
    double_scan: float = 0.0
    offline_scanner: float = 0.0
    """Per scan: uploaded half an hour later."""
    check_out: float = 0.1
    two_links: float = 0.0
    """Registered twice for a number: two links, two rows."""
    non_ascii: float = 0.1


@dataclass(frozen=True)
class Scenario:
    """One hybrid webinar. Times in epoch seconds and seconds; `seed` decides everything else."""

    participants: int = 2000
    seed: int = 1
    population: int | None = None
    """Seed of the people; the same population in two scenarios is the same people."""
    start: int = DEFAULT_START
    session_seconds: tuple[int, ...] = (7200, 7200)
    pause_between: int = 3600
    break_seconds: int = 900
    kinds: tuple[Kind, ...] = ("meeting", "meeting")
    """Per session; sessions of one kind share one Zoom number."""
    topic: str = "Pelatihan HAM untuk ASN — “Setara & Bermartabat” 🤝"
    minimum_share: int = 8000
    scope: Literal["all", "each_session"] = "all"
    minimum_sessions: int | None = None
    latest_join: int | None = None
    host_down: Literal["exclude", "include"] = "exclude"
    check_out_expected: bool = False
    grace_seconds: int = 120
    retry_window_seconds: int = 5700
    hall_share: float = 0.15
    hall_capacity: int = 1000
    joins_over: int = 0
    """Everybody comes in over so many seconds from the opening of the doors; 0: most come at once."""
    restart: bool = True
    """The host drops in the first session and comes back with a new meeting uuid."""
    flap: bool = False
    """Between the two, a meeting uuid that lasts under two minutes."""
    late_instance: bool = False
    """Somebody opens the meeting again after the official end."""
    rehearsal: Literal["none", "own_uuid", "same_uuid"] = "none"
    """A practice session before the first session (a webinar's alone)."""
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        if len(self.kinds) != len(self.session_seconds):
            raise ValueError("one kind per session")
        if not 0 < self.participants <= 4_000_000:
            raise ValueError("participants must be between 1 and 4,000,000")


def calm(**changes: Any) -> Scenario:
    """Everything arrives once, in order of time but for latency; nobody's connection drops."""
    return replace(Scenario(restart=False), **changes)


def realistic(**changes: Any) -> Scenario:
    """What was measured of Zoom, and what happens at a door: the default."""
    rates = Rates(
        rejoin=0.08,
        second_device=0.04,
        reconnect_overlap=0.03,
        room_move=0.25,
        phone_leg=0.01,
        missing_left=0.01,
        missing_left_at_end=0.03,
        missing_join=0.005,
        duplicate=0.02,
        second_subscription=0.01,
        late=0.01,
        anonymous_join=0.03,
        blank_left=0.4,
        waiting_room=0.03,
        role_change=0.01,
        registration_event=0.03,
        guest=0.003,
        hall_and_online=0.08,
        double_scan=0.03,
        offline_scanner=0.05,
        two_links=0.01,
    )
    return replace(Scenario(rates=rates), **changes)


def ugly(**changes: Any) -> Scenario:
    """Everything at once, far above what is ever seen."""
    rates = Rates(
        absent=0.05,
        one_session_only=0.1,
        leaves_early=0.2,
        just_enough=0.1,
        late_join=0.3,
        rejoin=0.4,
        second_device=0.2,
        reconnect_overlap=0.2,
        room_move=0.5,
        phone_leg=0.1,
        phone_left_without_number=0.3,
        missing_left=0.15,
        missing_left_at_end=0.3,
        missing_join=0.12,
        lost_ended=0.3,
        duplicate=0.2,
        second_subscription=0.2,
        late=0.1,
        anonymous_join=0.3,
        blank_left=0.7,
        no_participant_uuid=0.05,
        waiting_room=0.2,
        role_change=0.1,
        registration_event=0.2,
        number_as_int=0.2,
        guest=0.05,
        hall_and_online=0.4,
        double_scan=0.3,
        offline_scanner=0.3,
        check_out=0.4,
        two_links=0.1,
        non_ascii=0.5,
    )
    scenario = Scenario(rates=rates, flap=True, late_instance=True, rehearsal="own_uuid")
    return replace(scenario, **changes)


def national(**changes: Any) -> Scenario:
    """The biggest webinar Zoom sells: one session, some three webhooks a person. People come in over
    half an hour, four in ten drop and return, and all leave within the last minute."""
    rates = Rates(
        absent=0.03,
        one_session_only=0.0,
        leaves_early=0.05,
        late_join=0.0,
        rejoin=0.4,
        second_device=0.06,
        reconnect_overlap=0.2,
        missing_left=0.005,
        missing_left_at_end=0.02,
        missing_join=0.003,
        duplicate=0.01,
        second_subscription=0.005,
        late=0.01,
        anonymous_join=0.02,
        blank_left=0.4,
        guest=0.001,
        hall_and_online=0.05,
        double_scan=0.03,
        two_links=0.01,
    )
    whole = Scenario(
        rates=rates,
        session_seconds=(7200,),
        kinds=("webinar",),
        joins_over=1800,
        restart=False,
        hall_share=0.01,
        hall_capacity=100_000,
    )
    return replace(whole, **changes)


PRESETS = {"calm": calm, "realistic": realistic, "ugly": ugly, "national": national}
