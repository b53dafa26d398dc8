"""The numbers of Indonesian civil servants (18 digits, kept as text, no check digit).

PNS: birth YYYYMMDD, appointment YYYYMM, sex, 3-digit serial. PPPK: birth, appointment year, a
two-digit contract code (never a month: 20 or more), sex, serial. A check of months alone would
refuse every PPPK, two of five.
"""

from datetime import date

LENGTH = 18
YOUNGEST, OLDEST = 15, 75
FIRST_YEAR = 1960


def nip_problem(nip: str, this_year: int) -> str | None:
    """Why a NIP cannot be one, as a problem code; None = it can."""
    if "E+" in nip.upper():
        return "nip_scientific"
    if len(nip) != LENGTH or not (nip.isascii() and nip.isdigit()):
        return "nip_digits"
    if _birth(nip) is None:
        return "nip_birth"
    born, appointed = int(nip[:4]), int(nip[8:12])
    if not YOUNGEST <= this_year - born <= OLDEST:
        return "nip_age"
    if not max(FIRST_YEAR, born + YOUNGEST) <= appointed <= this_year:
        return "nip_appointed"
    if nip[14] not in "12":
        return "nip_sex"
    return None if int(nip[15:]) else "nip_serial"


def nip_doubt(nip: str) -> str | None:
    """A form that neither PNS (month 01-12) nor PPPK (code from 20) uses: kept, with a warning."""
    kind = int(nip[12:14])
    return None if 1 <= kind <= 12 or kind >= 20 else "nip_kind"


def _birth(nip: str) -> date | None:
    try:
        return date(int(nip[:4]), int(nip[4:6]), int(nip[6:8]))
    except ValueError:
        return None
