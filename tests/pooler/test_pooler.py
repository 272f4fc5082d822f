"""Whole stories through PgBouncer in transaction mode, with fewer connections than people (SCL-01, SCL-02)."""

from __future__ import annotations

import io
import os
import pwd
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest

import config as settings
from app import create_app
from app.accounts import passwords
from app.core import jobs, startup
from app.core.db import db
from tests import factories as make
from tests.browser.conftest import free_port
from tests.cast import Cast, furnish
from tests.conftest import Browser
from tests.databases import make_database, settings_for
from tests.files.imports.books import good_row, xlsx
from tests.get_services import found
from tests.signing.invitations.test_letter_views import (
    ADD,
    LETTER,
    SEARCH,
    SEND,
    batch_in,
    four,
    letter,
    token_in,
)

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Through-the-pool-26"
CONFIG = """[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture(scope="module")
def pooled(server, tmp_path_factory):
    """The same database twice: `direct`, and `pooled` through a PgBouncer with two connections."""
    program = found("pgbouncer")
    if program is None:
        pytest.skip("no PgBouncer on this machine: install the package pgbouncer, then make test")
    direct, port = make_database(server, "pooled"), free_port()
    folder = (
        Path(tempfile.gettempdir()) / f"qingqian-pooler-{uuid4().hex}"
    )  # where any user may read
    folder.mkdir()
    folder.chmod(0o777)
    host = parse_qs(urlsplit(direct).query)["host"][0]
    owner = pwd.getpwuid(os.stat(host).st_uid).pw_name  # it refuses root; the socket is the owner's
    (folder / "ini").write_text(CONFIG.format(host=host, port=port, folder=folder))
    (folder / "ini").chmod(0o644)
    command = [program, *(["-u", owner] if os.geteuid() == 0 else []), str(folder / "ini")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    url = f"postgresql://postgres@127.0.0.1:{port}/{urlsplit(direct).path[1:]}"
    try:
        _wait(url, folder)
        yield SimpleNamespace(url=url, direct=direct)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, folder: Path) -> None:
    until, said = time.monotonic() + 60, ""
    while time.monotonic() < until:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            said = str(error)
        time.sleep(0.2)
    log = folder / "log"
    pytest.fail(f"{said} {log.read_text() if log.exists() else ''}")


@pytest.fixture(scope="module")
def house(pooled, tmp_path_factory):
    """The application whose every statement goes through the pooler; the cast has a password."""
    folder = tmp_path_factory.mktemp("pooled")
    app = create_app(settings_for(pooled.url, folder, direct_url=pooled.direct))
    app.config["WTF_CSRF_ENABLED"], app.test_client_class = False, Browser
    with app.app_context():
        furnish()
        cast = Cast.load()
        people = [cast.officer, make.account(cast.student), make.account(cast.employer)]
        for user in people:
            user.password = passwords.hashed(SECRET)
        names = dict(
            zip(("office", "student", "employer"), (u.username for u in people), strict=True)
        )
        db.session.commit()
        db.session.remove()
    yield SimpleNamespace(app=app, names=names)
    with app.app_context():
        db.engine.dispose()


def signed_in(house, who: str):
    browser = house.app.test_client()
    answer = browser.post("/login/", data={"who": house.names[who], "password": SECRET})
    assert answer.status_code in (302, 303), answer.text[:2000]
    return browser


@pytest.mark.rule("SCL-01", "SCL-02")
def test_from_the_send_list_to_the_printed_agreement(house):
    employer = signed_in(house, "employer")
    with house.app.app_context():
        cast = Cast.load()
        student_id, wanted = cast.student.id, four(cast.student)
        token = token_in(employer.post(SEARCH, data=wanted).text)
        assert employer.post(ADD, data={"token": token}).status_code == 303
        from app.signing.invitations.models import Candidate, Invitation

        row = db.session.query(Candidate).filter_by(student_id=student_id).one()
        batch = batch_in(employer.post(LETTER, data=letter([row])).text)
        form = letter([row], batch=batch)
        assert employer.post(SEND, data=form).status_code == 422  # the act asks a fresh code
        form["code"] = make.code_for(employer, f"{LETTER}code", form)
        assert employer.post(SEND, data=form).status_code in (200, 303)
        db.session.rollback()
        sent = db.session.query(Invitation).filter_by(student_id=student_id).one().id
        make.pass_time(hours=2)
        student, office = (signed_in(house, who) for who in ("student", "office"))
        code = make.code_for(student, f"/acts/invitation/{sent}/accept/code")
        answer = student.post(f"/my/answer/{sent}/accept", data={"agreed": "1", "code": code})
        assert answer.status_code == 303
        db.session.rollback()
        from app.signing.placements.models import Placement

        placement = db.session.query(Placement).filter_by(invitation_id=sent).one().id
        assert office.post(f"/desk/action/attest/{placement}").status_code == 303
        db.session.remove()
        jobs.work(house.app, once=True)
        assert db.session.get(Placement, placement).state == "in_force"
    paper = student.get(f"/agreements/{placement}.pdf")
    assert paper.data.startswith(b"%PDF")


@pytest.mark.rule("SCL-01")
def test_a_file_of_students_is_checked_written_and_undone(house):
    from app.people.students.models import Student

    office = signed_in(house, "office")
    book = {"file": (io.BytesIO(xlsx([good_row(n) for n in range(1, 60)])), "学生.xlsx")}
    page = office.post("/imports/students/", data=book).location
    with house.app.app_context():
        jobs.work(house.app, once=True)
        assert office.post(f"{page}/write").status_code == 303
        jobs.work(house.app, once=True)
        assert db.session.query(Student).filter(Student.student_no.startswith("2023")).count() == 59
        db.session.remove()
        assert office.post(f"{page}/undo").status_code == 303
        jobs.work(house.app, once=True)
        assert db.session.query(Student).filter(Student.student_no.startswith("2023")).count() == 0
        db.session.remove()


@pytest.mark.rule("SCL-01")
def test_many_people_share_two_connections_and_nobody_sees_anothers_page(house):
    people = {who: signed_in(house, who).get_cookie("session").value for who in house.names}
    shown = {"office": "王老师", "student": "黄河水", "employer": "星光集团有限公司"}
    pages = {"office": "/desk/list/", "student": "/my/", "employer": "/employer/"}

    def ask(n: int) -> tuple[int, bool]:
        who = list(people)[n % 3]
        browser = house.app.test_client()
        browser.set_cookie("session", people[who])
        answer = browser.get(pages[who])
        return answer.status_code, shown[who] in answer.text

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(60))) == {(200, True)}


@pytest.mark.rule("SCL-01")
def test_the_web_names_no_statement_and_keeps_no_session(house, pooled):
    browser = signed_in(house, "office")
    for _n in range(8):  # psycopg would name a statement that comes a fifth time
        assert browser.get("/desk/list/").status_code == 200
    with psycopg.connect(pooled.url, autocommit=True, prepare_threshold=None) as through:
        asked = "SELECT count(*) FROM pg_prepared_statements"
        assert through.execute(asked).fetchone() == (0,)
        held = (  # other processes of the run have databases of their own on this server
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert through.execute(held).fetchone() == (0,)


@pytest.mark.rule("SCL-02")
@pytest.mark.parametrize("command", ["worker", "release"])
def test_without_the_direct_address_worker_and_migrations_say_so_and_stop(
    pooled, tmp_path, command
):
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    env |= {"QINGQIAN_MODE": "test", "QINGQIAN_INSTANCE": str(tmp_path), "DATABASE_URL": pooled.url}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "run", command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == settings.WRONG
    assert "QINGQIAN_DIRECT_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.rule("SCL-02")
def test_a_pooler_is_told_from_the_database(pooled):
    assert startup.is_pooler(pooled.url)
    assert not startup.is_pooler(pooled.direct)
    with pytest.raises(settings.BadSettings, match="DIRECT_URL leads to"):
        startup.direct(settings.Config(database_url=pooled.url, direct_url=pooled.url))


SESSION_STATE = re.compile(
    r"pg_(?:try_)?advisory_(?:lock|unlock)(?:_shared|_all)?\b|\bLISTEN\b|\bSET SESSION\b"
    r"|[\"']SET (?!LOCAL\b|CONSTRAINTS\b|NULL\b|DEFAULT\b)|\bCREATE TEMP(?:ORARY)?\b(?!.*ON COMMIT DROP)"
    r"|\bset_config\((?!.*\btrue\))"
)


def _asking(folder: str):
    """The lines that ask the database something; what triggers do, the migrations say."""
    for path in (ROOT / folder).rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.strip().startswith(("#", '"""', "Raises")):
                yield f"{path.name}: {line.strip()}", line


@pytest.mark.rule("SCL-01")
def test_what_asks_the_database_keeps_nothing_in_its_session():
    """Locks, temporary tables and settings end with their transaction, and nothing listens, in the web."""
    for folder in ("app", "migrations/versions"):
        assert not [said for said, line in _asking(folder) if SESSION_STATE.search(line)]


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("text(\"SET statement_timeout = '5s'\")", True),
        ("text(\"SET LOCAL statement_timeout = '5s'\")", False),
        ('ForeignKey("ab_user.id", ondelete="SET NULL")', False),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT pg_try_advisory_lock(1)", True),
        ("SELECT pg_advisory_lock_shared(1)", True),
        ("SELECT pg_try_advisory_xact_lock(1)", False),
        ("LISTEN jobs", True),
        ("CREATE TEMPORARY TABLE x (y int)", True),
        ("CREATE TEMP TABLE x ON COMMIT DROP AS SELECT 1", False),
        ("PERFORM set_config('qingqian.mark', mine::text, false);", True),
        ("PERFORM set_config('qingqian.mark', mine::text, true);", False),
        ("current_setting('qingqian.mark', true)", False),
    ],
)
def test_what_stays_in_a_session_is_told_from_what_ends_with_its_transaction(line, stays):
    assert bool(SESSION_STATE.search(line)) is stays
