"""What follows for enrolments and personal data from what was said about a person.

An enrolment's version is the millisecond at which it was said, and always later than the version
before. Whatever identifier an enrolment loses stays in its `former_*` fields, so that a reader that
missed the change still knows whose evidence must be taken back.
"""

from collections.abc import Iterable

from services.registration.domain.people import Person
from shared.events.registration import Category, EnrolledV1, Link, PersonalData


def next_version(previous: int | None, now_ms: int) -> int:
    """The millisecond of now, or the one after the previous version if clocks disagree."""
    return now_ms if previous is None else max(now_ms, previous + 1)


def personal_data(person: Person, before: PersonalData | None) -> PersonalData:
    """Who the person is, with what was not said this time taken from before."""
    old = before or PersonalData(external_id=person.external_id, name=person.name)
    return PersonalData(
        external_id=person.external_id,
        name=person.name,
        email=old.email if person.email is None else person.email,
        nip=old.nip if person.nip is None else person.nip,
        agency=old.agency if person.agency is None else person.agency,
    )


def merged_links(before: Iterable[Link], said: tuple[Link, ...] | None) -> tuple[Link, ...]:
    """What is said about a Zoom number replaces what was known of that number; the rest stays."""
    if said is None:
        return tuple(before)
    numbers = {link.zoom_number for link in said}
    kept = [link for link in before if link.zoom_number not in numbers]
    return _sorted([*kept, *said])


def first_enrolment(person: Person, *, webinar_id: str, participant_id: str, year: int,
                    email_hmac: str, taken_from: Iterable[str], now_ms: int) -> EnrolledV1:  # fmt: skip
    """A person's first place in a webinar."""
    return EnrolledV1(
        webinar_id=webinar_id,
        participant_id=participant_id,
        external_id=person.external_id,
        version=now_ms,
        year=year,
        region_code=person.region_code,
        category=Category(person.category),
        mode=person.mode or "either",
        links=merged_links((), person.links),
        email_hmac=email_hmac,
        taken_from=tuple(sorted(taken_from)),
    )


def renewed(before: EnrolledV1, person: Person, *, email_hmac: str,
            taken_from: Iterable[str], now_ms: int) -> EnrolledV1 | None:  # fmt: skip
    """The next version of an enrolment; None when nothing differs. Who was cancelled is back."""
    update = {
        "links": merged_links(before.links, person.links),
        "email_hmac": email_hmac,
        "region_code": person.region_code,
        "category": Category(person.category),
        "mode": person.mode or before.mode,
        "status": "enrolled",
        "taken_from": tuple(sorted({*before.taken_from, *taken_from})),
    }
    if all(getattr(before, name) == value for name, value in update.items()):
        return None
    return _later(_changed(before, **update), before, now_ms)


def cancelled(before: EnrolledV1, now_ms: int) -> EnrolledV1 | None:
    """The enrolment cancelled; None when it was."""
    if before.status == "cancelled":
        return None
    return _later(before.model_copy(update={"status": "cancelled"}), before, now_ms)


def without_links(before: EnrolledV1, lost: Iterable[Link], now_ms: int) -> EnrolledV1:
    """The enrolment of the person from whom links were taken."""
    gone = set(lost)
    after = _changed(before, links=tuple(link for link in before.links if link not in gone))
    return _later(after, before, now_ms)


def _later(after: EnrolledV1, before: EnrolledV1, now_ms: int) -> EnrolledV1:
    return after.model_copy(update={"version": next_version(before.version, now_ms)})


def _changed(before: EnrolledV1, **update: object) -> EnrolledV1:
    after = before.model_copy(update=update)
    links = {*before.former_links, *before.links} - set(after.links)
    emails = {*before.former_email_hmacs, before.email_hmac} - {after.email_hmac, ""}
    former = {"former_links": _sorted(links), "former_email_hmacs": tuple(sorted(emails))}
    return after.model_copy(update=former)


def _sorted(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(sorted(set(links), key=lambda link: (link.zoom_number, link.registrant_id)))
