"""What is outside a person's scope does not exist: every road tried (H1, H2, H4, H5, H10, W1)."""

import re

import pytest

from tests.fab import sample
from tests.fab.sample import Letter, Note, db

pytestmark = pytest.mark.rule("ACC-02")


def state_of(app, key):
    with app.app_context():
        return db.session.get(Letter, key).state


def note_ids(app, org):
    with app.app_context():
        return [n.id for n in db.session.scalars(db.select(Note).filter_by(org_id=org))]


def test_the_list_shows_only_my_school(wang, ids):
    page = wang.get("/letterview/list/?tab=all&psize_LetterView=200").text
    assert page.count('class="qq-row"') == 200
    assert "School 1" in page
    assert "School 2" not in page


def test_an_action_on_a_foreign_record_is_404_and_does_nothing(app, wang, ids):
    foreign = ids(2)[0]
    assert wang.post(f"/letterview/action/approve/{foreign}").status_code == 404
    assert state_of(app, foreign) == "waiting"
    assert sample.LetterView.ran == []


def test_a_bulk_action_with_one_foreign_or_missing_record_is_404_and_does_nothing(app, wang, ids):
    own, foreign = ids(1, state="waiting")[:2], ids(2)[0]
    for stray in (foreign, 999_999):
        answer = wang.post(
            "/letterview/action_post", data={"action": "approve", "rowid": [*own, stray]}
        )
        assert answer.status_code == 404
    assert state_of(app, own[0]) == "waiting"
    assert sample.LetterView.ran == []


def test_the_page_of_confirmation_shows_no_foreign_record(wang, ids):
    data = {"action": "refuse", "rowid": [ids(2)[0]]}
    assert wang.post("/letterview/confirm", data=data).status_code == 404


def test_the_bulk_action_loads_all_its_records_with_one_query(wang, ids, query_log):
    keys = ids(1, state="waiting")[:20]
    query_log.clear()
    answer = wang.post("/letterview/confirm", data={"action": "approve", "rowid": keys})
    assert answer.status_code == 200
    assert sum("FROM fabtest_letter" in q for q in query_log) == 1


def test_show_edit_and_delete_of_a_foreign_record_are_404(app, wang, ids):
    assert wang.get(f"/letterview/show/{ids(2)[0]}").status_code == 404
    foreign = note_ids(app, 2)[0]
    assert wang.get(f"/noteview/edit/{foreign}").status_code == 404
    assert wang.post(f"/noteview/edit/{foreign}", data={"text": "x"}).status_code == 404
    assert wang.post(f"/noteview/delete/{foreign}").status_code == 404
    assert len(note_ids(app, 2)) == 3


def test_a_record_cannot_be_moved_to_another_school_by_editing(app, wang):
    own = note_ids(app, 1)[0]
    answer = wang.post(f"/noteview/edit/{own}", data={"text": "moved", "org_id": "2"})
    assert answer.status_code == 404
    assert own in note_ids(app, 1)


def test_a_record_cannot_be_added_to_another_school(app, wang):
    before = note_ids(app, 2)
    assert wang.post("/noteview/add", data={"text": "new", "org_id": "2"}).status_code == 404
    assert note_ids(app, 2) == before


def test_an_argument_of_the_address_does_not_fill_the_form(app, wang):
    data = {"text": "by form", "org_id": "1"}
    answer = wang.post("/noteview/add?_flt_0_org_id=2&org_id=2", data=data)
    assert answer.status_code == 303
    with app.app_context():
        note = db.session.scalars(db.select(Note).filter_by(text="by form")).one()
        assert note.org_id == 1


def test_more_fields_than_the_form_has_are_not_written(app, wang):
    own = note_ids(app, 1)[1]
    data = {"text": "again", "org_id": "1", "secret": "stolen", "id": "0"}
    assert wang.post(f"/noteview/edit/{own}", data=data).status_code == 303
    with app.app_context():
        note = db.session.get(Note, own)
        assert (note.text, note.secret) == ("again", "")


def test_a_strange_role_and_an_inactive_person_see_nothing(app, browser):
    assert browser("odd").get("/letterview/list/").status_code == 403
    answer = browser().get("/letterview/list/?tab=all")
    assert answer.status_code == 302
    assert answer.location == "/login/?next=/letterview/list/?tab%3Dall"


def test_a_stranger_is_led_to_the_sign_in_page_by_actions_too(browser, ids):
    for path in (f"action/approve/{ids(1)[0]}", "action_post", "confirm", "search", "columns"):
        answer = browser().post(
            f"/letterview/{path}", data={"action": "approve", "rowid": ids(1)[:1]}
        )
        assert answer.location == "/login/"
    assert sample.LetterView.ran == []


def test_the_permission_is_asked_after_the_scope(browser, ids):
    reader = browser("reader")
    assert reader.post(f"/letterview/action/approve/{ids(1)[0]}").status_code == 403
    assert reader.post(f"/letterview/action/approve/{ids(2)[0]}").status_code == 404
    data = {"action": "approve", "rowid": ids(1)[:2]}
    assert reader.post("/letterview/action_post", data=data).status_code == 403
    assert "data-qq-action" not in reader.get("/letterview/list/").text


def test_fabs_own_queries_are_scoped_as_well(app, ids):
    view = next(v for v in app.appbuilder.baseviews if isinstance(v, sample.LetterView))
    with app.test_request_context():
        from flask_login import login_user

        login_user(sample.PEOPLE["wang"])
        assert view.datamodel.get(ids(2)[0], view._base_filters) is None
        assert view.datamodel.get(ids(1)[0], view._base_filters) is not None
        count, rows = view.datamodel.query(view._base_filters, page_size=5)
        assert count == 200
        assert {row.org_id for row in rows} == {1}


def test_counts_of_tabs_count_only_my_rows(wang):
    page = wang.get("/letterview/list/").text
    assert [int(n) for n in re.findall(r'qq-count">(\d+)<', page)] == [160, 40, 200]
