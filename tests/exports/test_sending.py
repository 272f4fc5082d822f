"""Files that are written while they are sent, over real connections: each holds a thread of the web server."""

import contextlib

import pytest

from app.core.db import db
from app.core.errors import Refused
from app.exports import asking, fetching, tasks
from app.exports.models import Export, Format
from app.exports.workflow import AT_ONCE, EXPORTS
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.real import installation


@pytest.fixture(scope="module")
def real(server, tmp_path_factory):
    with installation(furnished(server, "sending"), tmp_path_factory.mktemp("sending")) as app:
        yield app


def asked(app, user):
    """A .csv of the students that this person asked for."""
    with app.app_context():
        wish = {"view": "StudentsView", "query": "", "columns": None}
        with tasks.as_person(user.id):
            record = asking.ask(make.actor(user), "list", wish, Format.CSV)
        return record.id


@contextlib.contextmanager
def sending(app, export_id):
    """It is being sent: the first part has gone; a connection of its own, as each request has."""
    with app.app_context():
        record = db.session.get_one(Export, export_id)
        user = record.user
        with tasks.as_person(user.id):
            try:
                EXPORTS.perform("fetch", export_id, make.actor(user))
                parts = fetching.parts_of(db.session.get_one(Export, export_id))
                next(parts)
                yield parts
            finally:
                db.session.remove()


def officers(app, count):
    with app.app_context():
        school = Cast.load().school
        found = [
            make.make_user("school", f"sender{count}-{n}", school_id=school.id)
            for n in range(count)
        ]
        db.session.commit()
        for user in found:
            db.session.refresh(user)
            db.session.expunge(user)
        return found


@pytest.mark.rule("BLK-04")
def test_a_person_is_sent_one_file_at_a_time_and_the_next_when_it_is_there(real):
    [user] = officers(real, 1)
    first, second = asked(real, user), asked(real, user)
    with sending(real, first) as parts:
        with pytest.raises(Refused, match="另一个"), sending(real, second):
            pass
        for _part in parts:
            pass
    with sending(real, second) as parts:
        assert b"".join(parts)


@pytest.mark.rule("BLK-04")
def test_few_files_are_sent_at_once_and_a_broken_connection_gives_its_place_back(real):
    people = officers(real, AT_ONCE + 1)
    files = [asked(real, user) for user in people]
    with contextlib.ExitStack() as all_of_them:
        for export_id in files[:-1]:
            all_of_them.enter_context(sending(real, export_id))
        with pytest.raises(Refused, match="多个"), sending(real, files[-1]):
            pass
    with sending(real, files[-1]) as parts:
        assert b"".join(parts)
