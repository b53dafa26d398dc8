"""Every view of the system in one table, for `hadir rebuild` and `hadir audit`."""

import os
from collections.abc import Mapping

from deploy.cli.errors import CannotDo
from deploy.local.running import read_card
from deploy.local.secret_file import load_or_make
from deploy.local.settings import local_settings
from shared.settings import PREFIX, Key, Settings, load
from shared.view_audit import BuildView, Built
from shared.views import connect


class OperatorSettings(Settings):
    """What rebuilding a view needs; the code key makes the index of verify codes."""

    code_key: Key


def operator_settings() -> OperatorSettings:
    """From HADIR_*, else those of the system that `hadir up` runs on the data folder.

    Raises:
        CannotDo: neither is there.
    """
    if f"{PREFIX}KAFKA" in os.environ:
        return load(OperatorSettings)
    data = local_settings().data_dir
    card = read_card(data)
    if card is None:
        raise CannotDo(
            f"The setting HADIR_KAFKA is missing, and no system of `hadir up` runs on {data}."
        )
    given = {**load_or_make(data / "secrets.json"), **_addresses(card)}
    return load(OperatorSettings, {f"{PREFIX}{k.upper()}": v for k, v in given.items()})


def _addresses(card: Mapping[str, str]) -> dict[str, str]:
    return {name: card[name] for name in ("kafka", "redis", "topic_prefix")} | {
        "partitions": str(local_settings().partitions)
    }


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
