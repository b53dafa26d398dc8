"""Rows in little memory are the same rows."""

from hypothesis import given
from hypothesis import strategies as st

from services.attendance.domain.reports import Row, root
from services.attendance.packed_rows import PackedRows, pack

USERS = st.sampled_from(["16778240", "16779264", "167782402026-02-02 02:23:20:000", "é", "1"])
ROWS = st.lists(st.builds(Row, USERS, st.integers(0, 9), st.integers(0, 9), st.text(max_size=3)))


@given(ROWS)
def test_every_row_is_found_by_whom_it_is_matched_by_and_no_other(rows: list[Row]) -> None:
    packed = PackedRows(map(pack, rows))
    for user in {root(row.user_id) for row in rows} | {"nobody"}:
        wanted = [row for row in rows if root(row.user_id) == user]
        assert sorted(packed.of(user)) == sorted(wanted)
    assert sorted(packed.users()) == sorted(root(row.user_id) for row in rows)
