"""A Zoom of each test's own."""

from collections.abc import Iterator

import pytest

from tests.support.zoom_api import ZoomApi


@pytest.fixture
def zoom() -> Iterator[ZoomApi]:
    with ZoomApi() as api:
        yield api
