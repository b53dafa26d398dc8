"""What makes a webinar valid, and when its rule gets a new version."""

import pytest

from services.registration.domain.programme import programme_faults, quota_faults
from services.registration.domain.webinar import instant, next_webinar, webinar_faults
from shared.events.registration import (
    Break,
    Hall,
    RegionQuota,
    RuleV1,
    SessionV1,
    WebinarSetV1,
    ZoomRoom,
)

START, END = "2026-12-01T02:00:00Z", "2026-12-01T05:00:00Z"


def session(**values):
    given = {"id": "s1", "start": START, "end": END, "zoom": ZoomRoom(number="93201235621")}
    return SessionV1(**{**given, **values})


def webinar(**values):
    given = {"webinar_id": "w", "version": 1, "programme_id": "p", "year": 2026, "title": "T",
             "sessions": (session(),)}  # fmt: skip
    return WebinarSetV1(**{**given, **values})


def pause(start, end):
    return Break(start=f"2026-12-01T{start}:00Z", end=f"2026-12-01T{end}:00Z")


def test_a_usual_webinar_has_no_fault():
    hybrid = session(hall=Hall(name="Aula", capacity=1000), breaks=(pause("03:00", "03:15"),))
    assert list(webinar_faults(webinar(sessions=(hybrid, session(id="s2"))))) == []


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"sessions": ()}, "/sessions"),
        ({"sessions": (session(), session())}, "/sessions/1/id"),
        ({"sessions": (session(id="a b"),)}, "/sessions/0/id"),
        ({"sessions": (session(end=START),)}, "/sessions/0/end"),
        ({"sessions": (session(time_zone="Asia/Nowhere"),)}, "/sessions/0/time_zone"),
        ({"sessions": (session(time_zone="../etc/passwd"),)}, "/sessions/0/time_zone"),
        ({"sessions": (session(zoom=None),)}, "/sessions/0"),
        ({"sessions": (session(zoom=ZoomRoom(number="12x")),)}, "/sessions/0/zoom/number"),
        ({"sessions": (session(breaks=(pause("01:00", "02:30"),)),)}, "/sessions/0/breaks/0"),
        ({"sessions": (session(breaks=(pause("04:00", "03:00"),)),)}, "/sessions/0/breaks/0"),
        (
            {"sessions": (session(breaks=(pause("03:30", "05:00"), pause("02:00", "03:30"))),)},
            "/sessions/0/breaks",
        ),
        ({"rule": RuleV1(minimum_sessions=2)}, "/rule/minimum_sessions"),
        ({"rule": RuleV1(minimum_sessions=0)}, "/rule/minimum_sessions"),
        ({"rule": RuleV1(latest_join=-1)}, "/rule/latest_join"),
        ({"rule": RuleV1(required_items=("a", "a"))}, "/rule/required_items"),
        ({"certificates": "after_reconciliation"}, "/certificates"),
    ],
)
def test_each_fault_is_found_where_it_is(values, pointer):
    assert [fault.pointer for fault in webinar_faults(webinar(**values))] == [pointer]


def test_certificates_after_reconciliation_need_it_switched_on():
    fine = webinar(certificates="after_reconciliation", reconciliation=True)
    assert list(webinar_faults(fine)) == []


@pytest.mark.parametrize(
    "zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Pontianak"]
)
def test_indonesian_time_zones_are_known(zone):
    assert list(webinar_faults(webinar(sessions=(session(time_zone=zone),)))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01T09:00:00+07:00", START),
        ("2026-12-01T02:00:00.999Z", START),
        ("2026-12-01T02:00:00Z", START),
    ],
)
def test_times_are_kept_in_utc_and_whole_seconds(text, expected):
    assert instant(text) == expected


@pytest.mark.parametrize("text", ["2026-12-01T02:00:00", "soon", "", "0001-01-01T00:00:00+14:00"])
def test_a_time_without_offset_is_no_instant(text):
    with pytest.raises(ValueError, match=r".*"):
        instant(text)


def test_a_changed_rule_is_a_new_rule_version_and_nothing_else_is():
    before = webinar()
    titled = next_webinar(before, webinar(title="U"))
    ruled = next_webinar(titled, webinar(title="U", rule=RuleV1(minimum_share=7500)))
    assert (titled.version, titled.rule_version) == (2, 1)
    assert (ruled.version, ruled.rule_version) == (3, 2)


def test_the_same_webinar_again_is_no_new_version():
    before = webinar(version=7, rule_version=3)
    assert next_webinar(before, webinar()) is before


def test_quotas_name_known_regions_once():
    quotas = [
        RegionQuota(region_code=c, category="asn", quota=1) for c in ("15", "15.71", "97", "15")
    ]
    assert [fault.pointer for fault in quota_faults(quotas)] == ["/2/region_code", "/3"]


def test_a_programme_needs_a_year_a_name_and_known_categories():
    found = programme_faults(1998, " ", {"asn": -1, "pns": 5})
    assert [fault.pointer for fault in found] == ["/year", "/name", "/targets/asn", "/targets/pns"]
