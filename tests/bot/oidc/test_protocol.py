"""What an issuer sends may be anything at all: it is believed, or refused by one of our own refusals."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet

from bot.oidc import protocol
from bot.oidc.protocol import Client, Distrusted, Down, Journey
from bot.oidc.settings import is_safe
from tests.bot.oidc.emulator import rsa

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLIENT = Client(
    issuer="https://sso.example.ru/realms/staff",
    client_id="meterline",
    secret="a secret of the client",
    redirect_uri="https://sms.example.ru/staff/oidc/callback",
    scopes=("openid",),
    claim="preferred_username",
    domain="",
)
JOURNEY = Journey("a-token-of-enough-letters")
KEYS = KeySet([rsa()])
CLAIMS = {
    "iss": CLIENT.issuer,
    "aud": "meterline",
    "sub": "1",
    "iat": NOW.timestamp(),
    "exp": NOW.timestamp() + 60,
    "nonce": JOURNEY.nonce,
    "preferred_username": "ivanova",
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def signed(claims: Any, **header: Any) -> str:
    """A token with the issuer's own signature, whatever its header says; without what is `...` there."""
    head = {"alg": "RS256", "kid": "rsa-0"} | header
    parts = [{name: value for name, value in head.items() if value is not ...}, claims]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature = rsa().private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://sso.example.ru", True),
        ("https://sso.example.ru:8443/realms/staff", True),
        ("https://[2001:db8::1]/", True),
        ("http://127.0.0.1:8080/", True),
        ("http://[::1]:8080/", True),
        ("http://localhost/", True),
        ("http://sso.example.ru", False),
        ("http://127.0.0.1.example.ru/", False),
        ("http://localhost.example.ru/", False),
        ("https://sso.example.ru@evil.example/", False),
        ("https://", False),
        ("https:/sso.example.ru", False),
        ("javascript:alert(1)", False),
        ("//sso.example.ru", False),
        ("", False),
        ("https://sso.example.ru/\r\nSet-Cookie: a=b", False),
        ("https://sso.example.ru/ x", False),
        ("https://пример.рф", False),
        ("https://sso.example.ru:port/", False),
        ("https://[::1", False),
        ("https:\\\\sso.example.ru", False),
    ],
)
def test_safe_addresses(monkeypatch: pytest.MonkeyPatch, url: str, expected: bool) -> None:  # noqa: FBT001 - a column
    """TLS, or this machine; whatever Authlib's variable says."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    assert is_safe(url) is expected


def test_what_is_told_does_not_lead_back() -> None:
    """State, nonce and verifier differ from each other, from the token, and with the token."""
    one, other = Journey("a-token-of-enough-letters"), Journey("a-token-of-enough-letterz")
    made = {text for each in (one, other) for text in (each.state, each.nonce, each.verifier)}
    assert (len(made), {len(text) for text in made}) == (6, {64})


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://sso.example.ru", "https://sso.example.ru/.well-known/openid-configuration"),
        ("https://sso.example.ru/", "https://sso.example.ru/.well-known/openid-configuration"),
        ("https://sso.example.ru/realms/a", "https://sso.example.ru/realms/a/.well-known/openid-configuration"),
    ],
)
def test_place_of_the_document(issuer: str, expected: str) -> None:
    """As Discovery 1.0, 4.1, has it: a slash at the end is dropped before the rest is added."""
    assert protocol.discovery_url(issuer) == expected


@pytest.mark.parametrize("header", [{}, {"own": "x"}, {"kid": ...}])
def test_a_token_that_is_right(header: dict[str, Any]) -> None:
    """The claims that other tests change are believed as they stand; of one key, it need not be said which it is."""
    found = protocol.vouched(CLIENT, signed(CLAIMS, **header), KEYS, JOURNEY, NOW)
    assert (found.issuer, found.subject, found.name) == (CLIENT.issuer, "1", "ivanova")


@given(st.sampled_from(sorted(CLAIMS)), ANYTHING)
def test_any_claim_may_be_anything(name: str, value: Any) -> None:
    """Of the right signature, and still: only the right claims are believed, and the rest is refused in our words."""
    try:
        found = protocol.vouched(CLIENT, signed(CLAIMS | {name: value}), KEYS, JOURNEY, NOW)
    except Distrusted as refusal:
        assert len(str(refusal)) < 60  # noqa: PT017 - either is right
    else:
        assert (found.issuer, isinstance(found.subject, str), name) == (CLIENT.issuer, True, name)
        assert name in {"sub", "exp", "iat", "preferred_username"} or value in (CLAIMS[name], ["meterline"])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"crit": ["own"], "own": 1}, "unsupported_header"),
        ({"crit": ["b64"], "b64": False}, "invalid_payload"),
        ({"kid": 7}, "invalid_header_value"),
        ({"alg": "RS1"}, "unsupported_algorithm"),
        ({"alg": None}, "invalid_header_value"),
        ({"alg": "ES256"}, "invalid_key_id"),
        ({"alg": "PS256"}, "invalid_key_id"),
        ({"own": "x" * 600}, "exceeded_size"),
    ],
)
def test_headers_that_ask_too_much(header: dict[str, Any], expected: str) -> None:
    """The signature is right, and what the header asks for is not to be had."""
    with pytest.raises(Distrusted, match=f"^{expected}$"):
        protocol.vouched(CLIENT, signed(CLAIMS, **header), KEYS, JOURNEY, NOW)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")) | st.just("." * 3) | st.just("a.b.c"))
def test_no_text_is_a_token(text: str) -> None:
    """Whatever it is."""
    with pytest.raises(Distrusted):
        protocol.vouched(CLIENT, text, KEYS, JOURNEY, NOW)


DOCUMENT = {
    "issuer": CLIENT.issuer,
    "authorization_endpoint": "https://sso.example.ru/auth",
    "token_endpoint": "https://sso.example.ru/token",
    "jwks_uri": "https://sso.example.ru/certs",
    "token_endpoint_auth_methods_supported": ["client_secret_post"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
}


@given(st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 100_000))
def test_no_body_is_a_document(body: bytes) -> None:
    """Discovery, keys and the token endpoint's answers: no bytes do more than be refused."""
    for read in (
        lambda: protocol.places(body, CLIENT),
        lambda: protocol.keys(body),
        lambda: protocol.id_token(200, body),
        lambda: protocol.id_token(400, body),
    ):
        with pytest.raises((Down, Distrusted)):
            read()


@given(st.sampled_from(sorted(DOCUMENT)), ANYTHING)
def test_any_part_of_the_document_may_be_anything(name: str, value: Any) -> None:
    """Addresses are safe, or the document is refused."""
    try:
        found = protocol.places(json.dumps(DOCUMENT | {name: value}).encode(), CLIENT)
    except Down:
        return
    assert all(map(is_safe, (found.authorization, found.token, found.keys)))


@given(st.lists(ANYTHING | st.fixed_dictionaries({"kty": st.sampled_from(["RSA", "EC", "oct"]), "n": ANYTHING})))
def test_keys_that_cannot_be_read_are_passed_over(others: list[Any]) -> None:
    """The one that can be read is found, whatever is beside it; shared secrets and keys to encrypt are none."""
    own = rsa().as_dict(private=False)
    encryption = own | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"}
    secret = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "secret"}
    found = protocol.keys(json.dumps({"keys": [*others, secret, encryption, own]}).encode())
    assert [key.kid for key in found.keys] == ["rsa-0"]


@pytest.mark.parametrize(
    ("method", "secret", "expected"),
    [
        ("client_secret_basic", "a:b%c d+ю", "Basic bWV0ZXJsaW5lOmElM0FiJTI1YytkJTJCJUQxJThF"),
        ("client_secret_post", "a:b", None),
        ("none", "", None),
    ],
)
def test_how_the_client_proves_itself(method: str, secret: str, expected: str | None) -> None:
    """RFC 6749, 2.3.1: name and secret are encoded before they are joined; and the secret is in one place only."""
    client = Client(**{name: getattr(CLIENT, name) for name in CLIENT.__slots__} | {"secret": secret})
    document = DOCUMENT | {"token_endpoint_auth_methods_supported": [method]}
    where = protocol.places(json.dumps(document).encode(), client)
    body, headers = protocol.token_request(client, where, "a code&", JOURNEY)
    assert headers.get("Authorization") == expected
    assert (b"client_secret=a%3Ab" in body) is (method == "client_secret_post")
    assert b"code=a+code%26" in body
    assert f"code_verifier={JOURNEY.verifier}".encode() in body
