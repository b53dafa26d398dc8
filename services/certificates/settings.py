"""Certificates' settings: HADIR_* as typed values."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from services.certificates.domain.content import Policy
from services.certificates.domain.number import DEFAULT_PATTERN, check_pattern
from shared.settings import ApiSettings, Key, Settings

Pattern = Annotated[str, AfterValidator(check_pattern)]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


Patterns = Annotated[dict[str, Pattern], NoDecode, BeforeValidator(_json)]


class DocumentSettings(Settings):
    """What both processes need to open, print and sign."""

    kek: Key
    code_key: Key
    public_url: str = Field(description="base address of the verify pages, without /v/")
    data_dir: Path
    signing_p12: str = ""
    signing_password: str = ""

    @property
    def documents(self) -> Path:
        """Where documents are kept."""
        return self.data_dir / "documents"


class CertificatesApiSettings(DocumentSettings, ApiSettings):
    """The api reads views, renders on demand and shows the verify page."""


class CertificatesWorkerSettings(DocumentSettings):
    """The worker decides what is printed; `instance` (stable over restarts) speeds up its return."""

    organiser: str = ""
    issue_place: str = "Jakarta"
    print_nip: Literal["full", "masked", "none"] = "full"
    number_pattern: Pattern = DEFAULT_PATTERN
    number_patterns: Patterns = Field(
        default={}, description="JSON: programme_id → pattern, where it differs"
    )
    instance: str = ""

    def pattern_of(self, programme_id: str) -> str:
        """The number pattern of a programme."""
        return self.number_patterns.get(programme_id, self.number_pattern)

    def policy(self, *, sample: bool) -> Policy:
        """What is printed, and how."""
        return Policy(
            organiser=self.organiser, place=self.issue_place, nip=self.print_nip, sample=sample
        )
