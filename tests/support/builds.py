"""Which build the tests run against (`make test-native`)."""

from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType


def compiled(module: ModuleType) -> bool:
    """Whether the module was imported from a library and not from its text."""
    return str(module.__file__).endswith(tuple(EXTENSION_SUFFIXES))
