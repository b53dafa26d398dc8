"""The key that signs documents: a PKCS#12 file, or a local sample key that says what it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from services.certificates.documents.files import write_once

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
MARK = "CONTOH"
_YEARS = 10


class NoSigningKey(Exception):
    """The key cannot be read or must not be used; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: key, certificate and its chain (DER)."""

    key: SigningKey
    certificate: bytes
    chain: tuple[bytes, ...]
    sample: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hex: says which key a document was made with."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.certificate)
        return digest.finalize().hex()


def load_identity(path: Path, password: str) -> Identity:
    """The identity in a PKCS#12 file.

    Raises:
        NoSigningKey: unreadable, wrong password, or a kind of key that PAdES readers do not take.
    """
    try:
        secret = password.encode() or None
        key, certificate, others = pkcs12.load_key_and_certificates(path.read_bytes(), secret)
    except (OSError, ValueError) as problem:
        raise NoSigningKey(f"The signing key {path} cannot be read: {problem}.") from problem
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise NoSigningKey(f"{path} holds no certificate with an RSA or EC key.")
    return Identity(key, _der(certificate), tuple(_der(c) for c in others), _is_sample(certificate))


def sample_identity(folder: Path, now: datetime) -> Identity:
    """The local sample key, made at first use; whoever comes second takes what the first made."""
    path = folder / "sample.p12"
    if not path.exists():
        write_once(path, _sample_p12(now), mode=0o600)
    return load_identity(path, "")


def _is_sample(certificate: x509.Certificate) -> bool:
    return MARK in certificate.subject.rfc4514_string().upper()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _sample_p12(now: datetime) -> bytes:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, name = _name("Penerbit / Issuer"), _name("Penanda Tangan / Signer")
    ca = _certificate(ca_name, ca_key.public_key(), ca_name, ca_key, now, is_ca=True)
    leaf = _certificate(name, key.public_key(), ca_name, ca_key, now, is_ca=False)
    return pkcs12.serialize_key_and_certificates(
        b"sample", key, leaf, [ca], serialization.NoEncryption()
    )


def _name(what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "CONTOH - SAMPLE, tidak berlaku"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"CONTOH - SAMPLE {what}"),
        ]
    )


def _certificate(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey, now: datetime, *, is_ca: bool,
) -> x509.Certificate:  # fmt: skip
    start = now.astimezone(UTC) - timedelta(days=1)
    usage = x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=not is_ca, key_cert_sign=is_ca,
        crl_sign=is_ca, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
