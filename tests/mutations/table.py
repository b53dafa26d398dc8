"""Every rule broken on purpose: (rule, file, what stands there, what to put in its place, tests).

An edit must make at least one of the named tests fail; `run` tries that, `test_table` keeps the table
fitting to the code.
"""

from tests.mutations.domain import OF_DOMAIN
from tests.mutations.edits import PIPELINE, Edits, Mutant

FLOW = [
    Mutant("L1", "services/attendance/evidence_state.py",
           "if before is not None and before.revision >= revision:", "if False:", PIPELINE),
    Mutant("L1", "services/attendance/connection_book.py", "if not new:", "if new:", PIPELINE),
    Mutant("L2", "services/attendance/evidence_state.py", 'len(sources) < body["sources"] or', "",
           ("services/attendance/test_evidence_state.py",)),
    Mutant("W8", "services/attendance/identify.py", "self._untold.connections.update(self._book.with_token(name))",
           "self._book.with_token(name)", PIPELINE),
    Mutant("W6", "services/attendance/cases.py", "and seconds > 0", "", PIPELINE),
    Mutant("I1", "services/attendance/telling.py", "        self._book.adopt(known)\n", "", PIPELINE),
    Mutant("W3", "services/attendance/telling.py", "return self._book.bound(known)", "return []", PIPELINE),
]  # fmt: skip

DESK_TESTS = ("services/attendance/test_desk_bulk.py",)
DESK = [
    *Edits("services/attendance/routes/rule_page.py", ("services/attendance/test_rule_page.py",)).rows(
        ("D1", 'if offer.get("sub") != caller.subject:', "if not offer:"),
        ("D1", 'if offer["version"] != webinar["version"]:', "if False:"),
        ("D1", 'found["digest"] == offer["previewed"]["digest"]', "True"),
        ("D1", "if same or Role.ORGANISER not in caller.roles", "if Role.ORGANISER not in caller.roles"),
        ("D1", 'rule=found["rule"]', 'rule=webinar["rule"]'),
    ),
    *Edits("services/attendance/rule_preview.py", ("services/attendance/test_rule_page.py",)).rows(
        ("D1", "sum(map(_mark, rows)) % MARKS:x", "0:x"),
    ),
    *Edits("services/attendance/routes/assignments.py", DESK_TESTS).rows(
        ("W6", 'and b["kind"] in CONNECTIONS for b in bars', "for b in bars"),
        ("W6", 'b["source"] == body.connection_id and', ""),
    ),
    *Edits("services/attendance/routes/bulk_corrections.py", DESK_TESTS).rows(
        ("F2", "known.pop(str(who))", "str(who)"),
        ("F2", "if not dry_run:", "if True:"),
    ),
]  # fmt: skip
QUOTA = Edits("services/reporting/domain/quota.py", ("services/reporting/domain/test_quota.py",)).rows(
    ("C1", "if not enrolment.year or enrolment.cancelled:", "if not enrolment.year:"),
    ("C1", "certified = certificate.revision > 0 and not certificate.void", "certified = certificate.revision > 0"),
    ("C1", "Counts(*map(max, zip(", "Counts(*map(sum, zip("),
    ("C2", "_, _, newest, _ = max(parts)", "_, _, newest, _ = min(parts)"),
    ("C3", "return (own,) if province == region_code else (Cell(year, province, category), own)", "return (own,)"),
    ("C4", "total[i] += people * count", "total[i] += count"),
    ("C4", "return Part(enrolment, max(decision, fact), certificate)", "return Part(enrolment, fact, certificate)"),
)  # fmt: skip

MUTANTS: tuple[Mutant, ...] = (*OF_DOMAIN, *FLOW, *DESK, *QUOTA)

RULES = frozenset(
    [
        "L1",
        "L2",
        "L4",
        "F1",
        "F2",
        "F3",
        "I1",
        "I2",
        "I3",
        "I4",
        "I5",
        "I6",
        "I7",
        "I8",
        "I9",
        "I10",
        "I11",
        "I12",
        "I13",
        "I14",
        "W1",
        "W2",
        "W3",
        "W4",
        "W5",
        "W6",
        "W8",
        "D1",
        "D2",
        "D3",
        "D4",
        "D5",
        "D6",
        "D7",
        "D8",
        "D9",
        "C1",
        "C2",
        "C3",
        "C4",
    ]
)
"""Rules that must be broken at least once. L3 says what the law does not cover."""
