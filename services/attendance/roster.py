"""The roster: who is, or ever was, enrolled with which identifier (domain.identity.Roster)."""

from collections.abc import Collection, Iterable
from sys import intern
from typing import NamedTuple

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.identity import Holder
from shared.events.registration import EnrolledV1, Link


class Entry(NamedTuple):
    """The highest version of one enrolment, as far as identity needs it."""

    version: int
    standing: Enrolment
    links: tuple[tuple[str, str], ...]
    email: str
    customer_key: str
    region: str = ""


class Roster:
    """Look-ups over all webinars, in memory: about 1 kB a person."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._ever: dict[str, tuple[str, ...]] = {}

    def put(self, event: EnrolledV1) -> bool:
        """Takes an enrolment in; False when a higher version is known."""
        place = (event.webinar_id, event.participant_id)
        known = self._entries.get(place)
        if known is not None and known.version > event.version:
            return False
        standing = Enrolment.ENROLLED if event.status == "enrolled" else Enrolment.CANCELLED
        links = tuple((link.zoom_number, link.registrant_id) for link in event.links)
        self._entries[place] = Entry(
            event.version, standing, links, event.email_hmac, event.customer_key_hmac,
            intern(event.region_code),
        )  # fmt: skip
        for token in tokens(event):
            self._remember(f"{event.webinar_id}|{token}", event.participant_id)
        return True

    def _remember(self, place: str, participant_id: str) -> None:
        known = self._ever.get(place, ())
        if participant_id not in known:
            self._ever[place] = (*known, participant_id)

    def region(self, webinar_id: str, participant_id: str) -> str:
        """The region of their enrolment; '' for somebody who has none."""
        entry = self._entries.get((webinar_id, participant_id))
        return "" if entry is None else entry.region

    def _entry(self, webinar_id: str, participant_id: str) -> Entry:
        return self._entries[webinar_id, participant_id]

    def by_registrant(self, webinar_id: str, number: str, registrant_id: str) -> Collection[Holder]:
        """Whose current link it is."""
        found = [
            (p, self._entry(webinar_id, p))
            for p in self.ever_by_registrant(webinar_id, number, registrant_id)
        ]
        return [(p, e.standing) for p, e in found if (number, registrant_id) in e.links]

    def by_email(self, webinar_id: str, email: str) -> Collection[Holder]:
        """Whose current e-mail it is (pseudonyms)."""
        found = [(p, self._entry(webinar_id, p)) for p in self.ever_by_email(webinar_id, email)]
        return [(p, e.standing) for p, e in found if e.email == email]

    def by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[Holder]:
        """Whose current customer key it is (pseudonyms)."""
        ever = self.ever_by_customer_key(webinar_id, customer_key)
        found = [(p, self._entry(webinar_id, p)) for p in ever]
        return [(p, e.standing) for p, e in found if e.customer_key == customer_key]

    def ever_by_registrant(
        self, webinar_id: str, number: str, registrant_id: str
    ) -> Collection[str]:
        """Everybody whose enrolment in any version had the link."""
        return self._ever.get(f"{webinar_id}|r{number}|{registrant_id}", ())

    def ever_by_email(self, webinar_id: str, email: str) -> Collection[str]:
        """Everybody whose enrolment in any version had the e-mail."""
        return self._ever.get(f"{webinar_id}|e{email}", ())

    def ever_by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[str]:
        """Everybody whose enrolment in any version had the customer key."""
        return self._ever.get(f"{webinar_id}|k{customer_key}", ())


def tokens(event: EnrolledV1) -> Iterable[str]:
    """Every identifier that this enrolment has or had, as index tokens."""
    links: Iterable[Link] = (*event.links, *event.former_links)
    yield from (f"r{link.zoom_number}|{link.registrant_id}" for link in links)
    yield from (f"e{email}" for email in (event.email_hmac, *event.former_email_hmacs) if email)
    if event.customer_key_hmac:
        yield f"k{event.customer_key_hmac}"
