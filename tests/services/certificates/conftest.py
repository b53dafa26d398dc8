"""A world for each module, on its own topics."""

from collections.abc import Callable
from typing import Any

import pytest

from services.certificates.settings import CertificatesApiSettings
from tests.services.certificates.world import CODE_KEY, KEK, World


@pytest.fixture(scope="module")
def world(settings: Callable[..., Any], provisioned: Any, tmp_path_factory: Any) -> World:
    return World(
        settings(
            CertificatesApiSettings, kek=KEK, code_key=CODE_KEY, dev_token="token-of-the-test",
            public_url="http://127.0.0.1:8004", data_dir=tmp_path_factory.mktemp("data"),
        )
    )  # fmt: skip
