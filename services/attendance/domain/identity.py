"""Whose connection it is (rules W1–W6, F2). A display name is never looked at (rule W4)."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

from services.attendance.domain.assignments import Assignment
from services.attendance.domain.codes import Enrolment, Problem
from services.attendance.domain.facts import Interval
from services.attendance.domain.intervals import FOREVER

Holder = tuple[str, Enrolment]
"""(participant_id, how they stand to the webinar)"""


class Identifiers(NamedTuple):
    """All that any copy of any fact of one connection says about who it is (rule F1).

    E-mail addresses, customer keys and Zoom ids are pseudonyms, of the same making as the roster's
    and the staff list's. `host`: the participant's Zoom id is the meeting's host id.
    """

    registrant_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    customer_keys: tuple[str, ...] = ()
    zoom_ids: tuple[str, ...] = ()
    host: bool = False

    def tokens(self, number: str | None = None) -> tuple[str, ...]:
        """Each identifier that an enrolment may have, as a token of an index, the surest first.
        `number`: of the Zoom room, without which an enrolment's registrant id says nothing."""
        link = "r" if number is None else f"r{number}|"
        return (
            *[link + one for one in self.registrant_ids],
            *["e" + one for one in self.emails],
            *["k" + one for one in self.customer_keys],
        )

    def likeness(self) -> str:
        """Equal for the same identifiers; '' for none."""
        said = self[:4]
        return blake2b(repr(said).encode(), digest_size=8).hexdigest() if any(said) else ""


class Roster(Protocol):
    """Look-ups in the enrolments of all webinars.

    `by_…` answer for the highest version of each enrolment; `ever_by_…` name everybody whose
    enrolment in any version, current or former, held the identifier.
    """

    def by_registrant(
        self, webinar_id: str, number: str, registrant_id: str
    ) -> Collection[Holder]: ...

    def by_email(self, webinar_id: str, email: str) -> Collection[Holder]: ...

    def by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[Holder]: ...

    def ever_by_registrant(
        self, webinar_id: str, number: str, registrant_id: str
    ) -> Collection[str]: ...

    def ever_by_email(self, webinar_id: str, email: str) -> Collection[str]: ...

    def ever_by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[str]: ...


class Resolution(NamedTuple):
    """`owner` or, failing that, the `problem` with who it might be. `split`: an operator gave its
    parts to these people. `nobody`: rightly nobody's – a host, staff, a room, or so ruled – and not
    parked."""

    owner: str | None = None
    candidates: tuple[str, ...] = ()
    problem: Problem | None = None
    nobody: bool = False
    split: tuple[tuple[str, tuple[Interval, ...]], ...] = ()

    @property
    def owners(self) -> dict[str, tuple[Interval, ...] | None]:
        """Everybody whose it is, with the parts that are theirs; None = all of it."""
        return {self.owner: None} if self.owner is not None else dict(self.split)


UNRESOLVED = Resolution(problem=Problem.UNKNOWN)
NOBODY = Resolution(nobody=True)


def resolve(
    identifiers: Identifiers,
    roster: Roster,
    webinar_id: str,
    number: str,
    *,
    assignment: Assignment | None = None,
    bound: Sequence[Resolution] = (),
    phone: bool = False,
    staff: Collection[str] = (),
) -> Resolution:
    """Whose connection it is in this webinar.

    `assignment`: the last word on it, if any (`last_word`). `bound`: what the legs that it is bound
    to resolve to by their own evidence; `phone`: it is itself a phone leg (rule W3).
    """
    if assignment is not None:
        return _ruled(assignment)
    found = _by_phone(bound, _by_evidence(identifiers, roster, webinar_id, number), phone)
    if found.owner is None and (identifiers.host or _is_staff(identifiers, staff)):
        return NOBODY
    return found


def possible_owners(
    identifiers: Identifiers,
    roster: Roster,
    webinar_id: str,
    number: str,
    *,
    assignments: Iterable[Assignment] = (),
    bound: Iterable[Identifiers] = (),
) -> frozenset[str]:
    """Everybody whom this connection may ever have been credited to.

    Whoever of them is not the owner is sent an empty snapshot. `assignments`: all that ever named
    the connection, withdrawn ones too; `bound`: the identifiers of the legs it is bound to.
    """
    found = {share.owner for ruled in assignments for share in ruled.shares if share.owner}
    for known in (identifiers, *bound):
        for registrant_id in known.registrant_ids:
            found.update(roster.ever_by_registrant(webinar_id, number, registrant_id))
        for email in known.emails:
            found.update(roster.ever_by_email(webinar_id, email))
        for customer_key in known.customer_keys:
            found.update(roster.ever_by_customer_key(webinar_id, customer_key))
    return frozenset(found)


def _ruled(assignment: Assignment) -> Resolution:
    owners = assignment.owners
    if not owners:
        return NOBODY
    whole = [owner for owner, parts in owners.items() if parts is None]
    if len(owners) == 1 and whole:
        return Resolution(whole[0])
    everything = ((0, FOREVER),)
    return Resolution(split=tuple((owner, parts or everything) for owner, parts in owners.items()))


def _is_staff(identifiers: Identifiers, staff: Collection[str]) -> bool:
    return any(known in staff for known in (*identifiers.emails, *identifiers.zoom_ids))


def _by_phone(bound: Sequence[Resolution], own: Resolution, phone: bool) -> Resolution:
    """A phone leg is whoever its bound app leg is, or may be; bound to two people: review (rule W3).
    A leg that nothing else says anything of is nobody's where its other leg is."""
    if not bound:
        return own
    owners = sorted({owner for leg in bound for owner in leg.owners})
    if owners and (phone or own == UNRESOLVED):
        if len(owners) > 1:
            return _review(Problem.PHONE_TWO_PEOPLE, owners)
        return Resolution(owners[0])
    if own != UNRESOLVED:
        return own
    maybe = {who for leg in bound for who in leg.candidates}
    if maybe:
        problem = next(leg.problem for leg in bound if leg.candidates)
        return Resolution(candidates=tuple(sorted(maybe)), problem=problem)
    return NOBODY if any(leg.nobody for leg in bound) else own


def _by_evidence(
    identifiers: Identifiers, roster: Roster, webinar_id: str, number: str
) -> Resolution:
    links = [roster.by_registrant(webinar_id, number, r) for r in identifiers.registrant_ids]
    mails = [roster.by_email(webinar_id, e) for e in identifiers.emails]
    named = {holder for holders in (*links, *mails) for holder in holders}
    if len(named) == 1:
        who, standing = next(iter(named))
        if standing is Enrolment.ENROLLED:
            return Resolution(who)  # the usual case: all that is known names one person alone
    emails, linked = _enrolled(mails), _enrolled(links)
    if linked:
        return _by_link(linked, emails)
    former = {who for holders in links for who, _ in holders}
    if former:
        return _by_former_link(former, emails)
    keys = _enrolled(roster.by_customer_key(webinar_id, k) for k in identifiers.customer_keys)
    return (
        _one_person(emails)
        or _one_person(keys)
        or _nobody_alone(Problem.EMAIL_SHARED, emails)
        or _nobody_alone(Problem.CUSTOMER_KEY_SHARED, keys)
        or UNRESOLVED
    )


def _enrolled(looked_up: Iterable[Collection[Holder]]) -> list[frozenset[str]]:
    """Of each identifier, who is enrolled with it; a cancelled enrolment counts as none."""
    found = (
        frozenset(who for who, standing in holders if standing is Enrolment.ENROLLED)
        for holders in looked_up
    )
    return [people for people in found if people]


def _exact(looked_up: Iterable[frozenset[str]]) -> frozenset[str]:
    """The people whom an identifier names alone; one that several have names nobody (rule W2)."""
    return frozenset[str]().union(*(people for people in looked_up if len(people) == 1))


def _by_link(linked: Sequence[frozenset[str]], emails: Sequence[frozenset[str]]) -> Resolution:
    """Rules W1 and W5: the registrant ids name one person, and no e-mail is somebody else's."""
    people = frozenset[str]().union(*linked)
    if any(len(holders) > 1 for holders in linked):
        return _review(Problem.REGISTRANT_SHARED, people)
    everybody = people | _exact(emails)
    if len(everybody) > 1:
        return _review(Problem.TWO_PEOPLE, everybody)
    return Resolution(min(people))


def _by_former_link(former: Collection[str], emails: Sequence[frozenset[str]]) -> Resolution:
    """The link of a cancelled enrolment names its person, unless somebody enrolled has the e-mail:
    one who registered twice must not lose the time to the enrolment that was cancelled."""
    people = frozenset(former)
    others = frozenset[str]().union(*emails) - people
    if others:
        return _review(Problem.CANCELLED_LINK, people | others)
    if len(people) > 1:
        return _review(Problem.REGISTRANT_SHARED, people)
    return Resolution(min(people))


def _one_person(looked_up: Iterable[frozenset[str]]) -> Resolution | None:
    """Rule W2: who alone has the e-mail or customer key; None where nobody does."""
    exact = _exact(looked_up)
    if len(exact) > 1:
        return _review(Problem.TWO_PEOPLE, exact)
    return Resolution(min(exact)) if exact else None


def _nobody_alone(problem: Problem, looked_up: Iterable[frozenset[str]]) -> Resolution | None:
    """An identifier that several have: each of them may be it."""
    people = frozenset[str]().union(*looked_up)
    return _review(problem, people) if people else None


def _review(problem: Problem, candidates: Iterable[str]) -> Resolution:
    return Resolution(None, tuple(sorted(candidates)), problem)
