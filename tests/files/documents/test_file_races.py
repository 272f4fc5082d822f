"""Files over real connections: the last place, a sweep beside an open transaction (DOC-05)."""

import io
import threading
from pathlib import Path

import pytest

from app.core import filestore as stored
from app.core.db import db
from app.core.errors import Refused
from app.files.documents import attaching, files
from app.files.documents.attachments import accept_upload
from app.files.documents.models import Attachment
from app.files.documents.tasks import sweep_files
from app.people.students.models import Student
from app.signing.terminations.models import Termination
from tests.cast import Cast
from tests.databases import furnished
from tests.factories import accept, actor, attest, invite, terminate
from tests.real import installation

from .hostile import picture

pytestmark = pytest.mark.rule("DOC-05", "GRD-06")
KIND = "termination"


@pytest.fixture(scope="module")
def real(server, tmp_path_factory):
    """A database of its own, with real commits, and a termination in it."""
    folder = tmp_path_factory.mktemp("files")
    with installation(furnished(server, "file_races"), folder) as application:
        with application.app_context():
            cast = Cast.load()
            terminate(attest(accept(invite(cast.employer, cast.student)[0]), cast.officer))
            db.session.commit()
            db.session.remove()
        yield application


def asked() -> tuple[Termination, Student]:
    found = db.session.query(Termination).one()
    return found, db.session.get(Student, found.student_id)


def run_beside(app, *acts):
    """Run the acts at once, each in a thread and on a connection of its own; what they gave."""
    said = []

    def run(act):
        with app.app_context():
            try:
                said.append(act())
            except Refused as refusal:
                said.append(type(refusal).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_two_who_send_the_last_file_at_once_do_not_both_get_in(real, monkeypatch):
    """Both see room before they decode; the lock lets one in."""
    both, decode = threading.Barrier(2, timeout=30), attaching.accept_upload

    def together(*args, **options):
        upload = decode(*args, **options)
        both.wait()
        return upload

    def send():
        found, student = asked()
        room = files.count(KIND, found.id) + 1
        attaching.attach(KIND, found, actor(student), "a.jpg", io.BytesIO(picture()), most=room)
        return "kept"

    monkeypatch.setattr(attaching, "accept_upload", together)
    assert sorted(run_beside(real, send, send)) == ["Refused", "kept"]


def test_a_file_just_written_by_an_open_transaction_survives_a_sweep_beside_it(real):
    """The file lies there, its row is not yet to be seen: only its youth protects it."""
    with real.app_context():
        found, student = asked()
        row = attaching.keep(KIND, found, actor(student).user_id, accept_upload("a.jpg", picture()))
        names = [row.file_key, row.thumb_key]
        assert run_beside(real, sweep_files.func, lambda: db.session.get(Attachment, row.id)) in (
            [(0, 0), None],
            [None, (0, 0)],
        )
        db.session.commit()
        assert all((Path(stored._files()[1]) / name).exists() for name in names)
        assert db.session.get(Attachment, row.id) is not None
        db.session.remove()
