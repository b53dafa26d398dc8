"""What every HTTP process has: RFC 9457 problems, bearer tokens with roles, operator's routes."""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import urlsplit

import jwt
import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from shared.operator_routes import Readiness, answer
from shared.settings import ApiSettings, KafkaSettings, MissingSetting

log = structlog.get_logger()
PROBLEM = "application/problem+json"


class Problem(Exception):
    """An answer by RFC 9457: a stable `type` (urn:hadir:problem:<code>), title, detail."""

    def __init__(self, status: int, code: str, title: str, detail: str = "",
                 headers: Mapping[str, str] | None = None, **extra: Any) -> None:  # fmt: skip
        super().__init__(title)
        self.status, self.headers = status, dict(headers or {})
        self.body = {
            "type": f"urn:hadir:problem:{code}",
            "title": title,
            "status": status,
            **({"detail": detail} if detail else {}),
            **extra,
        }

    def response(self) -> Response:
        """As an HTTP answer."""
        return JSONResponse(self.body, self.status, self.headers, media_type=PROBLEM)


def not_ready(what: str) -> Problem:
    """503: it cannot be answered now, and will be soon."""
    return Problem(503, "not-ready", "Not ready yet", what, {"Retry-After": "2"})


class Role(StrEnum):
    """Who may do what."""

    VIEWER = "viewer"
    ORGANISER = "organiser"
    DOOR = "door"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Caller:
    """Who calls: subject and roles of a verified token."""

    def __init__(self, subject: str, roles: frozenset[str]) -> None:
        self.subject, self.roles = subject, roles


class Tokens:
    """Verifies bearer tokens: JWTs of the identity provider, or the development token."""

    def __init__(self, settings: ApiSettings) -> None:
        if settings.env == "production" and settings.dev_token:
            raise MissingSetting("HADIR_DEV_TOKEN must not be set when HADIR_ENV is production.")
        if not settings.dev_token and not settings.oidc_jwks_url:
            raise MissingSetting(
                "Neither HADIR_OIDC_JWKS_URL nor (locally) HADIR_DEV_TOKEN is set."
            )
        self._settings = settings
        self._jwks = jwt.PyJWKClient(settings.oidc_jwks_url) if settings.oidc_jwks_url else None

    def caller(self, token: str) -> Caller:
        """The caller.

        Raises:
            Problem: 401 when the token is not valid, 503 when nobody can say now.
        """
        dev = self._settings.dev_token
        if dev and hmac.compare_digest(dev.encode(), token.encode()):
            return Caller("development", frozenset(Role))
        if self._jwks is None:
            raise _unauthorised("The token is not valid.")
        try:
            key = self._jwks.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token, key, algorithms=["RS256", "ES256", "EdDSA"],
                audience=self._settings.oidc_audience, issuer=self._settings.oidc_issuer or None,
                options={"require": ["exp", "sub"]},
            )  # fmt: skip
        except jwt.PyJWKClientConnectionError as away:
            raise not_ready("The identity provider's keys cannot be fetched now.") from away
        except jwt.PyJWTError as wrong:
            raise _unauthorised("The token is not valid.") from wrong
        return Caller(str(claims["sub"]), _roles(claims))


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    """Of the claim `roles`, or Keycloak's `realm_access.roles`; what is no role of ours is nothing."""
    realm = claims.get("realm_access")
    given = claims.get("roles") or (realm.get("roles") if isinstance(realm, dict) else None)
    return frozenset(role for role in Role if isinstance(given, list) and role in given)


def _unauthorised(detail: str) -> Problem:
    return Problem(401, "unauthorised", "Not signed in", detail, {"WWW-Authenticate": "Bearer"})


_bearer = HTTPBearer(auto_error=False, description="OIDC access token, or the local token")
SESSION = "hadir_token"
"""The cookie in which a signed-in browser holds its token (HttpOnly, SameSite=Strict)."""


def _caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    return caller_of(request, given.credentials if given else None)


def caller_of(request: Request, token: str | None = None) -> Caller:
    """Who calls, by bearer token or a browser's session.

    Raises:
        Problem: 401 without a valid token, 403 for a browser's write from a foreign page.
    """
    token = token or _of_session(request)
    if not token:
        raise _unauthorised("A bearer token is needed.")
    tokens: Tokens = request.app.state.tokens
    return tokens.caller(token)


def _of_session(request: Request) -> str | None:
    """The token of a browser's session; a write must come from our own pages."""
    token = request.cookies.get(SESSION)
    if token and request.method not in {"GET", "HEAD"}:
        origin = urlsplit(request.headers.get("origin", "")).netloc
        if origin != request.headers.get("host"):
            raise Problem(403, "foreign-origin", "Not allowed",
                          "A signed-in browser may write from our own pages only.")  # fmt: skip
    return token


def allowed(*roles: Role) -> Any:
    """A dependency: the caller, who has at least one of the roles (any caller when none given)."""

    def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if roles and not caller.roles & set(roles):
            names = ", ".join(sorted(roles))
            raise Problem(
                403, "forbidden", "Not allowed", f"One of these roles is needed: {names}."
            )
        return caller

    return Depends(check)


def build_app(title: str, settings: KafkaSettings, readiness: Readiness, **kwargs: Any) -> FastAPI:
    """A FastAPI application with problems, the operator's routes and (for APIs) tokens."""
    app = FastAPI(title=f"Hadir {title}", version=version("hadir"), **kwargs)
    if isinstance(settings, ApiSettings):
        app.state.tokens = Tokens(settings)
    app.exception_handler(Problem)(_problem)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(Exception)(_unexpected)
    add_operator_routes(app, readiness)
    return app


def add_operator_routes(app: FastAPI, readiness: Readiness) -> None:
    """/livez (the loop answers), /readyz (says what is missing), /metrics, /version."""

    @app.get("/livez", tags=["operator"])
    async def livez() -> Response:
        return _operator("/livez", readiness)

    @app.get("/readyz", tags=["operator"])
    def readyz() -> Response:
        return _operator("/readyz", readiness)

    @app.get("/metrics", tags=["operator"])
    def metrics() -> Response:
        return _operator("/metrics", readiness)

    @app.get("/version", tags=["operator"])
    async def version_of() -> Response:
        return _operator("/version", readiness)


def _operator(path: str, readiness: Readiness) -> Response:
    status, kind, body = answer(path, readiness)
    return Response(body, status, media_type=kind)


async def _problem(_: Request, problem: Problem) -> Response:
    return problem.response()


async def _http_error(_: Request, error: HTTPException) -> Response:
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    return Problem(error.status_code, code, str(error.detail), headers=error.headers).response()


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    found = [
        {"pointer": "/" + "/".join(map(str, e["loc"][1:])), "detail": e["msg"]}
        for e in error.errors()
    ]
    return Problem(422, "invalid", "The request is not valid", errors=found).response()


async def _unexpected(_: Request, error: Exception) -> Response:
    log.error("unexpected_error", kind=type(error).__name__)
    return Problem(500, "unexpected", "Something went wrong on our side").response()
