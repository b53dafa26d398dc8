"""Every view of the system in one table, for `hadir rebuild` and `hadir audit`."""

from deploy.cli.target import settings_of
from shared.settings import Key, Settings
from shared.view_audit import BuildView, Built
from shared.views import connect


class OperatorSettings(Settings):
    """What rebuilding a view needs; the code key makes the index of verify codes."""

    code_key: Key


def operator_settings() -> OperatorSettings:
    """Of the system that the command works on; raises CannotDo when there is none."""
    return settings_of(OperatorSettings)


def _attendance(settings: Settings) -> Built:
    from services.attendance.stores import TOPICS, AttendanceView, parse_needed, project

    view = AttendanceView(settings).view
    return Built(view, TOPICS, project(view), parse_needed)


def _registration(settings: Settings) -> Built:
    from services.registration.handlers import TOPICS, parse_needed, projection, view_of

    view = view_of(settings)
    return Built(view, TOPICS, projection(view), parse_needed)


def _people(settings: Settings) -> Built:
    from services.certificates.stores import PeopleView, parse_needed

    people = PeopleView(settings, connect(settings))
    return Built(people.view, people.TOPICS, people.project, parse_needed)


def _certificates(settings: OperatorSettings) -> Built:
    from services.certificates.stores import CertificateView, parse_needed

    shown = CertificateView(settings, connect(settings), settings.code_key)
    return Built(shown.view, shown.TOPICS, shown.project, parse_needed)


VIEWS: dict[str, BuildView[OperatorSettings]] = {
    "registration": _registration,
    "attendance": _attendance,
    "certificates.people": _people,
    "certificates.certificates": _certificates,
}
