"""Production refuses each unsafe setting by name, all at once, and serves no demo database (S-15, S-19)."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

import config as settings
from app import create_app
from app.core import startup
from tests.databases import make_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def sdk(tmp_path_factory, monkeypatch):
    """The gateway's package, as far as the start asks for it."""
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "alibabacloud_dysmsapi20170525").mkdir()
    (folder / "alibabacloud_dysmsapi20170525" / "__init__.py").touch()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def good(folder: Path, **more: str) -> dict[str, str]:
    """The environment of an installation as docs/operations.md describes it; `more` in short names."""
    env = {
        "MODE": "production",
        "INSTANCE": str(folder),
        "SECRET_KEY": key(),
        "DATA_KEYS": f"k2:{key()},k1:{key()}",
        "INDEX_KEY": key(),
        "BASE_URL": "https://jiuye.example.edu.cn",
        "PROXIES": "1",
        "SMS": "aliyun",
        "SMS_KEY_ID": "id",
        "SMS_KEY_SECRET": "secret",
        "SMS_SIGN": "青签",
        "SMS_CODE_TEMPLATE": "SMS_1",
        "SMS_NOTICE_TEMPLATE": "SMS_2",
        "SMS_WARNING_TEMPLATE": "SMS_3",
        "MAIL_URL": "smtp://a:b@mail.example.edu.cn:587",
        "MAIL_FROM": "青签 <jiuye@example.edu.cn>",
    }
    found = {f"QINGQIAN_{name}": value for name, value in (env | more).items()}
    found["DATABASE_URL"] = found.pop("QINGQIAN_DATABASE", "postgresql://q@db.example/q")
    return {name: value for name, value in found.items() if value != "unset"}


def refused(folder: Path, **more: str) -> str:
    with pytest.raises(settings.BadSettings) as caught:
        settings.load(good(folder, **more))
    return str(caught.value)


def test_production_starts_with_settings_that_are_all_there(tmp_path):
    found = settings.load(good(tmp_path))
    assert found.flask()["SESSION_COOKIE_SECURE"]
    assert not found.generated


ONE = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("named", "changes"),
    [
        ("QINGQIAN_SECRET_KEY", {"SECRET_KEY": "unset"}),
        ("QINGQIAN_SECRET_KEY", {"SECRET_KEY": "a"}),
        ("QINGQIAN_SECRET_KEY", {"SECRET_KEY": "a" * 64}),
        ("QINGQIAN_SECRET_KEY", {"SECRET_KEY": "changeme" * 8}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": "unset"}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": "k1:AAAA"}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": "k1:not base64"}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": "k1:" + base64.b64encode(b"a" * 32).decode()}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": f"k2:{ONE},k1:{ONE}"}),
        ("QINGQIAN_DATA_KEYS", {"DATA_KEYS": f"k1:{ONE},k1:{key()}"}),
        ("QINGQIAN_INDEX_KEY", {"INDEX_KEY": "unset"}),
        ("QINGQIAN_INDEX_KEY", {"INDEX_KEY": "YWJj"}),
        ("QINGQIAN_INDEX_KEY", {"INDEX_KEY": ONE, "DATA_KEYS": f"k1:{ONE}"}),
        ("QINGQIAN_INDEX_KEY", {"INDEX_KEY": ONE, "SECRET_KEY": ONE}),
        ("QINGQIAN_BASE_URL", {"BASE_URL": "unset"}),
        ("QINGQIAN_BASE_URL", {"BASE_URL": "http://jiuye.example.edu.cn"}),
        ("QINGQIAN_BASE_URL", {"BASE_URL": "https://localhost"}),
        ("QINGQIAN_BASE_URL", {"BASE_URL": "https://127.0.0.1:8080"}),
        ("QINGQIAN_BASE_URL", {"BASE_URL": "https://jiuye.example.edu.cn/app"}),
        ("QINGQIAN_SMS", {"SMS": "console"}),
        ("QINGQIAN_SMS", {"SMS": "pigeon"}),
        ("QINGQIAN_SMS=aliyun", {"SMS_SIGN": "unset"}),
        ("QINGQIAN_MAIL_URL", {"MAIL_URL": "unset"}),
        ("QINGQIAN_MAIL_URL", {"MAIL_URL": "mail.example.edu.cn"}),
        ("QINGQIAN_MAIL_URL", {"MAIL_URL": "smtp://a:b@mail.example.edu.cn:25"}),
        ("QINGQIAN_MAIL_FROM", {"MAIL_FROM": "unset"}),
        ("QINGQIAN_MAIL_FROM", {"MAIL_FROM": "x@localhost"}),
        ("QINGQIAN_PROXIES", {"PROXIES": "unset"}),
        ("QINGQIAN_PROXIES", {"PROXIES": "９"}),
        ("QINGQIAN_PROXIES", {"PROXIES": "60"}),
        ("DATABASE_URL", {"DATABASE": "unset"}),
        ("QINGQIAN_MODE", {"MODE": "Production"}),
    ],
)
def test_each_unsafe_setting_is_refused_by_its_name(tmp_path, named, changes):
    assert any(line.startswith(named) for line in refused(tmp_path, **changes).split("\n"))


def test_no_sentence_tells_a_key(tmp_path):
    weak, short = "tell-nobody-" * 4, base64.b64encode(b"three-byte-key").decode()
    said = refused(tmp_path, SECRET_KEY=weak, INDEX_KEY=short, DATA_KEYS=f"k1:{short}")
    assert weak not in said
    assert short not in said


def test_settings_show_no_secret_in_a_traceback(tmp_path):
    found = settings.load(good(tmp_path))
    for secret in (found.secret_key, found.index_key, "mail.example", "db.example"):
        assert secret not in repr(found)


def test_debugging_is_refused(tmp_path):
    with pytest.raises(settings.BadSettings, match="FLASK_DEBUG"):
        settings.load(good(tmp_path) | {"FLASK_DEBUG": "1"})


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    said = refused(
        tmp_path,
        SECRET_KEY="a",
        INDEX_KEY="YWJj",
        BASE_URL="unset",
        SMS="console",
        MAIL_URL="unset",
        MAIL_FROM="unset",
        PROXIES="unset",
        DATABASE="unset",
    )
    for name in ("SECRET_KEY", "INDEX_KEY", "BASE_URL", "SMS", "MAIL_URL", "MAIL_FROM", "PROXIES"):
        assert f"QINGQIAN_{name}" in said
    assert "DATABASE_URL" in said


def test_the_embedded_database_is_taken_when_it_is_said(tmp_path):
    assert settings.load(good(tmp_path, DATABASE="unset", EMBEDDED="1")).database_url == ""


@pytest.mark.parametrize(
    ("name", "mode"), [("secret_key.txt", 0o644), ("settings.env", 0o640), ("mail", 0o755)]
)
def test_keys_mails_and_scans_that_others_can_read_are_refused(tmp_path, name, mode):
    place = tmp_path / name
    place.mkdir() if name == "mail" else place.write_text("x")
    place.chmod(mode)
    assert str(place) in refused(tmp_path)
    place.chmod(mode & 0o700)
    settings.load(good(tmp_path))


def test_outside_production_nothing_of_this_is_asked(tmp_path):
    found = settings.load({"QINGQIAN_MODE": "local", "QINGQIAN_INSTANCE": str(tmp_path)})
    assert found.generated == {"secret_key", "data_keys", "index_key"}


# -- what only the database knows ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo_database(server):
    """A database as the demo leaves it, as far as the start looks."""
    url = make_database(server, "made_as_demo")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE ab_user (id int, demo bool)")
        connection.execute("INSERT INTO ab_user VALUES (1, true)")
        connection.execute("CREATE TABLE clock_shift (seconds int)")
        connection.execute("INSERT INTO clock_shift VALUES (3600)")
    return url


def test_an_empty_database_is_in_order(server, tmp_path):
    config = settings.load(good(tmp_path, DATABASE=make_database(server, "quite_empty")))
    startup.look(config)
    assert create_app(config).config["TRUSTED_HOSTS"] is None


def test_the_web_does_not_come_up_on_a_demo_database(demo_database, tmp_path):
    with pytest.raises(settings.BadSettings) as caught:
        create_app(settings.load(good(tmp_path, DATABASE=demo_database)))
    assert "demo" in caught.value.problems[0]
    assert "clock" in caught.value.problems[1]


@pytest.mark.parametrize("command", [["worker"], ["release"]])
def test_neither_does_worker_or_release_and_each_says_why(demo_database, tmp_path, command):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("QINGQIAN_", "FLASK_"))}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "run", *command],
        cwd=ROOT,
        text=True,
        timeout=120,
        env=env | good(tmp_path, DATABASE=demo_database),
        capture_output=True,
        check=False,
    )
    assert done.returncode == settings.WRONG
    assert "made for the demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_at_the_start_is_looked_at_before_the_first_page(
    demo_database, tmp_path, monkeypatch
):
    config = settings.load(good(tmp_path, DATABASE=demo_database))
    asked = []

    def away(found):
        asked.append(found)
        raise psycopg.OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(startup, "look", away)
        app = create_app(config)
    page = app.test_client().get("/login/", base_url="https://jiuye.example.edu.cn")
    assert (len(asked), page.status_code) == (1, 503)


def test_other_hosts_are_not_answered_in_production(server, tmp_path):
    app = create_app(
        settings.load(good(tmp_path, DATABASE=make_database(server, "hosts"), PROXIES="0"))
    )
    client = app.test_client()
    for path in ("/login", "/login/", "/desk/list/"):
        answer = client.get(path, base_url="https://evil.example")
        assert answer.status_code == 400
        assert "evil.example" not in answer.text + str(answer.headers)
    assert client.get("/healthz", base_url="http://10.0.0.7").status_code != 400
