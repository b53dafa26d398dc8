"""Programmes as they stand: the year's targets and quotas."""

from services.reporting.domain.quota import Cell
from services.reporting.tail import Heard
from shared.events.registration import ProgrammeSetV1


class Programmes:
    """Fed by the programmes topic; the highest version of each holds."""

    def __init__(self) -> None:
        self._by_id: dict[str, ProgrammeSetV1] = {}
        self.revision = 0

    def take(self, heard: Heard) -> None:
        """One record."""
        self.revision += 1
        event, before = heard.event, self._by_id.get(heard.key)
        if event is None:
            self._by_id.pop(heard.key, None)
        elif before is None or event.version >= before.version:
            self._by_id[heard.key] = event

    def quotas(self) -> dict[Cell, int]:
        """Quotas by cell; those of several programmes of one year add up."""
        quotas: dict[Cell, int] = {}
        for programme in list(self._by_id.values()):
            for each in programme.quotas:
                cell = Cell(programme.year, each.region_code, each.category.value)
                quotas[cell] = quotas.get(cell, 0) + each.quota
        return quotas

    def targets(self, year: int) -> dict[str, int]:
        """The year's targets by category."""
        targets: dict[str, int] = {}
        for programme in list(self._by_id.values()):
            if programme.year == year:
                for category, target in programme.targets.items():
                    targets[category] = targets.get(category, 0) + target
        return targets

    def years(self) -> set[int]:
        """The years that have a programme."""
        return {programme.year for programme in list(self._by_id.values())}
