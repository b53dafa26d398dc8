"""Pseudonyms and sealed values: right key and right person, or nothing."""

import base64
import hmac
import re

import pytest

from shared import crypto

KEY = bytes(32)
SEALED = crypto.seal(KEY, b"plain", subject="person-1")


def test_what_was_sealed_opens_with_the_same_key_and_subject() -> None:
    assert crypto.unseal(KEY, SEALED, subject="person-1") == b"plain"


def test_it_does_not_open_for_another_person() -> None:
    with pytest.raises(crypto.CannotOpen, match="person-2"):
        crypto.unseal(KEY, SEALED, subject="person-2")


def test_it_does_not_open_with_another_key() -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(crypto.new_data_key(), SEALED, subject="person-1")


def test_a_key_of_another_size_opens_nothing() -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(b"short", SEALED, subject="person-1")


@pytest.mark.parametrize(
    "sealed", ["", "AAAA", "not base64!", "A", "é", base64.b64encode(bytes(40)).decode()]
)
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(KEY, sealed, subject="person-1")


def test_one_changed_bit_is_noticed_wherever_it_is() -> None:
    raw = base64.b64decode(SEALED)
    for at in range(len(raw)):
        spoilt = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(KEY, base64.b64encode(spoilt).decode(), subject="person-1")


def test_sealing_twice_gives_two_values_that_tell_nothing_of_each_other() -> None:
    assert crypto.seal(KEY, b"plain", subject="person-1") != SEALED


def test_data_keys_are_256_bits_and_never_the_same() -> None:
    made = {crypto.new_data_key() for _ in range(20)}
    assert len(made) == 20
    assert {len(key) for key in made} == {32}


def test_a_pseudonym_ignores_case_and_blanks_around_and_nothing_else() -> None:
    one = crypto.identity_hmac(KEY, "Someone@Example.ID ")
    assert one == crypto.identity_hmac(KEY, "someone@example.id")
    assert one != crypto.identity_hmac(KEY, "someone+1@example.id")
    assert one != crypto.identity_hmac(bytes(31) + b"\1", "someone@example.id")
    assert re.fullmatch("[0-9a-f]{32}", one)


def test_nothing_has_no_pseudonym() -> None:
    assert crypto.identity_hmac(KEY, "  ") == ""


def test_a_code_is_96_bits_in_20_lower_case_characters_that_follow_from_key_and_subject() -> None:
    code = crypto.code(KEY, "certificate-1")
    assert re.fullmatch("[a-z2-7]{20}", code)
    bits = hmac.digest(KEY, b"certificate-1", "sha256")[:12]
    assert code == base64.b32encode(bits).decode().lower().rstrip("=")
    assert code == crypto.code(KEY, "certificate-1")
    assert code != crypto.code(KEY, "certificate-2")
    assert code != crypto.code(bytes(31) + b"\1", "certificate-1")


def test_a_sealed_value_is_written_in_one_way_alone() -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(KEY, SEALED[:4] + "\n" + SEALED[4:], subject="person-1")
