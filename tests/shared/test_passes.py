"""A pass opens one thing in one webinar for a while, and nothing else."""

import pytest

from shared.passes import NoPass, make, read

KEY, OTHER = bytes(32), bytes(range(32))
SOON, LONG_AGO = 4_000_000_000, 1_000_000_000


def test_a_pass_tells_whose_it_is_and_what_it_is_for() -> None:
    made = make(KEY, "rule-change", "w", "organiser-1", SOON, version=3)
    told = read(KEY, "rule-change", "w", made)
    assert (told["sub"], told["version"]) == ("organiser-1", 3)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "no.pass.here",
        make(KEY, "walk-ins", "w", "crew-1", LONG_AGO),
        make(KEY, "walk-ins", "another", "crew-1", SOON),
        make(OTHER, "walk-ins", "w", "crew-1", SOON),
        make(KEY, "rule-change", "w", "crew-1", SOON),
    ],
    ids=["none", "garbage", "expired", "other webinar", "other key", "other thing"],
)
def test_nothing_else_is_a_pass(given: str) -> None:
    with pytest.raises(NoPass):
        read(KEY, "walk-ins", "w", given)
