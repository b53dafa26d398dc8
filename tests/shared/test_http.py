"""What every API has: problems by RFC 9457, roles from tokens, the operator's routes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Annotated, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from deploy.local.ports import free_ports
from shared.http import Problem, Role, allowed, build_app
from shared.settings import ApiSettings, KafkaSettings, MissingSetting

ISSUER = "https://identity.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DEV = "local-development-token"


def settings(**values: Any) -> ApiSettings:
    return ApiSettings(kafka="none:9092", redis="redis://none", **values)


class Keys(BaseHTTPRequestHandler):
    """An identity provider's JWKS."""

    def do_GET(self) -> None:
        body = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"keys": [{**body, "kid": "k1", "alg": "RS256"}]}).encode())

    def log_message(self, *_: Any) -> None:
        """The test's output stays its own."""


@pytest.fixture(scope="module")
def jwks_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks"
    server.shutdown()
    server.server_close()


def client_for(made: KafkaSettings, missing: tuple[str, ...] = ()) -> TestClient:
    app = build_app("test", made, lambda: missing)

    @app.get("/v1/number/{number}", dependencies=[allowed()])
    def number(number: int) -> int:
        return 1 // number

    @app.get("/v1/who")
    def who(caller: Annotated[Any, allowed(Role.ORGANISER, Role.OPERATOR)]) -> list[str]:
        return [caller.subject, *sorted(caller.roles)]

    @app.get("/v1/taken")
    def taken() -> None:
        raise Problem(409, "taken", "Taken", "by another", {"x-own": "1"}, seat=7)

    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(jwks_url: str) -> TestClient:
    return client_for(settings(dev_token=DEV, oidc_jwks_url=jwks_url, oidc_issuer=ISSUER))


def claims(**others: Any) -> dict[str, Any]:
    base = {"sub": "person-1", "aud": "hadir", "iss": ISSUER, "exp": int(time.time()) + 60}
    return {**base, "roles": ["organiser"], **others}


def bearer(
    payload: dict[str, Any], key: Any = KEY, kid: str = "k1", algorithm: str = "RS256"
) -> Any:
    token = jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid})
    return {"authorization": f"Bearer {token}"}


DEVELOPER = {"authorization": f"Bearer {DEV}"}


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:hadir:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    return body


def test_a_path_that_is_not_there_is_a_problem(client: TestClient) -> None:
    assert_problem(client.get("/nowhere"), 404, "not-found")


def test_a_method_that_is_not_allowed_is_a_problem_and_says_which_are(client: TestClient) -> None:
    answer = client.post("/livez")
    assert_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


def test_an_invalid_request_is_a_problem_that_points_at_the_place(client: TestClient) -> None:
    body = assert_problem(client.get("/v1/number/many", headers=DEVELOPER), 422, "invalid")
    assert [error["pointer"] for error in body["errors"]] == ["/number"]
    assert "many" not in json.dumps(body)


def test_our_own_failure_is_a_problem_that_tells_nothing_of_our_inside(client: TestClient) -> None:
    answer = client.get("/v1/number/0", headers=DEVELOPER)
    assert_problem(answer, 500, "unexpected")
    assert "Zero" not in answer.text


def test_a_problem_carries_its_detail_its_headers_and_its_own_fields(client: TestClient) -> None:
    answer = client.get("/v1/taken")
    body = assert_problem(answer, 409, "taken")
    assert (body["detail"], body["seat"], answer.headers["x-own"]) == ("by another", 7, "1")


def test_without_a_token_nobody_is_let_in(client: TestClient) -> None:
    answer = client.get("/v1/who")
    assert_problem(answer, 401, "unauthorised")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_of_the_identity_provider_gives_its_subject_and_roles(client: TestClient) -> None:
    answer = client.get("/v1/who", headers=bearer(claims(roles=["organiser", "viewer", "root"])))
    assert answer.json() == ["person-1", "organiser", "viewer"]


def test_roles_may_come_the_way_keycloak_writes_them(client: TestClient) -> None:
    realm = {"roles": ["operator", "offline_access"]}
    answer = client.get("/v1/who", headers=bearer(claims(roles=None, realm_access=realm)))
    assert answer.json() == ["person-1", "operator"]


@pytest.mark.parametrize(
    "roles",
    [[], ["viewer"], ["door", "auditor"], "organiser", {"organiser": 1}, [["organiser"]], 7],
)
def test_a_caller_without_one_of_the_roles_is_refused_and_told_which(
    client: TestClient, roles: Any
) -> None:
    body = assert_problem(
        client.get("/v1/who", headers=bearer(claims(roles=roles))), 403, "forbidden"
    )
    assert "operator, organiser" in body["detail"]


def without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in claims().items() if claim != name}


REFUSED: dict[str, Callable[[], Any]] = {
    "expired": lambda: bearer(claims(exp=int(time.time()) - 60)),
    "without end": lambda: bearer(without("exp")),
    "of nobody": lambda: bearer(without("sub")),
    "for somebody else": lambda: bearer(claims(aud="another")),
    "for nobody": lambda: bearer(without("aud")),
    "of another issuer": lambda: bearer(claims(iss="https://elsewhere.example")),
    "signed with another key": lambda: bearer(claims(), key=OTHER_KEY),
    "with an unknown key": lambda: bearer(claims(), kid="k2"),
    "signed with the public key as a secret": lambda: bearer(
        claims(), key="x" * 64, algorithm="HS256"
    ),
    "not signed": lambda: bearer(claims(), key="", algorithm="none"),
    "no token at all": lambda: {"authorization": "Bearer not.a.token"},
    "the local one, cut": lambda: {"authorization": f"Bearer {DEV[:-1]}"},
    "not even ASCII": lambda: {"authorization": "Bearer \xe9".encode("latin-1")},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_token_that_is_not_valid_lets_nobody_in(client: TestClient, kind: str) -> None:
    assert_problem(client.get("/v1/who", headers=REFUSED[kind]()), 401, "unauthorised")


def test_while_the_identity_provider_is_away_nobody_is_told_that_a_token_is_wrong() -> None:
    client = client_for(settings(oidc_jwks_url=f"http://127.0.0.1:{free_ports(1)[0]}/jwks"))
    answer = client.get("/v1/who", headers=bearer(claims()))
    assert_problem(answer, 503, "not-ready")
    assert answer.headers["retry-after"]


def test_the_local_token_has_every_role(client: TestClient) -> None:
    answer = client.get("/v1/who", headers=DEVELOPER)
    assert answer.json() == ["development", *sorted(Role)]


def test_production_refuses_the_local_token() -> None:
    made = settings(env="production", dev_token=DEV, oidc_jwks_url="http://127.0.0.1:1/jwks")
    with pytest.raises(MissingSetting, match="HADIR_DEV_TOKEN must not be set"):
        build_app("test", made, list)


def test_an_api_that_nobody_could_sign_in_to_does_not_start() -> None:
    with pytest.raises(MissingSetting, match="Neither HADIR_OIDC_JWKS_URL nor"):
        build_app("test", settings(), list)


def test_a_ready_process_says_so(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


def test_a_process_that_is_not_ready_says_what_is_missing() -> None:
    answer = client_for(KafkaSettings(kafka="none:9092"), ("The view is being rebuilt.",)).get(
        "/readyz"
    )
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "missing": ["The view is being rebuilt."]}


def test_a_process_lives_tells_its_version_and_its_metrics_without_a_token(
    client: TestClient,
) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/version").json()["version"]
    assert "# HELP process_" in client.get("/metrics").text
