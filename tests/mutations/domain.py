"""The rules of attendance's domain broken on purpose, file by file: (rule, what stands there, what to put there)."""

from tests.mutations.edits import PIPELINE, of

VISITS = of("visits.py", "test_visits.py", "test_presence.py").rows(
    ("L1", "groupby(sorted(known, key=_at), key=_at)", "groupby(facts, key=_at)"),
    ("I2", "        if moved:  # a join wins", "        if moved and not left:  # a join wins"),
    ("I2", "not self._stale(user_id) for user_id in left", "True for user_id in left"),
    ("I2", "nothing = joins & leaves", "nothing = set[str]()"),
    ("I3", "if any(user_id not in self.ever for user_id in left)", "if left"),
    ("I5", "self.lost.append((self.last_leave, at))", "self.lost.append((None, at))"),
    ("I6", "self.latest = self.seen = at\n        elif any", "self.latest = at\n        elif any"),
)

EVIDENCE = of("evidence.py", "test_presence.py", "test_room_and_corrections.py", PIPELINE[0]).rows(
    ("I4", "        end = life.end\n        if end is None", "        end = None\n        if end is None"),
    ("I5", "start = life.start if opening is None else opening", "start = life.start"),
    ("I5", "(floor, leave, POSSIBLE) if start is None", "(floor, leave, INFERRED_END) if start is None"),
    ("I5", "(start, leave, INFERRED_START))", "(start, leave, CLOSED))"),
    ("I6", "found.append((known.open_since, end, INFERRED_END))",
     "found.append((known.open_since, end, CLOSED))"),
    ("I7", "(max(start, floor), min(end, last), mark)", "(max(start, floor), end, mark)"),
    ("I9", "floor = life.floor or 0", "floor = 0"),
    ("I8", "windows = plan.windows.get(connection.number)", "windows = next(iter(plan.windows.values()))"),
    ("I10", "mark = INFERRED_END if expected else CLOSED", "mark = CLOSED"),
    ("I10", "spans.stray(index, stray, last_out or 0, at)", "spans.add(index, last_out or 0, at, CLOSED, source)"),
    ("I11", "spans.add(index, max(a, start), min(b, end), mark, source)", "spans.add(index, a, b, mark, source)"),
    ("I11", "if listed.named and index is not None", "if index is not None"),
    ("I11", "key=lambda one: (one.version, one.named, repr(one))", "key=lambda one: (-one.version, one.named, repr(one))"),
    ("F2", "sorted(standing.values(), key=lambda c: (c.made_at, c.id))",
     "sorted(standing.values(), key=lambda c: (-c.made_at, c.id))"),
    ("F2", "reverse=True) if c.id not in gone}", "reverse=True)}"),
)  # fmt: skip

IDENTITY = of("identity.py", "test_identity.py").rows(
    ("W1", "    if linked:\n", "    if linked and not emails:\n"),
    ("W2", "        _one_person(emails)\n        or _one_person(keys)",
     "        _one_person(keys)\n        or _one_person(emails)"),
    ("W2", "for people in looked_up if len(people) == 1))", "for people in looked_up))"),
    ("W2", "if standing is Enrolment.ENROLLED)", "if standing)"),
    ("W3", "if len(owners) > 1:\n            return _review(Problem.PHONE", "if len(owners) > 2:\n            return _review(Problem.PHONE"),
    ("W3", "maybe = {who for leg in bound for who in leg.candidates}", "maybe = set[str]()"),
    ("W3", "return NOBODY if any(leg.nobody for leg in bound) else own", "return own"),
    ("W3", "if owners and (phone or own == UNRESOLVED):", "if owners and own == UNRESOLVED:"),
    ("W5", "    if len(everybody) > 1:", "    if len(everybody) > 2:"),
    ("W5", "any(len(holders) > 1 for holders in linked)", "any(len(holders) > 2 for holders in linked)"),
    ("W6", "(identifiers.host or _is_staff(identifiers, staff))", "_is_staff(identifiers, staff)"),
    ("W6", "(identifiers.host or _is_staff(identifiers, staff))", "identifiers.host"),
)  # fmt: skip

ASSIGNMENTS = of("assignments.py", "test_identity.py").rows(
    ("F2", "return max(found, key=lambda ruled: (ruled.made_at, ruled.id), default=None)",
     "return min(found, key=lambda ruled: (ruled.made_at, ruled.id), default=None)"),
    ("F2", "found = [ruled for ruled in known if ruled.id not in gone]", "found = known"),
)  # fmt: skip

CONNECTIONS = of("connections.py", "test_connections.py", "test_identity.py", *PIPELINE).rows(
    ("I1", "{participant_uuid or '~' + user_id}", "{'~' + user_id}"),
    ("F1", "        _plus(one.emails, other.emails),", "        one.emails,"),
    ("F1", "        _plus(one.registrant_ids, other.registrant_ids),", "        one.registrant_ids,"),
)  # fmt: skip

FLOATING = of("floating.py", "test_connections.py", "test_identity.py", *PIPELINE).rows(
    ("I1", "event.fact[1] in user_ids\n", "event.fact[1] == ''\n"),
    ("W3", "elif known.phone and known.is_named(*other)", "elif False and known.is_named(*other)"),
)  # fmt: skip

WEBHOOK = of("webhook.py", "test_webhook.py", *PIPELINE).rows(
    ("F3", '    "meeting.started": _lifecycle(',
     '    "meeting.participant_admitted": _participant("joined", "meeting", "date_time"),\n    "meeting.started": _lifecycle('),
    ("W4", '_text(get("registrant_id")),', '_text(get("registrant_id") or get("user_name")),'),
    ("W4", '_text(get("email")),', '_text(get("email") or get("user_name")),'),
    ("I9", 'meeting.get("practice_session") is True', "False"),
)  # fmt: skip

ROUTING = of("routing.py", "test_webhook.py", "services/attendance/test_gateway.py", *PIPELINE).rows(
    ("I1", "if webhook.participant_uuid and not webhook.phone_number:", "if not webhook.phone_number:"),
    ("W3", "if webhook.participant_uuid and not webhook.phone_number:", "if webhook.participant_uuid:"),
    ("W3", 'if named and who.get("phone_number") in {None, ""}:', "if named:"),
)  # fmt: skip

MEETINGS = of("meetings.py", "test_meetings.py", "test_base.py").rows(
    ("F1", "_known(min, one.started, other.started)", "_known(max, one.started, other.started)"),
    ("F1", "_known(max, one.ended, other.ended)", "_known(min, one.ended, other.ended)"),
    ("I9", "REHEARSAL_TAIL = 120", "REHEARSAL_TAIL = 0"),
    ("I9", "REHEARSAL_TAIL = 120", "REHEARSAL_TAIL = 240"),
    ("I9", "if not went_on(times, practice):", "if True:"),
    ("I9", "if not went_on(times, practice):", "if False:"),
    ("I9", "times.ended if times.ended is not None and times.ended > practice else None", "times.ended"),
)  # fmt: skip

BASE = of("base.py", "test_base.py").rows(
    ("I12", "subtract([(session.start, session.end)], session.breaks)", "[(session.start, session.end)]"),
    ("I12", 'exclude = webinar.host_down == "exclude"', "exclude = True"),
    ("I13", "or _short(life, webinar.host_short_seconds)", ""),
    ("I13", "return first, end, life.start is not None, life.end is None", "return first, end, True, life.end is None"),
    ("I13", "return first, end, life.start is not None, life.end is None", "return first, end, life.start is not None, True"),
    ("I13", "covered([gap], open_) <= webinar.host_long_seconds", "True"),
    ("I13", "length(base) * 2 < length(open_)", "length(base) * 4 < length(open_)"),
    ("I13", "if gap not in settled.leaving and gap not in settled.staying", "if gap not in settled.leaving"),
    ("I13", "return not life.rehearsal and _first(life) is not None", "return _first(life) is not None"),
)  # fmt: skip

PLAN = of("plan.py", "test_presence.py", "test_base.py", "test_clocks.py", "test_eligibility.py").rows(
    ("I4", "                return min(end, start)", "                return end"),
    ("I4", "end = self.ends[after] if after < len(self.ends) else seen", "end = self.ends[-1]"),
    ("I8", "if ran is not None and ran[0] < session.end and ran[1] > session.start:", "if ran is not None:"),
    ("D2", "return max(1, -(-share * base // 10_000))", "return max(1, share * base // 10_000)"),
    ("D2", "return max(1, -(-share * base // 10_000))", "return -(-share * base // 10_000)"),
    ("F2", "for settled in sorted(standing, key=_said)", "for settled in sorted(standing, key=_said, reverse=True)"),
)  # fmt: skip

PRESENCE = of("presence.py", "test_presence.py", "test_room_and_corrections.py", "test_eligibility.py").rows(
    ("D1", "return late if late > latest else None", "return late if late >= latest else None"),
    ("D1", "if not rows or _late(session, rows, latest) is not None:", "if not rows:"),
    ("W6", "if enrolled and evidence.scans:", "if evidence.scans:"),
    ("D6", "[row for row in rows if row[2] == CLOSED]", "own"),
    ("D7", "[row for row in rows if row[2] <= INFERRED_END]", "own"),
)  # fmt: skip

INTERVALS = of("intervals.py", "test_presence.py").rows(
    ("I14", "whole = intervals if len(intervals) < 2 else union(intervals)", "whole = intervals"),
)  # fmt: skip

ROOMS = of("rooms.py", "test_room_and_corrections.py").rows(
    ("I10", 'came = any(scan.kind == "in" for scan in group)', 'came = all(scan.kind == "in" for scan in group)'),
    ("I10", "opened = at if opened is None else opened", "opened = at"),
    ("I10", "astray.append((last_out, at))", "pass"),
)  # fmt: skip

REPORTS = of("reports.py", "test_report_rows.py", "services/attendance/test_reports.py",
             "services/attendance/test_report_of_few.py").rows(
    ("Z1", "read.number // 1000 - first >= reread_seconds", "True"),
    ("Z1", "return not self.problem and self.rows == self.total", "return not self.problem"),
    ("Z2", "if first is not None and read.number", "if first is None or read.number"),
    ("Z2", "sorted(read for read in reads if read.whole)", "sorted((read for read in reads if read.whole), reverse=True)"),
)  # fmt: skip

REPORTED = of("reported.py", "test_report_rows.py", "services/attendance/test_reports.py").rows(
    ("Z3", "kept = [fact for fact in facts if fact[1] not in reported]", "kept = list(facts)"),
    ("Z3", "return frozenset(known - {root(user_id) for user_id, _, _ in rows})", "return frozenset[str]()"),
    ("Z3", "TOLERANCE = 2\n", "TOLERANCE = 200\n"),
)  # fmt: skip

SHARING = of("sharing.py", "test_sharing.py").rows(
    ("W7", "TOGETHER = 120\n", "TOGETHER = 121\n"),
    ("W7", "if set(mine).isdisjoint(theirs) or not", "if not"),
    ("W7", "or not set(a.ip_tags).isdisjoint(b.ip_tags):", ":"),
    ("W7", "if mark == CLOSED]", "]"),
)  # fmt: skip

LIVE = of("live.py", "test_live.py", "services/attendance/test_live.py").rows(
    ("V1", "LAG = 3\n", "LAG = 0\n"),
    ("V1", "any(start <= at < end for start, end in intervals)", "any(start < at < end for start, end in intervals)"),
    ("V1", "if mark != POSSIBLE and start < end:", "if start < end:"),
    ("V1", "if mark == INFERRED_END and unbounded:", "if False:"),
)  # fmt: skip

CLOCKS = of("clocks.py", "test_clocks.py").rows(
    ("L2", "yield Pending(max(instant, arrived) + length, clock)", "yield Pending(instant + length, clock)"),
    ("L2", "[one for one in found if one.clock not in passed]", "list(found)"),
    ("L2", "min((one.at for one in waiting if one.at > now), default=FOREVER)", "FOREVER"),
    ("L2", "over = max([session.end, *ends])", "over = session.end"),
    ("L2", "yield ClockKind.GRACE, end, webinar.grace_seconds", "yield ClockKind.GRACE, over, webinar.grace_seconds"),
)  # fmt: skip

IMPOSSIBLE = of("impossible.py", "test_impossible.py").rows(
    ("L1", "> DAY:", "> DAY * 9999:"),
    ("L1", "event.at < FIRST:", "event.at < 0:"),
    ("L1", "arrived + YEAR:", "arrived + YEAR * 9999:"),
)

DIGEST = of("digest.py", "test_eligibility.py", "test_properties.py").rows(
    ("L4", 'lines = [f"rule {plan.webinar.rule_version}"]', "lines = list[str]()"),
    ("L4", "{start} {end} {mark} {source}", "{start} {end} {source}"),
    ("L4", "{start} {end} {mark} {source}", "{start} {end} {mark}"),
)  # fmt: skip

ELIGIBILITY = of("eligibility.py", "test_eligibility.py", "test_waiting.py", PIPELINE[0]).rows(
    ("D1", "if i not in standing.items)", "if i in standing.items)"),
    ("D2", "return sum(seconds) >= plan.required_seconds and", "return sum(seconds) > plan.required_seconds and"),
    ("D2", "and attended >= (needed or 0)", ""),
    ("D2", "return attended >= (len(plan.sessions) if needed is None else needed)", "return attended >= (needed or 1)"),
    ("D3", "or plan.grace not in standing.passed:", ":"),
    ("D3", "    if outlook.cancelled or plan.webinar.cancelled:\n", "    if plan.webinar.cancelled:\n"),
    ("D4", "        tuple(_sessions(plan, measured)),", "        (),"),
    ("D5", "return (*decision[:5], codes, decision.rule_version, decision.digest)",
     "return (*decision[:5], codes, decision.rule_version)"),
    ("D5", "return (*decision[:5], codes, decision.rule_version, decision.digest)",
     "return (*decision[:5], decision.rule_version, decision.digest)"),
    ("D6", "    if outlook.closed:\n        return Verdict.ELIGIBLE, False", "    if outlook.closed:\n        return Verdict.ELIGIBLE, bool(waiting)"),
    ("D6", "passed = plan.retry_windows <= standing.passed", "passed = True"),
    ("D6", "if outlook.possible and not outlook.firm and not standing.cases_closed:", "if False:"),
    ("D6", "and not standing.cases_closed:", ":"),
    ("D7", "return Verdict.NEEDS_REVIEW, False  # eligible only", "return Verdict.ELIGIBLE, False  # eligible only"),
    ("D7", "    if waiting or outlook.firm:", "    if waiting:"),
    ("D8", "    if decision.provisional or decision.verdict is not Verdict.ELIGIBLE:", "    if decision.verdict is not Verdict.ELIGIBLE:"),
    ("D8", 'return webinar.certificates == "at_once" or standing.released', 'return webinar.certificates == "at_once"'),
    ("D8", "        return reported\n", "        return True\n"),
    ("D9", "elif standing.certified and verdict is not Verdict.ELIGIBLE:", "elif False:"),
    ("D9", "if one.digest == mark and one.id not in gone]", "if one.id not in gone]"),
    ("I13", "    if plan.questions:\n", "    if False:\n"),
    ("Z1", "if deadline not in standing.passed and not _reported(", "if not _reported(",),
)  # fmt: skip

OF_DOMAIN = [
    *VISITS, *EVIDENCE, *IDENTITY, *CONNECTIONS, *FLOATING, *WEBHOOK, *ROUTING, *MEETINGS, *BASE, *PLAN, *PRESENCE,
    *INTERVALS, *ROOMS, *REPORTS, *REPORTED, *SHARING, *LIVE, *CLOCKS, *IMPOSSIBLE, *DIGEST, *ELIGIBILITY,
]  # fmt: skip
