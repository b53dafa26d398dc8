"""All routes of the attendance api, in the order in which its document shows them."""

from services.attendance.pages import sign_in
from services.attendance.routes import (
    assignments,
    attendance,
    audit,
    bulk_corrections,
    check_ins,
    code_sheets,
    corrections,
    desk_corrections,
    desk_items,
    desk_many,
    desk_reviews,
    desk_settlements,
    door,
    items,
    live,
    proctor_lists,
    reconciliation,
    reviews,
    rosters,
    rule,
    rule_page,
    settlements,
    why,
)

DOORS = (check_ins, rosters, door, code_sheets)
TOLD = (attendance, why, live, rule, rule_page, reconciliation)
OPERATORS = (
    reviews,
    assignments,
    corrections,
    bulk_corrections,
    settlements,
    proctor_lists,
    items,
    audit,
)
DESK = (desk_reviews, desk_corrections, desk_many, desk_items, desk_settlements)
ROUTES = (*DOORS, *TOLD, *OPERATORS, *DESK, sign_in)
