"""Settings of one installation, each read from the environment, with a safe default.

Rules on which schools differ (cooling-off, review levels, …) are rows of the settings table, not here.
An unknown ``QINGQIAN_…`` variable is an error: a misspelt setting must not pass silently.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
PREFIX = "QINGQIAN_"
VERSION = "0.6.0"
SMS = {
    "console": (),
    "aliyun": (
        "key_id",
        "key_secret",
        "sign",
        "code_template",
        "notice_template",
        "warning_template",
    ),
    "tencent": (
        "key_id",
        "key_secret",
        "sign",
        "code_template",
        "notice_template",
        "warning_template",
        "app_id",
    ),
}  # sender → the settings it cannot do without
MODES = ("demo", "local", "production", "test")
FACTORS = ("required", "offered", "off")


WRONG = 3  # exit code of a process whose settings are wrong: gunicorn and run.py do not try again


class BadSettings(ValueError):
    """Settings are missing, unknown or unsafe; the text names each and says what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _private() -> Any:
    """A setting that no traceback shows."""
    return field(default="", repr=False)


@dataclass
class Config:
    """One attribute a setting; the environment variable is its name in capitals after ``QINGQIAN_``.

    mode: ``demo`` (one-click demo accounts), ``local`` (single machine), ``production`` (refuses both
    demo accounts and generated secrets) or ``test``.
    """

    mode: str = "local"
    instance: str = str(ROOT / "instance")
    database_url: str = _private()
    base_url: str = ""
    secret_key: str = _private()
    # "id:base64 of 32 bytes", newest first, separated by commas
    data_keys: str = _private()
    index_key: str = _private()  # base64 of 32 bytes
    audit_keys: str = _private()  # like data_keys: seal the trail; empty = from the index key
    audit_mails: str = ""  # addresses, comma between, that get the root of each day
    # smtp://user:password@host:587; empty = files in the mail folder
    mail_url: str = _private()
    mail_from: str = "Qingqian <no-reply@localhost>"
    sms: str = "console"  # or aliyun, tencent: the values below, and the package of their SDK
    sms_key_id: str = ""
    sms_key_secret: str = _private()
    sms_sign: str = ""  # the signature that the gateway has approved, without its brackets
    sms_code_template: str = ""  # id of a template with one parameter: the code
    sms_notice_template: str = ""  # id of a template with one parameter: the subject
    sms_warning_template: str = (
        ""  # id of one with two: the subject, the token of «this was not me»
    )
    # id of one with the subject, whose own text says where a first sign-in begins; empty: as a notice
    sms_first_template: str = ""
    sms_app_id: str = ""  # Tencent Cloud only
    sms_region: str = "ap-guangzhou"  # Tencent Cloud only
    # country codes that the gateway sends to, comma between; «all» for every one
    sms_countries: str = "86"
    sms_longest: int = 0  # characters of a parameter; 0: what the gateway gives new accounts
    files_url: str = ""  # fsspec address; empty = a folder of the instance
    direct_url: str = field(
        default="", repr=False
    )  # the PostgreSQL behind a pooler, for worker and migrations
    embedded: int = 0  # 1: production may run on the embedded PostgreSQL
    staff_factor: str = ""  # required, offered or off; empty: production requires it, else offered
    proxies: int = 0  # how many reverse proxies stand in front; production says it, 0 included
    web_processes: int = 2
    web_threads: int = 4
    generated: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)  # what the environment set

    @property
    def production(self) -> bool:
        """True where real people's data are: secure cookies, no demo, no generated secret."""
        return self.mode == "production"

    @property
    def folder(self) -> Path:
        """The folder for generated keys, mail, uploads and the embedded database."""
        return Path(self.instance)

    def flask(self) -> dict[str, Any]:
        """The mapping given to ``app.config``."""
        return {
            "QINGQIAN": self,
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_size": 5,
                "max_overflow": 10,
                "pool_pre_ping": True,
                "hide_parameters": True,  # an error message is no place for personal data
                "connect_args": {"prepare_threshold": None},  # a pooler changes the connection
            },
            "MAX_CONTENT_LENGTH": 25 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
            "SESSION_COOKIE_NAME": "__Host-session" if self.production else "session",
            "SESSION_COOKIE_SECURE": self.production,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": False,
            "APP_NAME": "青签",
            "LANGUAGES": {
                "zh": {"flag": "cn", "name": "中文"},
                "en": {"flag": "gb", "name": "English"},
            },
            "BABEL_DEFAULT_LOCALE": "zh",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
            "FAB_CREATE_DB": False,
            "FAB_UPDATE_PERMS": False,
            "FAB_ADD_SECURITY_VIEWS": False,
            "FAB_ADD_MENU_API": False,
            "FAB_ADD_OPENAPI_VIEWS": False,
            "TESTING": self.mode == "test",
        }


def load(environ: dict[str, str] | None = None) -> Config:
    """Settings from the environment; secrets are generated into the instance folder outside production.

    Raises BadSettings on an unknown variable, a wrong value, or an unsafe production start.
    """
    env = dict(os.environ if environ is None else environ)
    config, problems = _read(env)
    if config.mode not in MODES:
        problems.append(f"QINGQIAN_MODE is one of {', '.join(MODES)}")
    problems += _sms(config) + _factor(config)
    if config.production:
        for unsafe in UNSAFE:
            problems += unsafe(config)
        if env.get("FLASK_DEBUG", "0").lower() not in ("", "0", "false", "no"):
            problems.append("FLASK_DEBUG is on: it shows code and values; unset it")
    if problems:
        raise BadSettings(*problems)
    _secrets(config)
    config.database_url = driver(config.database_url)
    config.direct_url = driver(config.direct_url)
    return config


def _read(env: dict[str, str]) -> tuple[Config, list[str]]:
    """The settings as they are spelt, and what is wrong with the spelling."""
    known = {f.name: f for f in fields(Config) if f.name not in ("generated", "said")}
    values: dict[str, Any] = {}
    problems = []
    for name, text in env.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in known:
            problems.append(f"{name} is not a setting of Qingqian; see config.py for the list")
        elif known[key].type == "int" and not (text.isascii() and text.isdecimal()):
            problems.append(f"{name} is a whole number")
        else:
            values[key] = int(text) if known[key].type == "int" else text
    said = {name for name, value in values.items() if value != ""}
    values.setdefault("database_url", env.get("DATABASE_URL", ""))
    return Config(**values, said=said), problems


def driver(url: str) -> str:
    """postgres:// and postgresql:// both mean psycopg 3 here."""
    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url.removeprefix(old)
    return url


def _sms(config: Config) -> list[str]:
    """A gateway for text messages is known and has all that it needs."""
    if config.sms not in SMS:
        return [f"QINGQIAN_SMS is one of {', '.join(SMS)}"]
    known = config.sms_countries.replace(" ", "").split(",")
    if known != ["all"] and not all(code.isascii() and code.isdecimal() for code in known):
        return ["QINGQIAN_SMS_COUNTRIES is a list of country codes such as 86,852,853, or all"]
    missing = [name for name in SMS[config.sms] if not getattr(config, f"sms_{name}")]
    names = ", ".join(f"{PREFIX}SMS_{name.upper()}" for name in missing)
    return [f"QINGQIAN_SMS={config.sms} also needs {names}"] if missing else []


def _factor(config: Config) -> list[str]:
    """Whether staff need a second factor (CHN-09); production never goes without."""
    config.staff_factor = config.staff_factor or ("required" if config.production else "offered")
    if config.staff_factor not in FACTORS:
        return [f"{PREFIX}STAFF_FACTOR is one of {', '.join(FACTORS)}"]
    if config.production and config.staff_factor == "off":
        why = "production never lets staff in by a password alone"
        return [f"{PREFIX}STAFF_FACTOR=off: {why}; use required (or offered while it changes)"]
    return []


def _secrets(config: Config) -> None:
    """Fill missing keys from the instance folder, making them once; production has brought its own."""
    makers = {
        "secret_key": lambda: secrets.token_urlsafe(48),
        "data_keys": lambda: "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "index_key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    for name, make in makers.items():
        if getattr(config, name):
            continue
        setattr(config, name, _kept(config.folder / f"{name}.txt", make))
        config.generated.add(name)


def _kept(path: Path, make: Any) -> str:
    """The text of the file, made on first use; two processes starting at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    except FileExistsError:
        pass
    text = path.read_text().strip()
    if not text:
        raise BadSettings(f"{path} is empty: delete it, and it is made anew")
    return text


# -- production: what it does not start with (S-15, S-19) -----------------------------------------------

KEY_HELP = (
    "make one: python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"
)
DULL = 12  # different bytes that 32 random ones have at the very least


def _weak_secret(config: Config) -> Iterator[str]:
    """Session cookies are worth what this key is worth."""
    key = config.secret_key
    if not key:
        yield "QINGQIAN_SECRET_KEY is not set: production never starts with a generated secret"
    elif len(key) < 32 or len(set(key)) < DULL:
        yield f"QINGQIAN_SECRET_KEY is short or can be guessed: at least 32 random characters; {KEY_HELP}"


def _weak_keys(config: Config) -> Iterator[str]:
    """Each key is 32 random bytes, and none serves two purposes."""
    seen = {config.secret_key.encode(): "QINGQIAN_SECRET_KEY"} if config.secret_key else {}
    names: set[str] = set()
    for setting, name, text in _spelt(config):
        key = _bytes(text)
        if not text:
            yield f"{setting} is not set: production never starts with a generated secret; {KEY_HELP}"
        elif key is None or len(key) != 32:
            yield f"{setting}: {name}is not the base64 of 32 bytes; {KEY_HELP}"
        elif len(set(key)) < DULL:
            yield f"{setting}: {name}can be guessed; {KEY_HELP}"
        for same in {k for k in (key, text.encode()) if k} & seen.keys():
            yield f"{setting}: {name}is the same as {seen[same]}; each purpose has a key of its own"
        if name and name in names:
            yield f"{setting}: two keys are called {name.removesuffix(' ')}"
        names.add(name)
        seen |= {text.encode(): setting} | ({key: setting} if key else {})


def _spelt(config: Config) -> Iterator[tuple[str, str, str]]:
    """Setting, name of the key with a blank behind it, and its base64, of every key."""
    for item in config.data_keys.split(",") if config.data_keys else [":"]:
        name, _colon, text = item.strip().partition(":")
        yield "QINGQIAN_DATA_KEYS", f"{name} " if name else "", text
    yield "QINGQIAN_INDEX_KEY", "", config.index_key
    for item in filter(None, config.audit_keys.split(",")):
        name, _colon, text = item.strip().partition(":")
        yield "QINGQIAN_AUDIT_KEYS", f"{name} ", text


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _unknown_address(config: Config) -> Iterator[str]:
    """Mails and printed QR codes carry it for ever."""
    url = urlsplit(config.base_url)
    if not config.base_url:
        yield "QINGQIAN_BASE_URL is not set: links in mails and QR codes would lead nowhere"
    elif url.scheme != "https" or not url.hostname or url.path.strip("/") or url.query:
        yield "QINGQIAN_BASE_URL is https:// and a host, such as https://jiuye.example.edu.cn"
    elif url.hostname == "localhost" or url.hostname.startswith("127.") or "." not in url.hostname:
        yield f"QINGQIAN_BASE_URL: nobody else reaches {url.hostname}; name the public host"


def _no_messages(config: Config) -> Iterator[str]:
    """Codes and notices reach people, or the product does not start."""
    if config.sms == "console":
        yield "QINGQIAN_SMS=console sends nothing: name a gateway (docs/operations.md)"
    mail = urlsplit(config.mail_url)
    if not config.mail_url:
        yield "QINGQIAN_MAIL_URL is not set: mails would lie in a folder and reach nobody"
    elif mail.scheme not in ("smtp", "smtps", "smtp+tls") or not mail.hostname:
        yield "QINGQIAN_MAIL_URL is smtp://user:password@host:587 or smtps://…"
    elif mail.password and mail.scheme == "smtp" and mail.port != 587:
        yield "QINGQIAN_MAIL_URL sends its password openly: use port 587, smtps:// or smtp+tls://"
    sender = config.mail_from.rpartition("@")[2].strip("<> ")
    if "mail_from" not in config.said or "." not in sender:
        yield "QINGQIAN_MAIL_FROM is not set: name an address of yours, or mails are taken for spam"


def _unknown_proxies(config: Config) -> Iterator[str]:
    """Limits, logs and signs of surrogate signing stand on the address of who asks."""
    if "proxies" not in config.said:
        yield "QINGQIAN_PROXIES is not set: say how many reverse proxies stand in front, 0 included"
    elif config.proxies > 5:
        yield "QINGQIAN_PROXIES: more than 5 proxies are a mistake"


def _unnamed_database(config: Config) -> Iterator[str]:
    """An embedded database is backed up by nobody who does not know of it."""
    if not config.database_url and not config.embedded:
        yield (
            "DATABASE_URL is not set: name a PostgreSQL, or say QINGQIAN_EMBEDDED=1"
            " and back up the instance folder"
        )


def _open_files(config: Config) -> Iterator[str]:
    """Keys, codes and scans are not for the other users of the machine."""
    if os.name == "nt" or not config.folder.is_dir():
        return
    for path in sorted((*config.folder.glob("*_key*.txt"), *config.folder.glob("*.env"))):
        if path.stat().st_mode & 0o077:
            yield f"{path} can be read by other users: chmod 600 {path}"
    for path in (config.folder / "mail", config.folder / "files"):
        if path.is_dir() and path.stat().st_mode & 0o077:
            yield f"{path} can be read by other users: chmod -R go= {path}"


UNSAFE: tuple[Callable[[Config], Iterator[str]], ...] = (
    _weak_secret,
    _weak_keys,
    _unknown_address,
    _no_messages,
    _unknown_proxies,
    _unnamed_database,
    _open_files,
)  # each yields a sentence for what is wrong; all are said at once
