"""An OpenID Connect issuer on this machine, as Keycloak answers, which lies and stumbles when told to.

Written from OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, 7636 and 9207. It checks what a client sends as a real
one does, so that a client that forgets PKCE or its secret gets no token. Nothing of `bot.oidc` is used here.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.conftest import FixedClock

CLIENT = "meterline"
SECRET = "a secret+of/the client%"
REALM = "/realms/staff"
ALGORITHMS = ["RS256", "ES256", "HS256"]
FORM = """<!doctype html><html lang="en"><title>Issuer</title><main><h1>Issuer</h1>
<form method="get" action="{realm}/auth"><label>Login <input name="login" autofocus></label>{hidden}
<button>Go on</button></form></main></html>"""


class Fault(StrEnum):
    """What it can be told to do wrong until it is told otherwise."""

    # In the ID token.
    OTHER_ISSUER = "iss is another"
    OTHER_AUDIENCE = "aud is another client"
    AUDIENCES = "aud has us and another client, and no azp"
    OTHER_PARTY = "aud is us, azp another client"
    EXPIRED = "exp is long past"
    FUTURE = "iat is yet to come"
    NO_EXPIRY = "no exp"
    EXPIRY_NAN = "exp is NaN"
    OTHER_NONCE = "nonce is another"
    NO_NONCE = "no nonce"
    NO_SUBJECT = "no sub"
    EMPTY_SUBJECT = "sub is empty"
    LONG_SUBJECT = "sub is longer than 255"
    NO_NAME = "no preferred_username"
    # In its signature.
    FORGED = "the claims are not what was signed"
    NONE = "alg none, and no signature"
    SYMMETRIC = "HS256, with the public key's text as the secret"
    STRANGE_KEY = "signed by a key that is never published"
    GARBLED = "the ID token is none"
    ARRAY = "the ID token holds no object"
    # At the token endpoint.
    BROKEN = "500"
    HANG = "no answer"
    HTML = "200, and a page"
    NO_TOKEN = "200, and no ID token"
    REDIRECT = "302 to somewhere else"
    # When the browser comes back.
    DENIED = "error=access_denied"
    REFUSED = "error=server_error"
    NO_CODE = "neither code nor error"
    OTHER_NAME = "iss in the answer is another"
    NAMELESS = "no iss in the answer"
    # In the discovery document.
    OTHER_DOCUMENT = "issuer is another"
    UNSAFE = "the token endpoint is http elsewhere"
    NO_DOCUMENT = "404"
    UNREADABLE = "no JSON"
    NO_KEYS = "an empty set of keys"
    PLAIN = "PKCE without S256"


@cache
def rsa(number: int = 0) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": f"rsa-{number}", "use": "sig", "alg": "RS256"})


@cache
def elliptic() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})


@dataclass
class Grant:
    """What a code stands for."""

    query: dict[str, str]
    login: str
    is_used: bool = False


@dataclass
class Issuer:
    """The issuer. Whoever is in `people` may sign in by his login; with `login` set he is signed in already."""

    clock: FixedClock
    redirect_uri: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    login: str = ""
    faults: set[Fault] = field(default_factory=set)
    key: RSAKey | ECKey = field(default_factory=rsa)
    public_client: bool = False
    method: str = "client_secret_basic"
    asked: list[str] = field(default_factory=list)
    """Which of its places was asked for, in order."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    grants: dict[str, Grant] = field(default_factory=dict)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        pages = web.Application()
        pages.add_routes(
            [
                web.get(f"{REALM}/.well-known/openid-configuration", self.document),
                web.get(f"{REALM}/certs", self.certs),
                web.get(f"{REALM}/auth", self.authorize),
                web.post(f"{REALM}/token", self.token),
            ]
        )
        self._runner = web.AppRunner(pages, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}{REALM}"

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def has(self, login: str, **claims: Any) -> None:
        """Somebody is known here."""
        self.people[login] = {"sub": f"sub-of-{login}", "preferred_username": login} | claims

    async def document(self, _request: web.Request) -> web.Response:
        self.asked.append("document")
        if {Fault.NO_DOCUMENT, Fault.UNREADABLE} & self.faults:
            return web.Response(text="<html>", status=404 if Fault.NO_DOCUMENT in self.faults else 200)
        return web.json_response(
            {
                "issuer": f"{self.url}/" if Fault.OTHER_DOCUMENT in self.faults else self.url,
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": "http://sso.example.ru/token" if Fault.UNSAFE in self.faults else f"{self.url}/token",
                "jwks_uri": f"{self.url}/certs",
                "response_types_supported": ["code", "none", "id_token"],
                "subject_types_supported": ["public", "pairwise"],
                "id_token_signing_alg_values_supported": ALGORITHMS,
                "token_endpoint_auth_methods_supported": ["private_key_jwt", self.method],
                "code_challenge_methods_supported": ["plain"] if Fault.PLAIN in self.faults else ["plain", "S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def certs(self, _request: web.Request) -> web.Response:
        """The key that signs; beside it one for encryption, one that nobody knows, and one that is broken."""
        self.asked.append("certs")
        if Fault.NO_KEYS in self.faults:
            return web.json_response({"keys": []})
        encryption = rsa(99).as_dict(private=False) | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"}
        others = [
            {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44"},
            {"kty": "RSA", "kid": "broken", "n": "!"},
            "nonsense",
        ]
        return web.json_response({"keys": [*others, encryption, self.key.as_dict(private=False)]})

    async def authorize(self, request: web.Request) -> web.Response:
        """The form, and after it (or where `login` is set) back to the client."""
        self.asked.append("auth")
        query = dict(request.query)
        login = self.login or query.pop("login", "")
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != self.redirect_uri:
            return web.Response(status=400, text="no such client, or another redirect_uri")
        if (
            query.get("response_type") != "code"
            or "openid" not in query.get("scope", "").split()
            or query.get("code_challenge_method") != "S256"
            or len(query.get("code_challenge", "")) != 43
            or not query.get("nonce")
        ):
            return web.Response(status=400, text="this is no request of ours")
        if login not in self.people:
            hidden = "".join(f'<input type="hidden" name="{key}" value="{value}">' for key, value in query.items())
            return web.Response(text=FORM.format(realm=REALM, hidden=hidden), content_type="text/html")
        return self._back(query, login)

    def _back(self, query: dict[str, str], login: str) -> web.Response:
        code = f"code-{len(self.grants)}"
        answer = {"state": query["state"], "session_state": "s", "iss": self.url, "code": code}
        if Fault.DENIED in self.faults or Fault.REFUSED in self.faults:
            answer["error"] = "access_denied" if Fault.DENIED in self.faults else "server_error"
            answer["error_description"] = "words of the issuer"
        if {"error", Fault.NO_CODE} & {*answer, *self.faults}:
            del answer["code"]
        if Fault.OTHER_NAME in self.faults:
            answer["iss"] = "https://evil.example"
        if Fault.NAMELESS in self.faults:
            del answer["iss"]
        self.grants[code] = Grant(query, login)
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    async def token(self, request: web.Request) -> web.Response:
        """Redeem a code: once, by who asked for it, to where it was sent."""
        self.asked.append("token")
        if Fault.HANG in self.faults:
            await self.released.wait()
        if {Fault.BROKEN, Fault.HTML} & self.faults:
            return web.Response(text="<html>", status=500 if Fault.BROKEN in self.faults else 200)
        if Fault.REDIRECT in self.faults:
            return web.Response(status=302, headers={"Location": f"{self.url}/auth"})
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not self._is_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        grant = self.grants.get(form.get("code", ""))
        if grant is None or grant.is_used or not _fits(form, grant):
            return web.json_response({"error": "invalid_grant", "error_description": "Code not valid"}, status=400)
        grant.is_used = True
        answer = {"access_token": "an access token", "token_type": "Bearer", "expires_in": 300}
        if Fault.NO_TOKEN not in self.faults:
            answer["id_token"] = self._signed(self._claims(grant))
        return web.json_response(answer)

    def _is_client(self, request: web.Request, form: dict[str, str]) -> bool:
        if self.public_client:
            return form.get("client_id") == CLIENT and "client_secret" not in form
        if self.method == "client_secret_post":
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        name, _, secret = base64.b64decode(value).decode().partition(":")
        return (kind, unquote_plus(name), unquote_plus(secret)) == ("Basic", CLIENT, SECRET)

    def _claims(self, grant: Grant) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT,
            "azp": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.query["nonce"],
            **self.people[grant.login],
        }
        changes: dict[Fault, dict[str, Any]] = {
            Fault.OTHER_ISSUER: {"iss": "https://evil.example"},
            Fault.OTHER_AUDIENCE: {"aud": "another", "azp": "another"},
            Fault.AUDIENCES: {"aud": [CLIENT, "another"], "azp": None},
            Fault.OTHER_PARTY: {"azp": "another"},
            Fault.EXPIRED: {"exp": now - 61, "iat": now - 361},
            Fault.FUTURE: {"iat": now + 61},
            Fault.NO_EXPIRY: {"exp": None},
            Fault.EXPIRY_NAN: {"exp": float("nan")},
            Fault.OTHER_NONCE: {"nonce": "another"},
            Fault.NO_NONCE: {"nonce": None},
            Fault.NO_SUBJECT: {"sub": None},
            Fault.EMPTY_SUBJECT: {"sub": ""},
            Fault.LONG_SUBJECT: {"sub": "s" * 256},
            Fault.NO_NAME: {"preferred_username": None},
        }
        for fault in self.faults:
            claims |= changes.get(fault, {})
        return {name: value for name, value in claims.items() if value is not None}

    def _signed(self, claims: dict[str, Any]) -> str:
        payload: Any = [claims] if Fault.ARRAY in self.faults else claims
        body = json.dumps(payload).encode()
        if Fault.GARBLED in self.faults:
            return "not.a.token"
        if Fault.NONE in self.faults:
            return f"{_base64(json.dumps({'alg': 'none'}).encode())}.{_base64(body)}."
        key = rsa(98) if Fault.STRANGE_KEY in self.faults else self.key
        header = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "kid": str(key.kid), "typ": "JWT"}
        if Fault.SYMMETRIC in self.faults:
            signed = f"{_base64(json.dumps(header | {'alg': 'HS256'}).encode())}.{_base64(body)}"
            return f"{signed}.{_base64(hmac.digest(key.as_pem(private=False), signed.encode(), 'sha256'))}"
        text = jws.serialize_compact(header, body, key, algorithms=ALGORITHMS)
        if Fault.FORGED in self.faults:
            head, _, signature = text.split(".")
            return f"{head}.{_base64(json.dumps(claims | {'sub': 'another'}).encode())}.{signature}"
        return text


def _fits(form: dict[str, str], grant: Grant) -> bool:
    """RFC 7636, 4.6, and RFC 6749, 4.1.3."""
    challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    return (
        challenge == grant.query["code_challenge"]
        and form.get("grant_type") == "authorization_code"
        and form.get("redirect_uri") == grant.query["redirect_uri"]
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
