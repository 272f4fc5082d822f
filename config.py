"""Settings of one installation, each read from the environment, with a safe default.

Rules on which schools differ (cooling-off, review levels, …) are rows of the settings table, not here.
An unknown ``QINGQIAN_…`` variable is an error: a misspelt setting must not pass silently.
"""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PREFIX = "QINGQIAN_"
VERSION = "0.1.0"
SMS = {
    "console": (),
    "aliyun": ("key_id", "key_secret", "sign", "code_template", "notice_template"),
    "tencent": ("key_id", "key_secret", "sign", "code_template", "notice_template", "app_id"),
}  # sender → the settings it cannot do without
MODES = ("demo", "local", "production", "test")
FACTORS = ("required", "offered", "off")


class BadSettings(ValueError):
    """A setting is missing, unknown or unsafe; the text names it and says what to do."""


@dataclass
class Config:
    """One attribute a setting; the environment variable is its name in capitals after ``QINGQIAN_``.

    mode: ``demo`` (one-click demo accounts), ``local`` (single machine), ``production`` (refuses both
    demo accounts and generated secrets) or ``test``.
    """

    mode: str = "local"
    instance: str = str(ROOT / "instance")
    database_url: str = ""
    base_url: str = ""
    secret_key: str = ""
    data_keys: str = ""  # "id:base64 of 32 bytes", newest first, separated by commas
    index_key: str = ""  # base64 of 32 bytes
    mail_url: str = ""  # smtp://user:password@host:587; empty = files in the mail folder
    mail_from: str = "Qingqian <no-reply@localhost>"
    sms: str = "console"  # or aliyun, tencent: the values below, and the package of their SDK
    sms_key_id: str = ""
    sms_key_secret: str = ""
    sms_sign: str = ""  # the signature that the gateway has approved, without its brackets
    sms_code_template: str = ""  # id of a template with one parameter: the code
    sms_notice_template: str = ""  # id of a template with one parameter: the subject
    sms_app_id: str = ""  # Tencent Cloud only
    sms_region: str = "ap-guangzhou"  # Tencent Cloud only
    sms_longest: int = 0  # characters of a parameter; 0: what the gateway gives new accounts
    files_url: str = ""  # fsspec address; empty = a folder of the instance
    staff_factor: str = ""  # required, offered or off; empty: production requires it, else offered
    proxies: int = 0  # how many reverse proxies stand in front
    web_processes: int = 2
    web_threads: int = 4
    generated: set[str] = field(default_factory=set)

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
    known = {f.name: f for f in fields(Config) if f.name != "generated"}
    values: dict[str, Any] = {}
    for name, text in env.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in known:
            raise BadSettings(f"{name} is not a setting of Qingqian; see config.py for the list")
        values[key] = _typed(name, text, known[key].type)
    values.setdefault("database_url", env.get("DATABASE_URL", ""))
    config = Config(**values)
    if config.mode not in MODES:
        raise BadSettings(f"QINGQIAN_MODE is one of {', '.join(MODES)}")
    _sms(config)
    _factor(config)
    _secrets(config)
    config.database_url = driver(config.database_url)
    return config


def _typed(name: str, text: str, kind: object) -> str | int:
    if kind != "int":
        return text
    if not text.isdecimal():
        raise BadSettings(f"{name} is a whole number")
    return int(text)


def driver(url: str) -> str:
    """postgres:// and postgresql:// both mean psycopg 3 here."""
    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url.removeprefix(old)
    return url


def _sms(config: Config) -> None:
    """A gateway for text messages is known and has all that it needs."""
    if config.sms not in SMS:
        raise BadSettings(f"QINGQIAN_SMS is one of {', '.join(SMS)}")
    missing = [name for name in SMS[config.sms] if not getattr(config, f"sms_{name}")]
    if missing:
        names = ", ".join(f"{PREFIX}SMS_{name.upper()}" for name in missing)
        raise BadSettings(f"QINGQIAN_SMS={config.sms} also needs {names}")


def _factor(config: Config) -> None:
    """Whether staff need a second factor (CHN-09); production never goes without."""
    config.staff_factor = config.staff_factor or ("required" if config.production else "offered")
    if config.staff_factor not in FACTORS:
        raise BadSettings(f"{PREFIX}STAFF_FACTOR is one of {', '.join(FACTORS)}")
    if config.production and config.staff_factor == "off":
        raise BadSettings(
            f"{PREFIX}STAFF_FACTOR=off: production never lets staff in by a password alone; "
            "use required (or offered for the time of the change)"
        )


def _secrets(config: Config) -> None:
    """Fill missing keys from the instance folder, making them once; production must bring its own."""
    makers = {
        "secret_key": lambda: secrets.token_urlsafe(48),
        "data_keys": lambda: "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "index_key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    for name, make in makers.items():
        if getattr(config, name):
            continue
        if config.production:
            raise BadSettings(
                f"{PREFIX}{name.upper()} is not set: production never starts with a generated secret"
            )
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
