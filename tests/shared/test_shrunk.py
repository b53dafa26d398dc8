"""Values in fewer bytes come back as they were; what is something else is refused."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attendance.shrunk import DECISION
from services.certificates.shrunk import CERTIFICATE, CONTENT
from services.registration.shrunk import ENROLMENT
from shared.events.attendance import EligibilityDecidedV1
from shared.events.certificates import CertificateIssuedV1
from shared.examples import example
from shared.shrunk import Shrunk

KINDS = {"content": CONTENT, "certificate": CERTIFICATE, "decision": DECISION,
         "enrolment": ENROLMENT}  # fmt: skip
OF_OLD = {
    "content": "5cf65ed43064274f",
    "certificate": "16bd999dea44ee1e",
    "decision": "637a81dd416df79c",
    "enrolment": "9c4843b9b2aab5ff",
}


@given(st.dictionaries(st.text(), st.text()), st.sampled_from([None, 1, "\t", "\r\n"]))
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_value_comes_back_as_it_was(
    kind: Shrunk, value: dict[str, str], indent: int | str | None
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    assert kind.unpack(kind.pack(data)) == data


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_json_is_read_as_it_is_and_anything_else_is_refused(kind: Shrunk) -> None:
    assert kind.unpack(b'{"a":1}') == b'{"a":1}'
    for wrong in (b"", b"\x07abc", b"\x01\xff\xff\xff", b"\x02abc", b"[1]"):
        with pytest.raises(ValueError, match="a value"):
            kind.unpack(wrong)


@pytest.mark.parametrize(("kind", "event"), [
    (CERTIFICATE, CertificateIssuedV1), (DECISION, EligibilityDecidedV1),
])  # fmt: skip
def test_an_event_becomes_smaller(kind: Shrunk, event: type) -> None:
    body = example(event.type).to_bytes()
    assert len(kind.pack(body)) < 0.8 * len(body)


def test_what_was_kept_under_these_words_can_be_read_for_ever() -> None:
    """A change of words would make sealed contents and views of the life before unreadable."""
    seen = {
        name: sha256(repr(kind.words).encode()).hexdigest()[:16] for name, kind in KINDS.items()
    }
    assert seen == OF_OLD
