"""Wiring of certificates: what each process is made of."""

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared import telemetry
from shared.memory import collect_rarely
from shared.provision import require
from shared.settings import load_or_exit, stop_with
from shared.topics import (
    CERTIFICATES,
    DECISIONS,
    ENROLMENTS,
    KEYS,
    NUMBERS,
    PARTICIPANTS,
    PROGRAMMES,
    WEBINARS,
)

READ = (PROGRAMMES, WEBINARS, KEYS, PARTICIPANTS, ENROLMENTS, DECISIONS, NUMBERS, CERTIFICATES)


def run_api() -> None:
    """Certificates, their documents, and the public verify page."""
    from services.certificates.settings import CertificatesApiSettings
    from shared.serving import serve

    telemetry.configure("certificates.api")
    settings = load_or_exit(CertificatesApiSettings)
    require(settings, (CERTIFICATES, KEYS))
    serve(build_api(settings), settings)


def run_worker() -> None:
    """Numbers, certificates, documents, and the two views."""
    from services.certificates.settings import CertificatesWorkerSettings
    from shared.operator_routes import serve_operator_routes

    telemetry.configure("certificates.worker")
    settings = load_or_exit(CertificatesWorkerSettings)
    require(settings, READ)
    worker = build_worker(settings)
    collect_rarely()
    serve_operator_routes(settings, worker.readiness)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: worker.stop.set())
    worker.run()


def build_maker(settings: Any) -> Any:
    """Renderer and signer; ends the process when there is no key that may be used."""
    from services.certificates.documents.keys import NoSigningKey
    from services.certificates.documents.maker import Maker
    from services.certificates.documents.render import TypstRenderer
    from services.certificates.documents.sign import PadesSigner

    try:
        identity = _identity(settings)
    except NoSigningKey as sentence:
        stop_with(str(sentence))
    if identity.sample and settings.env == "production":
        stop_with("The signing key is a sample; HADIR_SIGNING_P12 must name a real one.")
    return Maker(TypstRenderer(), PadesSigner(identity))


def _identity(settings: Any) -> Any:
    from services.certificates.documents.keys import NoSigningKey, load_identity, sample_identity

    if settings.signing_p12:
        return load_identity(Path(settings.signing_p12), settings.signing_password)
    if settings.env == "production":
        raise NoSigningKey("HADIR_SIGNING_P12 must be set when HADIR_ENV is production.")
    return sample_identity(settings.data_dir / "signing", datetime.now(UTC))


def build_api(settings: Any, *, client: Any = None) -> Any:
    """The FastAPI application."""
    from services.certificates.api import build
    from services.certificates.documents.files import DocumentFiles
    from services.certificates.reading import Reader
    from services.certificates.stores import CertificateView, PeopleView
    from services.certificates.vault import Vault
    from shared.views import connect

    store = client or connect(settings)
    reader = Reader(
        CertificateView(settings, store, settings.code_key), PeopleView(settings, store),
        Vault(settings.kek), DocumentFiles(settings.documents), build_maker(settings),
    )  # fmt: skip
    return build(settings, reader)


def build_worker(settings: Any, *, client: Any = None) -> Any:
    """The worker around its logs, its views and its issuer."""
    from services.certificates.documents.files import DocumentFiles
    from services.certificates.handlers import Decisions, Documents
    from services.certificates.issuing import Issuer
    from services.certificates.logs import Logs
    from services.certificates.stores import CertificateView, Floors, PeopleView, parse_needed
    from services.certificates.vault import Vault
    from services.certificates.worker import DecisionConsumer, Worker
    from shared.consume import BatchConsumer
    from shared.projector import Projector
    from shared.publish import KafkaPublisher
    from shared.views import connect

    store, maker, vault, logs = (
        client or connect(settings), build_maker(settings), Vault(settings.kek), Logs(settings)
    )  # fmt: skip
    people, floors = PeopleView(settings, store), Floors(settings, store)
    shown = CertificateView(settings, store, settings.code_key)
    issuer = Issuer(
        settings, logs=logs, people=people, publisher=KafkaPublisher(settings), vault=vault,
        policy=settings.policy(sample=maker.signer.sample),
    )  # fmt: skip
    documents = Documents(maker, DocumentFiles(settings.documents), people, vault)
    return Worker(
        decisions=DecisionConsumer(
            settings, issuer=issuer, floors=floors, handle=Decisions(issuer)
        ),
        documents=BatchConsumer(
            settings, group="certificates.documents", topics=[CERTIFICATES], handle=documents,
            instance=settings.instance, max_records=8, fetch_bytes=64 * 1024,
        ),
        logs=logs, issuer=issuer, floors=floors,
        views=[
            Projector(settings, v.view, v.TOPICS, v.project, instance=settings.instance,
                      parse=parse_needed)
            for v in (people, shown)
        ],
    )  # fmt: skip
