"""Uploaded files over HTTP: who gets them, how they are sent, and the answers to an upload (DOC-05)."""

import io
import re

import pytest

from app.core.db import db
from app.core.http import POLICY
from app.files.documents import attaching, files
from app.files.documents.attachments import accept_upload
from app.files.documents.models import Attachment
from tests.factories import accept, account, actor, attest, invite, make_student, terminate

from .hostile import pdf, picture
from .hostile_pdfs import scan_with_facts

pytestmark = pytest.mark.rule("DOC-05")
DATA = {
    "jpeg": picture(size=(400, 300)),
    "png": picture("PNG"),
    "webp": picture("WEBP"),
    "scan": pdf(scan_with_facts, pages=2),
    "pdf": pdf(),
}


@pytest.fixture
def asked(cast):
    return terminate(attest(accept(invite(cast.employer, cast.student)[0]), cast.officer))


@pytest.fixture
def kept(cast, asked):
    def keep(kind="jpeg", name="证明 “录用”.jpg"):
        return attaching.attach(
            "termination", asked, actor(cast.student), name, io.BytesIO(DATA[kind])
        )

    return keep


def strict(answer, disposition):
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Content-Disposition"].startswith(f"{disposition};")
    for value in answer.headers.values():
        value.encode("latin-1")  # what a server can send at all
    policy = answer.headers["Content-Security-Policy"]
    for part in ("sandbox ;", "default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"):
        assert part in policy
    assert "script" not in policy
    assert "allow-" not in policy
    return answer


@pytest.mark.parametrize("kind", DATA)
def test_every_kept_kind_is_sent_so_that_nothing_in_it_can_act(cast, visit, kept, kind):
    found, browser = kept(kind), visit(account(cast.student))
    mime = "application/pdf" if kind in ("pdf", "scan") else "image/jpeg"
    answer = strict(browser.get(f"/files/{found.uid}"), "attachment")
    assert (answer.content_type, answer.content_length) == (mime, found.size)
    assert "filename*=UTF-8''%E8%AF%81%E6%98%8E" in answer.headers["Content-Disposition"]
    assert strict(browser.get(f"/files/{found.uid}/view"), "inline").content_type == mime
    thumb = browser.get(f"/files/{found.uid}/thumb")
    if kind == "pdf":
        assert thumb.status_code == 404
    else:
        assert strict(thumb, "inline").content_type == "image/jpeg"
        assert len(thumb.data) < 30_000


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("way", ["", "/view", "/thumb", "/remove"])
def test_who_does_not_see_the_record_finds_nothing(cast, visit, client, kept, way):
    url = f"/files/{kept().uid}{way}"

    def status(user):
        browser = visit(user)
        return (browser.post if way == "/remove" else browser.get)(url).status_code

    for user in (cast.classmate, cast.stranger, cast.rival, make_student(cast.far_college)):
        assert status(account(user)) == 404
    for user in (cast.other_officer, cast.other_college_officer):
        assert status(user) == 404
    assert status(cast.data) == 403
    anonymous = client.post(url) if way == "/remove" else client.get(url)
    assert anonymous.status_code in (302, 303)
    assert db.session.query(Attachment).count() == 1


@pytest.mark.rule("ACC-02")
def test_who_sees_the_record_reads_its_files(cast, visit, kept):
    url = f"/files/{kept().uid}/view"
    for user in (account(cast.student), account(cast.employer), cast.officer, cast.college_officer):
        assert visit(user).get(url).status_code == 200


@pytest.mark.parametrize(
    "uid", ["0" * 32, "../../etc/passwd", "x" * 32, "%00" * 32, "1", "字" * 32]
)
def test_what_is_no_file_answers_404(cast, visit, uid):
    for way in ("", "/view", "/thumb"):
        assert visit(cast.officer).get(f"/files/{uid}{way}").status_code == 404


def test_a_file_that_was_changed_on_the_disk_is_not_sent(cast, visit, kept, monkeypatch):

    found = kept()
    monkeypatch.setattr("app.core.filestore.read_file", lambda key: b"forged")
    assert visit(cast.officer).get(f"/files/{found.uid}").status_code == 500


# -- uploading ---------------------------------------------------------------------------------


JSON = {"Accept": "application/json"}


def send(browser, asked, *data, **headers):
    sent = {"files": [(io.BytesIO(content), name) for content, name in data]}
    return browser.post(f"/my/terminations/{asked.id}/evidence", data=sent, headers=headers)


def test_the_script_gets_the_tile_of_a_good_file_and_the_sentence_of_a_bad_one(cast, visit, asked):
    browser = visit(account(cast.student))
    good = send(browser, asked, (DATA["jpeg"], "录用 <b>函.jpg"), **JSON)
    assert good.status_code == 201
    tile = good.json["html"]
    assert "录用 _b_函.jpg" in tile
    assert "<b>" not in tile
    assert re.search(r"/files/[0-9a-f]{32}/remove", tile)
    bad = send(browser, asked, (b"<script>", "a.jpg"), **JSON)
    assert (bad.status_code, list(bad.json)) == (409, ["error"])
    none = send(browser, asked, **JSON)
    assert none.status_code == 422
    assert none.json["error"]


def test_without_a_script_one_refused_file_loses_no_other(cast, visit, asked):
    browser = visit(account(cast.student))
    answer = send(browser, asked, (DATA["jpeg"], "1.jpg"), (b"MZ", "2.exe"), (DATA["pdf"], "3.pdf"))
    assert answer.status_code == 303
    seen = browser.get(answer.location).get_data(as_text=True)
    assert "2.exe: " in seen
    assert files.count("termination", asked.id) == 2
    empty = send(browser, asked)
    assert empty.status_code == 303
    assert "选择文件" in browser.get(empty.location).get_data(as_text=True)


def test_a_stranger_adds_nothing(cast, visit, asked):
    assert send(visit(account(cast.classmate)), asked, (DATA["jpeg"], "1.jpg")).status_code == 404
    assert files.count("termination", asked.id) == 0


@pytest.mark.rule("TRM-09")
def test_the_owner_takes_a_file_back_by_the_button_of_the_page(cast, visit, asked, kept):
    found = kept()
    browser = visit(account(cast.student))
    page = f"/my/terminations/signing/{asked.placement_id}"
    assert f"/files/{found.uid}/remove" in browser.get(page).get_data(as_text=True)
    answer = browser.post(
        f"/files/{found.uid}/remove", headers={"Referer": f"http://localhost{page}"}
    )
    assert (answer.status_code, answer.location) == (303, page)
    assert files.count("termination", asked.id) == 0
    other = visit(account(cast.employer)).get(f"/employer/terminations/show/{asked.placement_id}")
    assert "/remove" not in other.get_data(as_text=True)


def test_the_page_shows_files_to_staff_in_frames_of_our_own(cast, visit, asked, kept):
    found, scan = kept(), kept("scan", "协议书扫描.pdf")
    page = visit(cast.officer).get(f"/desk/show/{asked.placement_id}").get_data(as_text=True)
    assert f'<iframe src="/files/{scan.uid}/view#' in page
    assert f'<img src="/files/{found.uid}/view"' in page
    assert f'href="/files/{scan.uid}"' in page
    assert "frame-src" in POLICY


# -- the licence -------------------------------------------------------------------------------


@pytest.fixture
def licence(cast):
    def keep(kind="jpeg"):
        upload = accept_upload("证照.jpg", DATA[kind])
        found = attaching.keep("employer", cast.employer, account(cast.employer).id, upload)
        cast.employer.licence_id = found.id
        db.session.commit()
        return found

    return keep


@pytest.mark.rule("ACC-07")
@pytest.mark.parametrize(
    ("kind", "shown"), [("jpeg", '<img src="{}"'), ("pdf", '<iframe src="{}#')]
)
def test_the_licence_is_shown_to_the_office_and_to_the_employer_itself(
    cast, licence, visit, kind, shown
):
    url = f"/files/{licence(kind).uid}/view"
    strict(visit(cast.officer).get(url), "inline")
    assert visit(account(cast.employer)).get(url).status_code == 200
    page = visit(cast.officer).get(f"/employers/show/{cast.employer.id}").get_data(as_text=True)
    assert shown.format(url) in page


@pytest.mark.rule("ACC-02", "ACC-07")
def test_nobody_else_gets_the_licence_and_nobody_an_old_one(cast, licence, visit):
    url = f"/files/{licence().uid}"
    assert visit(account(cast.rival)).get(url).status_code == 404
    assert visit(account(cast.student)).get(url).status_code == 404
    assert visit(cast.data).get(url).status_code == 403
    mine = visit(account(cast.employer)).post(f"{url}/remove", headers={"Referer": "http://x/"})
    assert mine.status_code == 303
    assert visit(cast.officer).get(url).status_code == 200
    licence()
    assert visit(cast.officer).get(url).status_code == 404
