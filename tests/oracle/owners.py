"""Rules W1 to W6, W8: whose connection it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.oracle.zoom_facts import Connection, Facts

Enrolment = Mapping[str, Any]
"""`participant_id`, `email`, `links` [{zoom_number, registrant_id}], `status`."""


class Register:
    """Who is enrolled, by registrant_id and by e-mail; a cancelled enrolment counts as none."""

    def __init__(self, enrolments: Sequence[Enrolment]) -> None:
        self.by_registrant: dict[str, set[str]] = {}
        self.by_email: dict[str, set[str]] = {}
        for enrolment in enrolments:
            if enrolment.get("status", "enrolled") != "cancelled":
                self._add(enrolment)

    def _add(self, enrolment: Enrolment) -> None:
        person = enrolment["participant_id"]
        for link in enrolment.get("links", ()):
            if link["registrant_id"]:
                self.by_registrant.setdefault(link["registrant_id"], set()).add(person)
        email = (enrolment.get("email") or "").strip().lower()
        if email:
            self.by_email.setdefault(email, set()).add(person)

    def people_in(self, connection: Connection) -> set[str]:
        """Everyone whom the identifiers of a connection name: one is its owner, two are a case."""
        people: set[str] = set()
        for registrant in connection.hints.registrants:
            people |= self.by_registrant.get(registrant, set())
        for email in connection.hints.emails:
            holders = self.by_email.get(email, set())
            if len(holders) == 1:  # rule W2: exactly one person
                people |= holders
        return people or self._sharing(connection)

    def _sharing(self, connection: Connection) -> set[str]:
        """Of an address that several have, each may be it: nobody's, and a case that names them."""
        return set[str]().union(*(self.by_email.get(e, set()) for e in connection.hints.emails))


def people_of_connections(
    facts: Facts, found: Sequence[Connection], register: Register
) -> dict[int, set[str]]:
    """Position of each connection → the people it points at, phone legs included (rule W3)."""
    people = {n: register.people_in(connection) for n, connection in enumerate(found)}
    by_user = {(c.uuid, user): n for n, c in enumerate(found) for user in c.users}
    for uuid, leg, app in facts.binds:
        here, there = by_user.get((uuid, leg)), by_user.get((uuid, app))
        if here is None or there is None:
            continue
        one = register.people_in(found[here])
        other = register.people_in(found[there])
        if not one:
            people[here] = people[here] | other
        if not other:
            people[there] = people[there] | one
    return people


def is_staff(connection: Connection, facts: Facts, webinar: Mapping[str, Any]) -> bool:
    """Rule W6: hosts and the webinar's staff are not parked."""
    staff = {str(entry).strip().lower() for entry in webinar.get("staff", ())}
    accounts = connection.hints.accounts
    return bool(
        accounts & facts.hosts
        or {account.lower() for account in accounts} & staff
        or connection.hints.emails & staff
    )
