"""The words that decisions and review cases are made of: stable codes, never sentences."""

from enum import StrEnum


class Verdict(StrEnum):
    """Rule D4."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    NEEDS_REVIEW = "needs_review"


class ReasonCode(StrEnum):
    """Why a decision is as it is. Figures and sentences of each: `reasons.TEMPLATES`."""

    SHARE_REACHED = "share_reached"
    SHARE_NOT_REACHED = "share_not_reached"
    SESSION_REACHED = "session_reached"
    SESSION_NOT_REACHED = "session_not_reached"
    SESSIONS_REACHED = "sessions_reached"
    SESSIONS_NOT_REACHED = "sessions_not_reached"
    NO_PRESENCE = "no_presence"
    JOINED_LATE = "joined_late"
    ITEM_MISSING = "item_missing"
    ITEMS_PASSED = "items_passed"
    CANCELLED = "cancelled"
    WEBINAR_CANCELLED = "webinar_cancelled"
    INFERRED_END = "inferred_end"
    INFERRED_START = "inferred_start"
    HOST_DOWN = "host_down"
    HOST_GAP_UNSETTLED = "host_gap_unsettled"
    BASE_UNDER_HALF = "base_under_half"
    CORRECTED = "corrected"
    LEAVE_WITHOUT_START = "leave_without_start"
    OUT_WITHOUT_IN = "out_without_in"
    ROOM_UNKNOWN = "room_unknown"
    CERTIFICATE_ISSUED = "certificate_issued"
    SETTLED = "settled"
    WAITING_RETRY_WINDOW = "waiting_retry_window"
    WAITING_REPORT = "waiting_report"
    WAITING_CASES = "waiting_cases"


class Problem(StrEnum):
    """Why a connection, scan or list is a review case (rules W3, W5, W6, I5, I10, I11)."""

    UNKNOWN = "unknown"
    TWO_PEOPLE = "two_people"
    REGISTRANT_SHARED = "registrant_shared"
    EMAIL_SHARED = "email_shared"
    CUSTOMER_KEY_SHARED = "customer_key_shared"
    CANCELLED_LINK = "cancelled_link"
    PHONE_TWO_PEOPLE = "phone_two_people"
    NOT_ENROLLED = "not_enrolled"
    LEAVE_WITHOUT_START = "leave_without_start"
    OUT_WITHOUT_IN = "out_without_in"
    ROOM_UNKNOWN = "room_unknown"


class ClockKind(StrEnum):
    """Rule L2."""

    GRACE = "grace"
    RETRY_WINDOW = "retry_window"
    REPORT_DEADLINE = "report_deadline"
    ARCHIVED = "archived"
    IDENTITY_FROZEN = "identity_frozen"


class Enrolment(StrEnum):
    """How a person stands to a webinar (rule D3); a reassigned enrolment is cancelled for its
    former person."""

    ENROLLED = "enrolled"
    CANCELLED = "cancelled"
    NEVER = "never"
