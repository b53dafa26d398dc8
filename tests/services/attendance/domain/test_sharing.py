"""Rule W7: one link from two networks at once is flagged."""

import pytest

from services.attendance.domain.sharing import SharedLink, shared_links
from tests.services.attendance.domain.builders import connection, joined, left, meeting, the_plan

LINK = frozenset({"_ayu"})


def from_(tag, *facts, id, links=LINK, uuid="m1"):
    return connection(*facts, id=id, uuid=uuid)._replace(ip_tags=(tag,) if tag else ()), links


def found(*linked, plan=None):
    plan = plan or the_plan(None, meeting(started=-60, ended=3700))
    assert shared_links(plan, linked) == shared_links(plan, linked[::-1])
    return shared_links(plan, linked)


A = from_("ip-a", joined(0), left(1000), id="a")


def test_W7_two_networks_at_once_for_120_seconds_are_flagged():
    other = from_("ip-b", joined(880), left(2000), id="b")
    assert found(A, other) == [SharedLink("m1|a", "m1|b", 120)]


def test_W7_less_than_120_seconds_is_a_reconnection():
    assert found(A, from_("ip-b", joined(881), left(2000), id="b")) == []


def test_W7_overlaps_of_a_pair_are_summed():
    facts = joined(0), left(60), joined(500, "2"), left(560, "2")
    assert found(A, from_("ip-b", *facts, id="b")) == [SharedLink("m1|a", "m1|b", 120)]


@pytest.mark.parametrize("tag", ["ip-a", ""])
def test_W7_one_network_or_an_unknown_one_is_not_flagged(tag):
    assert found(A, from_(tag, joined(0), left(2000), id="b")) == []


@pytest.mark.parametrize("links", [frozenset({"_other"}), frozenset()])
def test_W7_two_links_are_two_devices_of_ones_own(links):
    assert found(A, from_("ip-b", joined(0), left(2000), id="b", links=links)) == []


def test_W7_only_time_inside_the_windows_counts():
    early = from_("ip-a", joined(-900), left(100), id="a")
    assert found(early, from_("ip-b", joined(-900), left(100), id="b")) == []


def test_W7_only_closed_time_counts():
    """A leave that was lost proves no second of being there at once."""
    assert found(A, from_("ip-b", joined(0), id="b")) == []
