"""The whole way from frozen content to the bytes of a document."""

from typing import NamedTuple

from services.certificates.documents.render import Renderer
from services.certificates.documents.sign import Signer
from services.certificates.domain.content import Printed
from services.certificates.domain.words import parse_utc


class Maker(NamedTuple):
    """Renders and signs. What a sample key signs says so, whatever was frozen."""

    renderer: Renderer
    signer: Signer

    def make(self, printed: Printed) -> bytes:
        """The signed PDF; the same content gives the same bytes while the key is the same."""
        shown = printed.model_copy(update={"sample": printed.sample or self.signer.sample})
        pdf = self.renderer.render(shown)
        return self.signer.sign(pdf, at=parse_utc(printed.issued_at), place=printed.place)
