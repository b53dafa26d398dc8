"""The domain put together, from raw bodies to decisions, with nothing between: no log, no worker."""

from collections import defaultdict

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.connections import Known, seen
from services.attendance.domain.eligibility import Standing, decide
from services.attendance.domain.floating import Floating, bound_to
from services.attendance.domain.identity import resolve
from services.attendance.domain.meetings import merge, of_lifecycle, of_participant
from services.attendance.domain.plan import plan
from services.attendance.domain.presence import Evidence, counts, measure
from services.attendance.domain.webhook import Bound, Lifecycle, Participant, parse


def tag(value):
    return value.strip().lower()


class People:
    """Enrolments as a roster: [{participant_id, email, links, status}]."""

    def __init__(self, enrolments):
        self.enrolments = enrolments

    @staticmethod
    def standing(enrolment):
        cancelled = enrolment.get("status") == "cancelled"
        return Enrolment.CANCELLED if cancelled else Enrolment.ENROLLED

    def by_registrant(self, webinar_id, number, registrant_id):
        return {
            (e["participant_id"], self.standing(e))
            for e in self.enrolments
            for link in e["links"]
            if (link["zoom_number"], link["registrant_id"]) == (number, registrant_id)
        }

    def by_email(self, webinar_id, email):
        return {
            (e["participant_id"], self.standing(e))
            for e in self.enrolments
            if tag(e["email"]) == email
        }

    def by_customer_key(self, webinar_id, customer_key):
        return set()


class Line:
    """Everything that is known; `decisions` computes what follows."""

    def __init__(self, webinar, enrolments, bodies, scans=()):
        self.webinar, self.roster = webinar, People(enrolments)
        self.scans = scans
        self.connections = {}
        self.floating = defaultdict(Floating)
        self.meetings = {}
        for body in bodies:
            self.take(parse(body))

    def take(self, event):
        if isinstance(event, Lifecycle):
            self.meeting(of_lifecycle(event))
        elif isinstance(event, Bound):
            self.floating[event.meeting_uuid].add(event)
        elif isinstance(event, Participant):
            self.meeting(of_participant(event))
            self.participant(seen(event, tag))

    def meeting(self, times):
        known = self.meetings.get(times.uuid)
        self.meetings[times.uuid] = times if known is None else merge(known, times)

    def participant(self, event):
        if not event.participant_uuid or event.phone:
            self.floating[event.meeting_uuid].add(event)
            return
        key = event.meeting_uuid, event.participant_uuid
        self.connections.setdefault(key, Known(*key)).add(event)

    def all_connections(self):
        known = list(self.connections.values())
        for uuid, floating in self.floating.items():
            here = [c for c in known if c.meeting_uuid == uuid]
            for connection in here:
                floating.adopt(connection)
            known += [
                leg
                for leg in floating.legs()
                if leg.participant_uuid or not any(c.user_ids & leg.user_ids for c in here)
            ]
        return known

    def resolved(self):
        known = self.all_connections()

        def of(connection, bound=()):
            return resolve(
                connection.identifiers, self.roster, self.webinar.id, connection.number,
                bound=bound, phone=connection.phone, staff=self.webinar.staff,
            )  # fmt: skip

        for connection in known:
            binds = self.floating[connection.meeting_uuid].binds
            named = bound_to(connection, binds)
            legs = [c for c in known if any(c.is_named(*ids) for ids in named)]
            yield connection, of(connection, [of(leg) for leg in legs])

    def the_plan(self):
        return plan(self.webinar, list(self.meetings.values()))

    def decisions(self, passed, certified=()):
        """(decision of each person, [(connection, candidates)] that are parked)."""
        the_plan = self.the_plan()
        owned, maybe, parked = defaultdict(list), defaultdict(list), []
        for connection, found in self.resolved():
            snapshot = connection.snapshot()
            if found.owner is not None:
                owned[found.owner].append(snapshot)
            elif not found.nobody and counts(the_plan, snapshot):
                parked.append((snapshot, found.candidates))
                for candidate in found.candidates:
                    maybe[candidate].append(snapshot)
        people = {}
        for enrolment in self.roster.enrolments:
            who, standing = enrolment["participant_id"], People.standing(enrolment)
            scans = tuple(scan for person, scan in self.scans if person == who)
            evidence = Evidence(tuple(owned[who]), scans, candidates=tuple(maybe[who]))
            found = measure(the_plan, evidence, enrolled=standing is Enrolment.ENROLLED)
            person = Standing(standing, passed(the_plan), certified=who in certified)
            people[who] = decide(the_plan, found, person)
        return people, parked
