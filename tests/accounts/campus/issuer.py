"""A small OIDC issuer that says what a test tells it to: for forged tokens and sign-out tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Issuer:
    """Codes are good once and for their verifier; `change` alters the claims of the next tokens."""

    def __init__(self) -> None:
        self.codes: dict[str, dict] = {}
        self.change = lambda claims: claims
        self.sign = self.signed
        self.metadata = lambda found: found
        self.userinfo: dict = {}
        self.slow = 0.0
        self.asked: list[str] = []
        self.url = ""

    def signed(self, claims: dict, key=KEY, alg: str = "RS256") -> str:
        return jwt.encode({"alg": alg, "kid": "one"}, claims, key)

    def login(self, location: str, sub: str, **claims) -> str:
        """The person signs in there: the address to which the browser is sent back."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}-{time.monotonic_ns()}"
        now = int(time.time())
        told = {
            "iss": self.url,
            "sub": sub,
            "aud": asked["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "auth_time": now,
        } | claims
        self.codes[code] = {"claims": told, "asked": asked}
        query = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return f"{asked['redirect_uri']}?{query}"

    def logout_token(self, **claims) -> str:
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": "qingqian",
            "iat": now,
            "exp": now + 60,
            "jti": f"{time.monotonic_ns()}",
            "events": {LOGOUT: {}},
        } | claims
        return self.signed({k: v for k, v in told.items() if v is not None})


def _handler(issuer: Issuer):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args) -> None:
            """Silent."""

        def _say(self, found: object, status: int = 200) -> None:
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/secret")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path.endswith("openid-configuration"):
                self._say(
                    issuer.metadata(
                        {
                            "issuer": issuer.url,
                            "authorization_endpoint": f"{issuer.url}/authorize",
                            "token_endpoint": f"{issuer.url}/token",
                            "jwks_uri": f"{issuer.url}/jwks",
                            "userinfo_endpoint": f"{issuer.url}/userinfo",
                            "end_session_endpoint": f"{issuer.url}/logout",
                            "code_challenge_methods_supported": ["S256"],
                            "authorization_response_iss_parameter_supported": True,
                        }
                    )
                )
            elif self.path == "/jwks":
                self._say({"keys": [KEY.as_dict(private=False)]})
            elif self.path == "/userinfo":
                self._say(issuer.userinfo)
            elif self.path == "/large":
                self._say(b"x" * 2_000_000)
            else:
                self._say({}, 404)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(size).decode()).items()}
            known = issuer.codes.pop(form.get("code", ""), None)
            if known is None or not _fits(known["asked"], form):
                self._say({"error": "invalid_grant"}, 400)
                return
            token = issuer.sign(issuer.change(dict(known["claims"])))
            self._say({"access_token": "a", "token_type": "Bearer", "id_token": token})

    return Handler


def _fits(asked: dict, form: dict) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]


@contextmanager
def running():
    """An issuer on a free port of this machine."""
    issuer = Issuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(issuer))
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
