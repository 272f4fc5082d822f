from types import SimpleNamespace

import flask
import pytest

from app.core import filestore
from app.core.crypto import Cipher


@pytest.fixture(params=["folder", "address"])
def place(request, tmp_path):
    """A bare application whose files lie in its instance folder, or where an address says."""
    app = flask.Flask("documents")
    address = f"file://{tmp_path}/elsewhere" if request.param == "address" else ""
    app.config["QINGQIAN"] = SimpleNamespace(files_url=address, folder=tmp_path)
    app.extensions["cipher"] = Cipher([("k2", b"2" * 32), ("k1", b"1" * 32)], b"9" * 32)
    with app.app_context():
        yield tmp_path / ("elsewhere" if address else "files")


def test_a_file_is_read_back_under_a_random_name(place):
    keys = {filestore.save_file(b"%PDF-", ".pdf") for _ in range(20)}
    assert len(keys) == 20
    for key in keys:
        assert filestore.read_file(key) == b"%PDF-"
        assert (place / key).is_file()
        assert key[:2] == key[3:5]


def test_nothing_half_written_is_left_under_a_name(place):
    key = filestore.save_file(b"abc", ".jpg")
    assert [path.name for path in place.rglob("*") if path.is_file()] == [key[3:]]


def test_no_file_is_ever_overwritten(place, monkeypatch):
    monkeypatch.setattr(filestore.secrets, "token_hex", lambda size: "ab" * size)
    key = filestore.save_file(b"first", ".pdf")
    with pytest.raises(FileExistsError):
        filestore.save_file(b"second", ".pdf")
    assert filestore.read_file(key) == b"first"
    assert len([path for path in place.rglob("*") if path.is_file()]) == 1


@pytest.mark.usefixtures("place")
@pytest.mark.rule("DOC-05")
@pytest.mark.parametrize(
    "key", ["../secret_key.txt", "/etc/passwd", "ab/../../x.pdf", "", "ab/cd.pdf"]
)
def test_what_is_no_key_opens_nothing(key):
    with pytest.raises(ValueError, match="not a file key"):
        filestore.read_file(key)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("suffix", ["", "pdf", "/../x", ".PDF", ".p/f"])
def test_what_is_no_suffix_is_refused(suffix):
    with pytest.raises(ValueError, match="not a file suffix"):
        filestore.save_file(b"", suffix)


@pytest.mark.usefixtures("place")
def test_a_file_that_is_gone_is_an_error():
    with pytest.raises(FileNotFoundError):
        filestore.read_file(f"ab/{'ab' * 16}.pdf")


def test_no_stored_byte_can_be_read_on_the_disk(place):
    secret = b"110101199001010839" * 1000
    key = filestore.save_file(secret, ".jpg")
    assert secret[:18] not in (place / key).read_bytes()
    assert filestore.read_file(key) == secret


def test_a_large_file_is_sealed_and_read_in_parts(place):
    key = filestore.save_parts((bytes([n]) * 700_000 for n in range(5)), ".out")
    file = filestore.open_file(key)
    got = b"".join(iter(lambda: file.read(65_537), b""))
    file.close()
    assert got == b"".join(bytes([n]) * 700_000 for n in range(5))
    stored = (place / key).read_bytes()
    for broken in (stored[:-1], stored[:1_100_000], stored[:2_000_000] + b"x" + stored[2_000_001:]):
        (place / key).write_bytes(broken)
        with pytest.raises(ValueError, match="changed"):
            filestore.read_file(key)


def test_one_sealed_file_cannot_stand_for_another(place):
    one, two = filestore.save_file(b"one", ".pdf"), filestore.save_file(b"two", ".pdf")
    (place / two).write_bytes((place / one).read_bytes())
    with pytest.raises(ValueError, match="belongs to another"):
        filestore.read_file(two)


def test_files_from_before_are_read_sealed_once_and_then_refused_open(place, monkeypatch):
    old = [f"ab/{'ab' * 15}0{n}.pdf" for n in range(4)]
    (place / "ab").mkdir(parents=True)
    for key in old:
        (place / key).write_bytes(b"%PDF-" + key.encode())
    assert filestore.read_file(old[0]).startswith(b"%PDF-")
    real, told = filestore._write, []

    def killed(*args):
        told.append(args)
        if len(told) == 3:
            raise KeyboardInterrupt
        real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(filestore, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            filestore.seal_files()
    assert all(filestore.read_file(key) == b"%PDF-" + key.encode() for key in old)
    assert filestore.seal_files() == (2, 2)
    assert filestore.seal_files() == (0, 4)
    assert all(filestore.read_file(key) == b"%PDF-" + key.encode() for key in old)
    (place / old[0]).write_bytes(b"%PDF- put there by somebody else")
    with pytest.raises(ValueError, match="not kept here"):
        filestore.read_file(old[0])


def test_sealing_again_leaves_no_file_under_an_old_key(place):
    key = filestore.save_file(b"scan", ".pdf")
    flask.current_app.extensions["cipher"] = Cipher(
        [("k3", b"3" * 32), ("k2", b"2" * 32)], b"9" * 32
    )
    assert filestore.seal_files() == (1, 0)
    assert (place / key).read_bytes()[8:10] == b"k3"
    assert filestore.read_file(key) == b"scan"
