"""OpenID Connect without a network: what is sent, and what must be true of what comes back.

The authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207). Authlib builds the requests
and checks the claims of the ID token, joserfc its signature; what neither does is done here.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import DEFAULT_HEADERS, OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry

from bot.oidc.settings import EMAIL, is_safe
from core.domain.staff import LONGEST_SUBJECT, NAME, Vouched

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Of signatures that we believe: such as nobody can make who knows only what the issuer publishes."""
LEEWAY: Final = timedelta(seconds=60)
"""By how much the issuer's clock and ours may differ."""
BASIC: Final = "client_secret_basic"
METHODS: Final = (BASIC, "client_secret_post")
"""How we can prove to be the client, the better first."""
DENIED: Final = "access_denied"
"""RFC 6749, 4.1.2.1: whoever signs in there, or the issuer, said no."""


class Distrusted(Exception):
    """What came back is not to be believed; the text is a word for the log, and nothing of what came."""


class NewKeys(Distrusted):
    """The keys that we have do not fit; the issuer may have others by now."""


class Down(Exception):
    """The issuer does not answer, or answers nothing that we could go on with; the text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who we are to the issuer, and what of him counts."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    claim: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the issuer does what, from his discovery document."""

    authorization: str
    token: str
    keys: str
    method: str
    """How the client proves itself: one of `METHODS`, or `none`."""
    names_himself: bool
    """Whether he puts `iss` into his answers (RFC 9207)."""
    has_s256: bool
    """Whether he says that he checks PKCE, or does not say."""


class Journey:
    """What one browser's way to the issuer and back is known by: all of it is made of the cookie's token.

    The issuer sees `state`, `nonce` and a hash of `verifier`, and the browser's address bar no more than that: none of
    them leads back to the token, or to another of them.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    @property
    def state(self) -> str:
        """Says which browser an answer is for (RFC 6749, 10.12)."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """Says which browser an ID token is for."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """Shows that whoever redeems the code has asked for it: 64 letters, RFC 7636 wants 43 to 128."""
        return self._made("verifier")

    def _made(self, purpose: str) -> str:
        return hmac.new(self._token, f"oidc {purpose}".encode(), "sha256").hexdigest()


def discovery_url(issuer: str) -> str:
    """Where an issuer's discovery document is (OpenID Connect Discovery 1.0, 4)."""
    return str(get_well_known_url(issuer, external=True))


def places(body: bytes, client: Client) -> Places:
    """Read a discovery document.

    Raises:
        Down: it is none, names another issuer, or addresses that are not safe.
    """
    data = _object(body, "discovery is unreadable")
    if data.get("issuer") != client.issuer:
        raise Down("discovery names another issuer")
    found = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = data.get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise Down(f"{name} is missing or not safe")
        found[name] = url
    return Places(
        authorization=found["authorization_endpoint"],
        token=found["token_endpoint"],
        keys=found["jwks_uri"],
        method=_method(data.get("token_endpoint_auth_methods_supported", [BASIC]), client),
        names_himself=data.get("authorization_response_iss_parameter_supported") is True,
        has_s256="S256" in _words(data.get("code_challenge_methods_supported", ["S256"])),
    )


def _method(offered: object, client: Client) -> str:
    if not client.secret:
        return "none"
    for method in METHODS:
        if method in _words(offered):
            return method
    raise Down("the issuer takes a client's secret in no way that we know")


def _words(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def keys(body: bytes) -> KeySet:
    """Read the issuer's keys: those with which he may have signed. One that cannot be read is as if it were not there.

    Raises:
        Down: there is none.
    """
    found: list[Key] = []
    for data in _words(_object(body, "keys are unreadable").get("keys")):
        if isinstance(data, dict) and data.get("kty") in {"RSA", "EC"} and data.get("use", "sig") == "sig":
            try:
                found.append(JWKRegistry.import_key(data))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    if not found:
        raise Down("there are no keys to check signatures with")
    return KeySet(found)


def authorization_url(client: Client, where: Places, journey: Journey) -> str:
    """Where the browser is sent."""
    asking = OAuth2Client(
        None,
        client_id=client.client_id,
        redirect_uri=client.redirect_uri,
        scope=list(client.scopes),
        code_challenge_method="S256",
    )
    url, _ = asking.create_authorization_url(
        where.authorization, state=journey.state, code_verifier=journey.verifier, nonce=journey.nonce
    )
    return str(url)


def code_of(query: Mapping[str, str], where: Places, client: Client) -> str:
    """The code that a browser brought back; its `state` was looked at before.

    Raises:
        Distrusted: the issuer refused, or it comes from another one (RFC 9207).
    """
    named = query.get("iss")
    if (named is None and where.names_himself) or (named is not None and named != client.issuer):
        raise Distrusted("another issuer answered")
    if "error" in query:
        raise Distrusted(DENIED if query["error"] == DENIED else "the issuer refused")
    if not query.get("code"):
        raise Distrusted("there is no code")
    return query["code"]


def token_request(client: Client, where: Places, code: str, journey: Journey) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the request that redeems a code."""
    body = prepare_token_request(
        "authorization_code", code=code, redirect_uri=client.redirect_uri, code_verifier=journey.verifier
    )
    name, secret = client.client_id, client.secret
    if where.method == BASIC:  # Authlib leaves out what RFC 6749, 2.3.1, asks for
        name, secret = quote_plus(name), quote_plus(secret)
    proof = ClientAuth(name, secret, where.method)
    _, headers, body = proof.prepare("POST", where.token, dict(DEFAULT_HEADERS), body)
    return body.encode(), headers


def id_token(status: int, body: bytes) -> str:
    """The ID token in an answer to `token_request`.

    Raises:
        Down: the issuer stumbled, or does not know us.
        Distrusted: he does not take the code, or sends no ID token.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Down(f"the token endpoint answered HTTP {status}")
    data = _object(body, f"the token endpoint's answer is unreadable (HTTP {status})")
    if status != HTTPStatus.OK:
        if data.get("error") == "invalid_grant":
            raise Distrusted("the issuer does not take the code")
        raise Down(f"the token endpoint refuses us (HTTP {status})")
    found = data.get("id_token")
    if not isinstance(found, str) or not found:
        raise Distrusted("there is no ID token")
    return found


def vouched(client: Client, text: str, known: KeySet, journey: Journey, now: datetime) -> Vouched:
    """Whom an ID token is about, after everything about it was checked (OpenID Connect Core, 3.1.3.7).

    Raises:
        NewKeys: it is signed by a key that is not known.
        Distrusted: anything else.
    """
    claims = _checked(client, text, known, journey, now)
    subject = claims["sub"]
    if len(subject) > LONGEST_SUBJECT:
        raise Distrusted("sub is too long")
    return Vouched(issuer=client.issuer, subject=subject, name=_name(claims, client))


def _checked(client: Client, text: str, known: KeySet, journey: Journey, now: datetime) -> Mapping[str, Any]:
    options = {
        "iss": {"essential": True, "value": client.issuer},
        "aud": {"essential": True, "value": client.client_id},
        "sub": {"essential": True},
    }
    # Issuers may put what they like into the header; what they call critical must still be known.
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        read = jwt.decode(text, known, registry=registry)
        params = {"nonce": journey.nonce, "client_id": client.client_id}
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise NewKeys(error.error) from None
    except ClaimError as error:
        raise Distrusted(f"{error.error}: {error.claim}") from None
    except JoseError as error:
        raise Distrusted(error.error) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Distrusted("the ID token is unreadable") from None
    return claims  # type: ignore[no-any-return] # Authlib ships no types


def _name(claims: Mapping[str, Any], client: Client) -> str:
    """The account's name that the claim gives: plain letters, for others that look alike are not its owner's."""
    value = claims.get(client.claim)
    if not isinstance(value, str) or not value:
        raise Distrusted(f"{client.claim} is missing")
    if client.claim == EMAIL and claims.get("email_verified") is not True:
        raise Distrusted("the e-mail is not verified")
    name, at, domain = value.rpartition("@") if "@" in value else (value, "", "")
    if at and (not client.domain or domain.lower() != client.domain):
        raise Distrusted(f"{client.claim} is of another domain")
    if client.claim == EMAIL and not at:
        raise Distrusted("the e-mail is none")
    if not value.isascii() or not NAME.fullmatch(name.lower()):
        raise Distrusted(f"{client.claim} is no name of ours")
    return name.lower()


def _object(body: bytes, problem: str) -> Mapping[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Down(problem)
    return data
