"""A walk-in pass opens one webinar's door for a while, and nothing else."""

import pytest

from shared.walk_in_pass import NoPass, make, subject_of

KEY, OTHER = bytes(32), bytes(range(32))
SOON, LONG_AGO = 4_000_000_000, 1_000_000_000


def test_a_pass_tells_whose_it_is() -> None:
    assert subject_of(KEY, "w", make(KEY, "w", "crew-1", SOON)) == "crew-1"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "no.pass.here",
        make(KEY, "w", "crew-1", LONG_AGO),
        make(KEY, "another", "crew-1", SOON),
        make(OTHER, "w", "crew-1", SOON),
    ],
    ids=["none", "garbage", "expired", "other webinar", "other key"],
)
def test_nothing_else_is_a_pass(given: str) -> None:
    with pytest.raises(NoPass):
        subject_of(KEY, "w", given)
