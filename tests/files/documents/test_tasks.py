"""Stored files that no row names go after a day, and rows whose record is gone; nothing else (DOC-05)."""

import io
import os
from datetime import timedelta
from pathlib import Path

import fsspec
import pytest
from sqlalchemy import delete, text

from app.core import clock, filestore, vault
from app.core import filestore as stored
from app.core.db import db
from app.files.documents import attaching, tasks
from app.files.documents.models import Attachment
from app.files.documents.tasks import sweep_files
from app.wiring import PERIODIC
from tests.factories import accept, actor, attest, invite, terminate

from .hostile import picture

pytestmark = pytest.mark.rule("DOC-05")
TWO_DAYS = timedelta(days=2).total_seconds()


@pytest.fixture(autouse=True)
def _own_folder(session, monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "_files", lambda: (fsspec.filesystem("file"), str(tmp_path)))


@pytest.fixture
def asked(cast):
    return terminate(attest(accept(invite(cast.employer, cast.student)[0]), cast.officer))


@pytest.fixture
def kept(cast, asked):
    return attaching.attach(
        "termination", asked, actor(cast.student), "a.jpg", io.BytesIO(picture())
    )


def path_of(key) -> Path:
    return Path(stored._files()[1]) / key


def age(*keys):
    for key in keys:
        stamp = path_of(key).stat().st_mtime - TWO_DAYS
        os.utime(path_of(key), (stamp, stamp))


def there(key) -> bool:
    return path_of(key).exists()


def sweep():
    return sweep_files.func()


def test_what_no_row_names_goes_after_a_day_and_the_rest_stays(kept):
    old, fresh = filestore.save_file(b"1", ".jpg"), filestore.save_file(b"2", ".jpg")
    age(old, kept.file_key, kept.thumb_key)
    assert sweep() == (0, 1)
    assert not there(old)
    assert all(there(key) for key in (fresh, kept.file_key, kept.thumb_key))
    assert sweep() == (0, 0)


def test_files_of_others_are_left_alone_and_leftovers_of_a_crash_are_not(kept):
    sheet = filestore.save_file(b"1", ".xlsx")
    half = f"ab/.{'a' * 32}"
    path_of(half).parent.mkdir(exist_ok=True)
    path_of(half).write_bytes(b"half")
    strange = "ab/README.pdf"
    path_of(strange).write_bytes(b"?")
    age(sheet, half, strange)
    sweep()
    assert [there(key) for key in (sheet, half, strange)] == [True, False, True]


def test_documents_are_named_too(cast, asked):
    from app.signing.placements.tasks import document_of, make_agreement

    make_agreement(asked.placement_id)
    document = document_of(asked.placement)
    age(document.file_key)
    sweep()
    assert there(document.file_key)
    names = {f"{column.table.name}.{column.name}" for column in vault.key_columns()}
    assert {"document.file_key", "attachment.file_key", "attachment.thumb_key"} <= names


def test_a_removed_file_goes_with_its_small_picture(cast, kept):
    keys = (kept.file_key, kept.thumb_key)
    attaching.detach(kept.uid, actor(cast.student))
    assert sweep() == (0, 0)
    age(*keys)
    assert sweep() == (0, 2)


def test_a_shifted_clock_of_ours_makes_no_file_old(monkeypatch):
    key = filestore.save_file(b"1", ".jpg")
    later = clock.now() + timedelta(days=400)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert sweep() == (0, 0)
    assert there(key)


def test_a_row_whose_record_is_gone_goes_after_a_day(kept):
    db.session.add(
        Attachment(
            record_kind="termination",
            record_id=999_999_999,
            owner_user_id=kept.owner_user_id,
            mime="image/jpeg",
            size=1,
            original_name="a.jpg",
            sha256="0" * 64,
            file_key=filestore.save_file(b"1", ".jpg"),
        )
    )
    db.session.add(
        Attachment(
            record_kind="of another feature",
            record_id=999_999_999,
            size=1,
            owner_user_id=kept.owner_user_id,
            mime="image/jpeg",
            original_name="a.jpg",
            sha256="0" * 64,
            file_key=filestore.save_file(b"1", ".jpg"),
        )
    )
    db.session.commit()
    assert sweep() == (0, 0)
    db.session.execute(text("UPDATE attachment SET created_at = created_at - interval '2 days'"))
    db.session.commit()
    assert sweep() == (1, 0)
    assert {row.record_kind for row in db.session.query(Attachment)} == {
        "termination",
        "of another feature",
    }
    db.session.execute(delete(Attachment).where(Attachment.record_id == 999_999_999))
    db.session.commit()


def test_two_sweeps_at_once_do_not_hurt_each_other(monkeypatch):
    keys = [filestore.save_file(b"1", ".jpg") for _ in range(3)]
    age(*keys)
    real = filestore.delete_file

    def twice(key):
        real(key)
        real(key)

    monkeypatch.setattr(filestore, "delete_file", twice)
    assert sweep() == (0, 3)


def test_the_worker_knows_it():
    assert tasks in PERIODIC
