"""The signature: valid to independent readers, over the whole file, deterministic."""

import io
import subprocess
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from services.certificates.documents.keys import MARK, NoSigningKey, load_identity, sample_identity
from services.certificates.documents.maker import Maker
from services.certificates.documents.sign import PadesSigner, SigningFailed

NOW = datetime(2026, 11, 12, tzinfo=UTC)


def p12(key, name: str, password: bytes = b"") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(7)
        .public_key(key.public_key()).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=900))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, secret)


def test_poppler_says_valid_and_that_the_whole_document_is_signed(
    maker, printed, save, pdfsig
) -> None:
    told = subprocess.run(
        [pdfsig, save(maker.make(printed()))], capture_output=True, text=True
    ).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_an_rsa_key_of_an_agency_signs_too(tmp_path, printed, maker, save, pdfsig) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "k.p12").write_bytes(p12(key, "Instansi", b"rahasia"))
    identity = load_identity(tmp_path / "k.p12", "rahasia")
    assert not identity.sample
    signed = Maker(maker.renderer, PadesSigner(identity)).make(printed())
    told = subprocess.run([pdfsig, save(signed)], capture_output=True, text=True).stdout
    assert "Signature is Valid" in told
    assert Maker(maker.renderer, PadesSigner(identity)).make(printed()) == signed


def test_one_changed_byte_breaks_the_signature(maker, printed, save, pdfsig) -> None:
    pdf = bytearray(maker.make(printed()))
    pdf[pdf.rindex(b"endobj") - 20] ^= 1
    told = subprocess.run([pdfsig, save(bytes(pdf))], capture_output=True, text=True).stdout
    assert "Signature is Valid" not in told


def parts(pdf: bytes) -> tuple[bytes, cms.SignedData]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        value = document.Root.AcroForm.Fields[0].V
        a, b, c, d = (int(n) for n in value.ByteRange)
        der = bytes(value.Contents)
    assert (a, c + d) == (0, len(pdf))
    return pdf[a : a + b] + pdf[c : c + d], cms.ContentInfo.load(der)["content"]


def test_the_cms_is_pades_baseline_b_b(maker, printed, identity) -> None:
    covered, signed = parts(maker.make(printed()))
    info = signed["signer_infos"][0]
    attributes = {a["type"].native: a["values"][0] for a in info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    digest = hashes.Hash(hashes.SHA256())
    digest.update(covered)
    assert attributes["message_digest"].native == digest.finalize()
    public = x509.load_der_x509_certificate(identity.certificate).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(
        info["signature"].native,
        info["signed_attrs"].untag().dump(force=True),
        ec.ECDSA(hashes.SHA256()),
    )


def test_signed_attributes_are_sorted_as_der_wants(maker, printed) -> None:
    _, signed = parts(maker.make(printed()))
    encoded = [a.dump() for a in signed["signer_infos"][0]["signed_attrs"]]
    assert encoded == sorted(encoded)


def test_the_sample_key_names_itself_a_sample_and_is_made_once(tmp_path) -> None:
    first, second = sample_identity(tmp_path, NOW), sample_identity(tmp_path, NOW)
    subject = x509.load_der_x509_certificate(first.certificate).subject.rfc4514_string()
    assert MARK in subject
    assert "SAMPLE" in subject
    assert first.sample
    assert first.certificate == second.certificate
    assert (tmp_path / "sample.p12").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "password"), [(None, ""), (b"no key", ""), ("locked", "wrong")]
)
def test_a_key_that_cannot_be_read_is_refused_with_a_sentence(tmp_path, content, password) -> None:
    path = tmp_path / "k.p12"
    if content == "locked":
        content = p12(ec.generate_private_key(ec.SECP256R1()), "X", b"right")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoSigningKey, match="cannot be read"):
        load_identity(path, password)


def test_a_pdf_is_not_signed_when_there_is_no_place_for_the_signature(
    maker, printed, identity
) -> None:
    signer = PadesSigner(identity)
    signer._room = 100
    with pytest.raises(SigningFailed, match="larger"):
        signer.sign(maker.renderer.render(printed()), at=NOW, place="Jakarta")


def test_certificates_in_the_signature_hold_the_chain(maker, printed, identity) -> None:
    _, signed = parts(maker.make(printed()))
    held = {c.chosen.dump() for c in signed["certificates"]}
    assert held == {identity.certificate, *identity.chain}
    assert x509.load_der_x509_certificate(identity.certificate).public_bytes(Encoding.DER) in held
