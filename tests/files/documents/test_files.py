"""Files of a record: who adds, reads and takes away, asked again behind the lock (DOC-05)."""

import io

import pytest

from app.core import filestore
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.files.documents import attaching, files
from app.files.documents.models import Attachment
from app.signing.terminations.workflow import TERMINATIONS
from tests.factories import accept, account, actor, attest, invite, terminate
from tests.stores import otherwise

from .hostile import pdf, picture

pytestmark = pytest.mark.rule("DOC-05")
KIND = "termination"


@pytest.fixture
def asked(cast):
    return terminate(attest(accept(invite(cast.employer, cast.student)[0]), cast.officer))


@pytest.fixture
def student(cast):
    return actor(cast.student)


def add(found, who, name="证明.jpg", data=None, **options):
    return attaching.attach(KIND, found, who, name, io.BytesIO(data or picture()), **options)


def test_a_file_is_kept_with_its_small_picture_and_listed_with_who_added_it(cast, asked, student):
    kept = add(asked, student)
    assert filestore.read_checked(kept.file_key, kept.sha256).startswith(b"\xff\xd8")
    assert filestore.read_file(kept.thumb_key).startswith(b"\xff\xd8")
    assert (kept.school_id, kept.pages) == (asked.school_id, 1)
    assert [file.id for file in files.attached(KIND, asked.id)] == [kept.id]
    [mine] = files.listed(KIND, asked, student)
    [theirs] = files.listed(KIND, asked, actor(cast.employer))
    assert (mine.by, mine.removable) == (cast.student.name, True)
    assert (theirs.by, theirs.removable) == (cast.student.name, False)


def test_a_list_of_files_costs_one_query(cast, asked, student, query_count):
    for number in range(3):
        add(asked, student, f"{number}.jpg")
    assert asked.state == "requested"
    with query_count() as counted:
        assert len(files.listed(KIND, asked, student)) == 3
    assert counted.n <= 1


def test_only_who_added_a_file_takes_it_away_and_only_while_the_rule_lets_it(cast, asked, student):
    kept = add(asked, student)
    with pytest.raises(Refused, match=r"上传者|who added"):
        attaching.detach(kept.uid, actor(cast.employer))
    with pytest.raises(NotYours):
        attaching.detach(kept.uid, actor(cast.rival))
    other = add(asked, student)
    attaching.detach(other.uid, student)
    with pytest.raises(NotYours):
        attaching.detach(other.uid, student)
    TERMINATIONS.perform("agree", asked.id, actor(cast.employer), agreed=True)
    with pytest.raises(Refused):
        attaching.detach(kept.uid, student)
    assert [file.id for file in files.attached(KIND, asked.id)] == [kept.id]


def test_the_number_of_files_is_bounded_and_a_removed_one_makes_room(asked, student):
    first = add(asked, student, most=2)
    add(asked, student, most=2)
    with pytest.raises(Refused, match="2"):
        add(asked, student, most=2)
    attaching.detach(first.uid, student)
    add(asked, student, most=2)


def test_what_the_place_does_not_take_is_refused(asked, student):
    with pytest.raises(Refused):
        add(asked, student, data=pdf(), allow=("image",))

    def closed(record, who):
        raise Refused("closed")

    with pytest.raises(Refused, match="closed"):
        add(asked, student, check=closed)
    assert files.count(KIND, asked.id) == 0


def test_a_kind_that_nobody_registered_is_read_by_nobody(cast, asked, student):
    kept = add(asked, student)
    assert files.readable(kept, student)
    with otherwise(file_kinds={}):
        assert not files.readable(kept, student)
        with pytest.raises(NotYours):
            files.find(kept.uid, student)
    kept.record_kind = "nonsense"
    assert not files.readable(kept, student)


def test_a_record_that_went_while_its_file_was_decoded_gets_none(asked, student, monkeypatch):
    def gone(*_args, **_options):
        raise NotYours("gone")

    monkeypatch.setattr(attaching, "locked_kind", gone)
    with pytest.raises(NotYours):
        add(asked, student)
    assert db.session.query(Attachment).count() == 0


def test_tries_are_counted_for_each_person(cast, asked, student, monkeypatch):
    monkeypatch.setattr(attaching, "TRIES", attaching.Limit("few", 1, attaching.TRIES.per))
    with pytest.raises(Refused):
        add(asked, student, data=b"no picture")
    with pytest.raises(Refused, match=r"小时|hour"):
        add(asked, student)
    add(asked, actor(cast.employer))
    assert account(cast.student).id == student.user_id


def test_the_files_of_a_form_are_decoded_together_or_refused_each_with_its_sentence(student):
    good = ("a.jpg", io.BytesIO(picture()))
    assert [u.original_name for u in attaching.decoded([good], student)] == ["a.jpg"]
    bad = [
        ("坏\u202e.pdf", io.BytesIO(b"x")),
        ("a.jpg", io.BytesIO(picture())),
        ("b", io.BytesIO(b"")),
    ]
    with pytest.raises(Invalid) as refused:
        attaching.decoded(bad, student)
    places = [place for place, _sentence in refused.value.problems]
    assert places == ["files", "files"]
    assert refused.value.problems[0][1].startswith("坏.pdf: ")
    with pytest.raises(Invalid):
        attaching.decoded([good] * 11, student)
