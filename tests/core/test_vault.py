"""What is kept for a while: sealed for its own record, read, forgotten, and swept (BLK-01, BLK-04, DOC-05)."""

import io
import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest

from app.core import filestore, sealing, vault
from app.core.crypto import cipher
from app.core.errors import Refused
from app.core.vault import Vault
from app.files.documents.full_editions import FULL
from app.files.exports.models import FILES as EXPORTS
from app.files.imports.models import FILES as IMPORTS
from app.files.made.making import FILES as MADE

pytestmark = pytest.mark.rule("BLK-01", "BLK-04")
VAULTS = pytest.mark.parametrize("kept_in", [IMPORTS, EXPORTS, MADE, FULL], ids=lambda v: v.kind)


@pytest.fixture(autouse=True)
def folder(session, monkeypatch, tmp_path) -> Path:
    monkeypatch.setattr(filestore, "_files", lambda: (fsspec.filesystem("file"), str(tmp_path)))
    return tmp_path


def age(folder, key):
    stamp = (folder / key).stat().st_mtime - timedelta(days=2).total_seconds()
    os.utime(folder / key, (stamp, stamp))


@VAULTS
def test_what_is_kept_is_sealed_twice_and_opens_for_its_own_record_only(kept_in, folder):
    key = kept_in.keep(b"PK secret", "a1")
    assert key.endswith(kept_in.suffix)
    assert b"secret" not in (folder / key).read_bytes()
    assert b"secret" not in filestore.read_file(key)
    assert kept_in.read(key, "a1") == b"PK secret"
    with pytest.raises(ValueError, match="belongs to another"):
        kept_in.read(key, "a2")
    with pytest.raises(ValueError, match="belongs to another"):
        Vault("stranger", kept_in.suffix).read(key, "a1")


def test_a_large_file_is_kept_and_read_part_by_part(monkeypatch):
    monkeypatch.setattr(sealing, "PART", 100)
    data = os.urandom(950)
    key = EXPORTS.keep(io.BytesIO(data), "a1")
    parts = list(EXPORTS.parts(key, "a1"))
    assert (len(parts), b"".join(parts)) == (10, data)


def test_an_empty_file_comes_back_empty():
    assert MADE.read(MADE.keep(b"", "a1"), "a1") == b""


def test_a_file_that_is_gone_is_a_sentence_before_anything_is_read():
    with pytest.raises(Refused, match=r"."):
        EXPORTS.parts(None, "a1")


@VAULTS
def test_files_that_an_older_version_kept_are_still_read(kept_in):
    whole = cipher().encrypt_bytes(b"PK whole", f"{kept_in.kind}:a1")
    assert kept_in.read(filestore.save_file(whole, kept_in.suffix), "a1") == b"PK whole"
    sealed = b"".join(sealing.seal([b"PK parts"], cipher(), f"{kept_in.kind}:a1"))
    unmarked = filestore.save_file(sealed.removeprefix(sealing.MAGIC), kept_in.suffix)
    assert kept_in.read(unmarked, "a1") == b"PK parts"
    with pytest.raises(ValueError, match="belongs to another"):
        kept_in.read(unmarked, "a2")


def test_what_lies_in_a_row_opens_for_its_own_record_only():
    sealed = Vault("preview").seal(b"words", "a1")
    assert b"words" not in sealed
    assert Vault("preview").unseal(sealed, "a1") == b"words"
    for kind, owner in (("preview", "a2"), ("kept_post", "a1")):
        with pytest.raises(ValueError, match="belongs to another"):
            Vault(kind).unseal(sealed, owner)


def test_forgetting_takes_the_names_and_then_the_files(folder):
    records = [
        SimpleNamespace(file_key=IMPORTS.keep(b"1", "a1"), errors_key=IMPORTS.keep(b"2", "a1")),
        SimpleNamespace(file_key=IMPORTS.keep(b"3", "a2"), errors_key=None),
    ]
    assert IMPORTS.forget(records) == 2
    assert {(r.file_key, r.errors_key) for r in records} == {(None, None)}
    assert not list(folder.rglob("*.bulk"))


def test_a_file_is_deleted_only_when_its_row_names_it_no_more_for_good(folder, monkeypatch):
    record = SimpleNamespace(source_key=MADE.keep(b"1", "a1"), result_key=None)

    def away():
        raise OSError("the database is away")

    monkeypatch.setattr(vault.db.session, "commit", away)
    with pytest.raises(OSError, match="away"):
        MADE.forget([record])
    assert len(list(folder.rglob("*.paper"))) == 1


@VAULTS
def test_what_a_killed_worker_left_is_swept_after_a_day_and_nothing_else(kept_in, folder):
    old, fresh = kept_in.keep(b"1", "a1"), kept_in.keep(b"1", "a1")
    other = Vault("stranger", ".zz").keep(b"1", "a1")
    age(folder, old)
    age(folder, other)
    assert kept_in.sweep() == 1
    assert [(folder / key).exists() for key in (old, fresh, other)] == [False, True, True]
    assert kept_in.sweep() == 0


@VAULTS
def test_a_vault_names_columns_that_the_sweep_looks_into(kept_in):
    looked = {column.name for column in vault.key_columns()}
    assert set(kept_in.names) <= looked
