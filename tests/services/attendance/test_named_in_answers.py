"""Answers name the people and rooms that do not fit as they were given."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from services.attendance.routes import proctor_lists
from shared.keys import participant_id_of
from tests.support.desk import AYU, WEBINAR, desk_of

LIST = "/v1/webinars/w/proctor-lists/aula-1"
HOURS = {"start": "2008-03-04T02:00:00Z", "end": "2008-03-04T03:00:00Z"}
NOBODY = participant_id_of("a-71")
SECOND = {**WEBINAR["sessions"][0], "id": "s2", "zoom": {"number": "222222222"}}
FIRST = {**SECOND, "id": "s1", "zoom": {"number": "111111111"}}
ROOMLESS = {**SECOND, "id": "s3", "zoom": None}


@pytest.fixture(scope="module")
def desk() -> Iterator[SimpleNamespace]:
    with desk_of() as found:
        found.app.include_router(proctor_lists.router)
        view = found.app.state.view
        view.rulings.lists = lambda _: []
        view.webinar = lambda _: {**WEBINAR, "sessions": [FIRST, SECOND, ROOMLESS]}
        yield found


def test_a_list_says_which_rows_name_somebody_without_an_enrolment(desk: Any) -> None:
    people = [{"external_id": "ayu"}, {"external_id": "a-71"}]
    body = {"session_id": "s1", "people": people, **HOURS}
    answer = desk.web.put(LIST, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["unknown"] == [
        {"row": 2, "participant_id": NOBODY, "external_id": "a-71"}
    ]  # fmt: skip
    assert (answer.json()["parked"], desk.words[-1].participant_ids) == ([NOBODY], (AYU, NOBODY))


@pytest.mark.parametrize(
    ("session", "number", "status"),
    [("s1", "111111111", 201), ("s1", "222222222", 422), ("s3", "111111111", 422)],
)
def test_a_list_names_the_room_s_link_of_its_own_session(
    desk: Any, session: str, number: str, status: int
) -> None:
    room = {"zoom_number": number, "registrant_id": "_room"}
    body = {"session_id": session, "people": [{"external_id": "ayu"}], "room": room}
    answer = desk.web.put(LIST, json=body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["type"] == "urn:hadir:problem:room-of-other-session"
        assert number in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/reviews/c1:assign", {"external_id": "a-71"}),
        ("/v1/reviews/c1:split", {"shares": [{"external_id": "a-71"}]}),
        ("/v1/webinars/w/reviews:settle-alike", {"external_id": "a-71", "case_ids": ["c1"]}),
    ],
)
def test_who_is_not_enrolled_is_named_as_given(desk: Any, path: str, body: Any) -> None:
    answer = desk.web.post(path, json={**body, "reason": "uji"})
    assert (answer.status_code, answer.json()["external_ids"]) == (422, ["a-71"])
    assert answer.json()["participant_ids"] == [NOBODY]
