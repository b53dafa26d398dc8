"""Sealing personal data: a data key per person, wrapped by the installation's key."""

from pydantic import ValidationError

from shared.crypto import CannotOpen, new_data_key, seal, unseal
from shared.events.registration import PersonalData


class Sealer:
    """Knows the installation's key; `subject` of every seal is the participant_id."""

    def __init__(self, kek: bytes) -> None:
        self._kek = kek

    def new_key(self, participant_id: str) -> str:
        """A fresh data key, wrapped."""
        return seal(self._kek, new_data_key(), subject=participant_id)

    def seal(self, participant_id: str, wrapped: str, data: PersonalData) -> str:
        """Personal data under the person's key.

        Raises:
            shared.crypto.CannotOpen: the key was not wrapped for this person by this installation.
        """
        key = unseal(self._kek, wrapped, subject=participant_id)
        return seal(key, data.to_bytes(), subject=participant_id)

    def open(self, participant_id: str, wrapped: str, sealed: str) -> PersonalData:
        """The personal data; raises CannotOpen, also when what was sealed is no personal data."""
        key = unseal(self._kek, wrapped, subject=participant_id)
        plain = unseal(key, sealed, subject=participant_id)
        try:
            return PersonalData.model_validate_json(plain)
        except ValidationError:
            raise CannotOpen(f"what was sealed for {participant_id} is no personal data") from None
