"""The real servers of the campus: oidc-provider-mock, django-cas-server, slapd. On free ports of 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.get_services import found

SETTINGS = """
SECRET_KEY = "of a test"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "campus_urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "cas.sqlite"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "django.contrib.messages", "django.contrib.staticfiles", "cas_server"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware",
              "django.middleware.csrf.CsrfViewMiddleware",
              "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
              "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                          "django.contrib.auth.context_processors.auth",
                          "django.contrib.messages.context_processors.messages"]}}]
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CAS_ENABLE_AJAX_AUTH = False
CAS_NEW_VERSION_HTML_WARNING = False
CAS_SLO_TIMEOUT = 5
LOGGING = {"version": 1, "handlers": {"console": {"class": "logging.StreamHandler"}},
           "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}}}
CAS_COMPONENT_URLS = {name: "/static/none" for name in ("bootstrap3_css", "bootstrap3_js", "html5shiv",
                      "respond", "bootstrap4_css", "bootstrap4_js", "jquery")}
CAS_AUTH_CLASS = "campus_auth.People"
"""
URLS = """
from django.urls import include, path
urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))]
"""
AUTH = """
import json
from pathlib import Path
from cas_server.auth import AuthUser

class People(AuthUser):
    def _known(self):
        return json.loads(Path("people.json").read_text()).get(self.username, {})
    def test_password(self, password):
        return bool(password) and self._known().get("password") == password
    def attributs(self):
        return {k: v for k, v in self._known().items() if k != "password"}
"""
START = """
import sys, django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
from cas_server.models import ReplaceAttributName, ServicePattern
if not ServicePattern.objects.exists():
    pattern = ServicePattern.objects.create(name="qingqian", pattern=sys.argv[2], single_log_out=True)
    ReplaceAttributName.objects.create(name="student_no", replace="", service_pattern=pattern)
from django.core.wsgi import get_wsgi_application
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass
class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server, Quiet).serve_forever()
"""
SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
{tls}
database mdb
suffix "dc=campus,dc=example"
directory {folder}/db
rootdn "cn=reader,dc=campus,dc=example"
rootpw reader-secret
access to attrs=userPassword by anonymous auth by * none
access to * by anonymous auth by self read by * none
"""
LDIF = """dn: dc=campus,dc=example
objectClass: dcObject
objectClass: organization
dc: campus
o: Campus

dn: ou=people,dc=campus,dc=example
objectClass: organizationalUnit
ou: people
"""
PERSON = """
dn: uid={uid},ou=people,dc=campus,dc=example
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
employeeNumber: {number}
userPassword: {password}
"""


def make_certificate(folder: Path) -> None:
    """`cert.pem` and `key.pem` for 127.0.0.1, signed by itself."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    (folder / "key.pem").write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
    (folder / "cert.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until_open(port: int, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)


@contextmanager
def _process(command: list[str], folder: Path, port: int, **env: str):
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=out, env={**os.environ, **env}
        )
    try:
        until_open(port, process, log)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def oidc(folder: Path):
    """oidc-provider-mock; gives its issuer."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with _process(command, folder, port):
        yield f"http://localhost:{port}"


@contextmanager
def cas(folder: Path, services: str = "^http://(localhost|127.0.0.1)(:[0-9]+)?/campus/"):
    """django-cas-server; `people.json` in its folder holds who may sign in. Gives its base address."""
    for name, text in (
        ("campus_settings.py", SETTINGS),
        ("campus_urls.py", URLS),
        ("campus_auth.py", AUTH),
        ("start.py", START),
        ("people.json", "{}"),
    ):
        (folder / name).write_text(text)
    port = free_port()
    command = [sys.executable, "-W", "ignore", "start.py", str(port), services]
    with _process(command, folder, port, DJANGO_SETTINGS_MODULE="campus_settings"):
        yield f"http://127.0.0.1:{port}/cas"


@dataclass
class Directory:
    """A running slapd."""

    url: str
    base: str = "dc=campus,dc=example"
    reader: str = "cn=reader,dc=campus,dc=example"
    secret: str = "reader-secret"


def slapd_found() -> str | None:
    return found("slapd") if Path("/etc/ldap/schema/core.schema").exists() else None


@contextmanager
def slapd(folder: Path, people: dict[str, tuple[str, str]], tls: str = ""):
    """Debian's slapd with these people: uid → (number, password)."""
    (folder / "db").mkdir()
    (folder / "slapd.conf").write_text(SLAPD.format(folder=folder, tls=tls))
    entries = [PERSON.format(uid=u, number=n, password=p) for u, (n, p) in people.items()]
    (folder / "people.ldif").write_text(LDIF + "".join(entries))
    program = slapd_found()
    subprocess.run(
        [program, "-T", "add", "-f", "slapd.conf", "-l", "people.ldif"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    port = free_port()
    command = [program, "-h", f"ldap://127.0.0.1:{port}", "-f", "slapd.conf", "-d", "0"]
    with _process(command, folder, port):
        yield Directory(f"ldap://127.0.0.1:{port}")
