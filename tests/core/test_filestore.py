from types import SimpleNamespace

import flask
import pytest

from app.core import filestore


@pytest.fixture(params=["folder", "address"])
def place(request, tmp_path):
    """A bare application whose files lie in its instance folder, or where an address says."""
    app = flask.Flask("documents")
    address = f"file://{tmp_path}/elsewhere" if request.param == "address" else ""
    app.config["QINGQIAN"] = SimpleNamespace(files_url=address, folder=tmp_path)
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
