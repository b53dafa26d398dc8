"""A detached CMS signature as PAdES baseline B-B wants it (ETSI EN 319 142-1, clause 6.3).

Signed attributes: content type, message digest, signing-certificate-v2; no signing time, which
PAdES keeps in the PDF's signature dictionary. RSA PKCS#1 v1.5 and ECDSA by RFC 6979 are both
deterministic, so the same document signed again has the same bytes.
"""

from hashlib import sha256
from typing import Any

from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from services.certificates.documents.keys import Identity

_SEQUENCE, _SET, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x04, 0xA0
_VERSION_1 = b"\x02\x01\x01"
_DIGEST: bytes = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
_DATA: bytes = cms.ContentType("data").dump()
_SIGNED_DATA: bytes = cms.ContentType("signed_data").dump()


class CmsSigner:
    """Signs digests. All but digest and signature is encoded once: that is 2 ms less a document."""

    def __init__(self, identity: Identity) -> None:
        certificate = x509.Certificate.load(identity.certificate)
        self._key = identity.key
        self._fixed = (
            _attribute("content_type", "data").dump(),
            _signing_certificate(identity.certificate, certificate).dump(),
        )
        self._sid = cms.IssuerAndSerialNumber(
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        ).dump()
        rsa_key = isinstance(identity.key, rsa.RSAPrivateKey)
        name = "rsassa_pkcs1v15" if rsa_key else "sha256_ecdsa"
        self._algorithm = algos.SignedDigestAlgorithm({"algorithm": name}).dump()
        self._certificates = _tlv(_CONTEXT_0, identity.certificate, *sorted(identity.chain))

    def sign(self, digest: bytes) -> bytes:
        """The DER of a SignedData over content with this SHA-256 digest."""
        of_digest = _attribute("message_digest", digest).dump()
        attributes = sorted((*self._fixed, of_digest))  # DER sorts a SET OF by its encodings
        signature = self._signature(_tlv(_SET, *attributes))
        info = _tlv(
            _SEQUENCE, _VERSION_1, self._sid, _DIGEST, _tlv(_CONTEXT_0, *attributes),
            self._algorithm, _tlv(_OCTETS, signature),
        )  # fmt: skip
        signed = _tlv(
            _SEQUENCE, _VERSION_1, _tlv(_SET, _DIGEST), _tlv(_SEQUENCE, _DATA),
            self._certificates, _tlv(_SET, info),
        )  # fmt: skip
        return _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_CONTEXT_0, signed))

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element around the parts."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def _attribute(kind: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _signing_certificate(der: bytes, certificate: x509.Certificate) -> cms.CMSAttribute:
    name = x509.GeneralName("directory_name", certificate.issuer)
    issuer = {"issuer": [name], "serial_number": certificate.serial_number}
    identifier = tsp.ESSCertIDv2({"cert_hash": sha256(der).digest(), "issuer_serial": issuer})
    return _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]}))
