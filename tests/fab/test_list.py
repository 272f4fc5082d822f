"""What the list shows and remembers: tabs, filters, search, columns, the way back."""

import re
from types import SimpleNamespace

import pytest

from app.fab import list_state
from app.fab.columns import ListColumn
from app.fab.rows import RowCells
from tests.fab import sample
from tests.fab.sample import Letter, db
from tests.stores import otherwise

LIST = "/letterview/list/"


def rows(page: str) -> int:
    return page.count('class="qq-row"')


def kept(client, name=list_state.LISTS):
    with client.session_transaction() as session:
        return dict(session.get(name) or {})


def test_the_first_tab_is_the_one_shown_and_marked(wang):
    page = wang.get(LIST).text
    tab = re.search(r'<a class="qq-tab is-active" href="([^"]*)" aria-current="page">(\w+)', page)
    assert tab.groups() == (LIST, "Waiting")
    assert rows(wang.get(f"{LIST}?tab=done&psize_LetterView=200").text) == 40


def test_an_empty_tab_says_why_and_an_empty_search_how_to_go_on(browser):
    page = browser("many").get(LIST).text
    assert "No letter waits." in page
    page = browser("many").get(f"{LIST}?q=nothing").text
    assert "Nothing matches this search." in page
    assert 'href="/letterview/list/">Clear' in page


def test_a_filter_narrows_by_a_column_or_by_a_function(wang):
    page = wang.get(f"{LIST}?tab=all&f_pay=2&psize_LetterView=200").text
    assert set(re.findall(r"<td>(\d)<t", page)) == {"2"}
    assert '<option value="2" selected>two' in page
    assert rows(wang.get(f"{LIST}?tab=all&f_size=5").text) == 0


def test_the_search_is_posted_and_keeps_tab_order_and_filters(wang):
    data = {"q": " P00 ", "tab": "all", "f_pay": "2", "_oc_LetterView": "name", "after": "x"}
    answer = wang.post("/letterview/search", data=data)
    assert answer.status_code == 303
    assert answer.location == f"{LIST}?tab=all&q=P00&f_pay=2&_oc_LetterView=name&_od_LetterView=asc"
    page = wang.get(answer.location).text
    for field in ('name="tab" value="all"', 'name="_oc_LetterView" value="name"', 'value="P00"'):
        assert field in page


def test_an_identity_number_never_stands_in_an_address(wang):
    answer = wang.post("/letterview/search", data={"q": "420101199801010004", "tab": "all"})
    assert answer.location == f"{LIST}?tab=all&x=t-0004"
    page = wang.get(answer.location).text
    assert rows(page) == 1
    assert "420101199801010004" not in page
    again = wang.post("/letterview/search", data={"q": "", "x": "t-0004", "f_pay": "2"})
    assert again.location == f"{LIST}?x=t-0004&f_pay=2"
    assert (
        wang.post("/letterview/search", data={"q": "P0", "x": "t-0004"}).location == f"{LIST}?q=P0"
    )


def test_a_list_without_search_refuses_one(wang):
    assert wang.get("/noteview/list/?q=x").status_code == 400
    assert 'role="search"' not in wang.get("/noteview/list/").text


def test_headings_sort_and_say_so(wang):
    page = wang.get(LIST).text
    assert re.search(r'aria-sort="descending"><a href="[^"]*_od_LetterView=asc">Changed', page)
    assert re.search(r'aria-sort="none"><a href="[^"]*_oc_LetterView=name[^"]*">Name', page)
    assert "<th scope=col>School</th>" in page


def test_a_row_leads_to_its_detail_by_link_and_by_double_click(wang, ids):
    key = ids(1, state="waiting")[0]
    page = wang.get(LIST).text
    assert '<tr class="qq-row"><td class=c>' in page  # it leads where its title leads
    assert re.search(rf'<td class=t><a href="/letterview/show/{key}">P\d+</a>', page)
    assert "<td class=s>" in page
    assert re.search(r'type=checkbox name=rowid value="\d+" aria-label="Select P\d+"', page)


@pytest.mark.rule("AGR-02")
def test_back_and_actions_lead_to_the_list_as_it_was_left(wang, ids):
    left = f"{LIST}?tab=all&q=P0&psize_LetterView=50"
    wang.get(left)
    key = ids(1, state="done")[0]
    assert (
        f'class="qq-back" href="{left.replace("&", "&amp;")}"'
        in wang.get(f"/letterview/show/{key}").text
    )
    answer = wang.post(f"/letterview/action/approve/{key}")
    assert answer.location == left


def test_the_session_keeps_few_short_queries_and_no_address(wang, app):
    for n in range(12):
        with wang.session_transaction() as session:
            session[list_state.LISTS] = kept(wang) | {f"V{n}": "q=" + "x" * 100}
        wang.get(f"{LIST}?tab=all&q={n}")
    lists = kept(wang)
    assert len(lists) <= list_state.MOST
    assert lists["LetterView"] == "tab=all&q=11"
    with app.test_request_context():
        for n in range(8):
            list_state.remember_list(f"V{n}", "y" * 600)
        list_state.remember_list("long", "y" * 601)
        from flask import session

        assert sum(map(len, session[list_state.LISTS].values())) <= list_state.TOGETHER
        assert "long" not in session[list_state.LISTS]
    with wang.session_transaction() as session:
        assert "page_history" not in session


def test_a_remembered_list_that_no_longer_holds_is_the_plain_list(wang, ids):
    with wang.session_transaction() as session:
        session[list_state.LISTS] = {"LetterView": "tab=gone&f_old=1"}
    assert wang.get(f"/letterview/show/{ids(1)[0]}").status_code == 200


@pytest.mark.rule("AGR-01")
def test_chosen_columns_are_kept_and_the_first_always_stays(wang):
    class Memory(dict):
        def load(self, view):
            return self.get(view, {})

        save = dict.__setitem__

    store = Memory()
    with otherwise(list_choices=store):
        answer = wang.post("/letterview/columns", data={"column": ["state", "pay"]})
        assert answer.location == LIST
        assert re.findall(r"<th scope=col[^>]*>(?:<a[^>]*>)?(\w+)", wang.get(LIST).text) == [
            "Name",
            "State",
            "Pay",
        ]
        assert store == {"LetterView": {"hidden": ["org.name", "changed_at"]}}
        wang.post(
            "/letterview/columns",
            data={"column": ["name", "org.name", "state", "pay", "changed_at"]},
        )
        assert store == {"LetterView": {"hidden": []}}


@pytest.mark.rule("AGR-07")
def test_one_or_many_records_reach_the_action_as_a_list(wang, ids):
    one, two, three = ids(1, state="waiting")[:3]
    wang.post(f"/letterview/action/approve/{one}")
    wang.post("/letterview/action_post", data={"action": "approve", "rowid": [three, two, three]})
    assert sample.LetterView.ran == [("approve", [one]), ("approve", [three, two])]


@pytest.mark.rule("AGR-05")
def test_a_required_reason_is_asked_for_by_the_server_too(app, wang, ids):
    key = ids(1, state="waiting")[0]
    assert wang.post(f"/letterview/action/refuse/{key}", data={"reason": "  "}).status_code == 422
    assert wang.post(f"/letterview/action/refuse/{key}", data={"reason": "no"}).status_code == 302
    with app.app_context():
        assert db.session.get(Letter, key).state == "refused"


def test_a_rule_that_says_no_reaches_the_apps_own_handler(app, wang, ids):
    key = ids(1, state="waiting")[0]
    with app.app_context():
        db.session.get(Letter, key).name = "locked"
        db.session.commit()
    answer = wang.post(f"/letterview/action/refuse/{key}", data={"reason": "no"})
    assert (answer.status_code, answer.text) == (409, "It is locked.")


def test_buttons_carry_what_the_dialog_needs_and_work_without_script(wang, ids):
    key = ids(1, state="waiting")[0]
    page = wang.get(f"/letterview/show/{key}").text
    button = re.search(r'<button[^>]*data-qq-action="refuse"[^>]*>', page, re.S).group()
    assert f'data-qq-url="/letterview/action/refuse/{key}"' in button
    assert 'data-qq-reason="required"' in button
    assert "data-qq-danger" in button
    form = f'<form class="qq-confirm" method="post" action="/letterview/action/refuse/{key}">'
    assert f"<noscript>\n{form}" in page
    page = wang.get(LIST).text
    assert 'data-qq-steps="/letterview/action_post"' in page
    [button] = re.findall(r'<button[^>]*data-qq-action="approve"[^>]*>', page)
    assert 'name="action" value="approve"' in button  # without script its form asks
    form = page[page.index('<form method="post" action="/letterview/confirm">') :]
    assert button in form[: form.index("</form>")]
    page = wang.post("/letterview/confirm", data={"action": "refuse", "rowid": [key]}).text
    assert re.search(r'<textarea [^>]*name="reason"[^>]* required>', page)
    assert f'<input type="hidden" name="rowid" value="{key}">' in page


def test_row_buttons_have_marks_of_their_own_and_answers_pass_through(app, wang):
    page = wang.get("/noteview/list/").text
    marks = re.findall(r'id="(do-stamp-[^"]+)"', page)
    assert len(marks) == len(set(marks)) == 3
    assert "rowid" not in page
    key = marks[0].removeprefix("do-stamp-")
    assert wang.post(f"/noteview/action/stamp/{key}").text.startswith("stamped note")
    assert (
        wang.post("/noteview/action_post", data={"action": "stamp", "rowid": key}).status_code
        == 404
    )


def test_a_form_shows_its_problems_and_keeps_what_was_typed(wang):
    answer = wang.post("/noteview/add", data={"text": "bad", "org_id": "1"})
    assert answer.status_code == 422
    assert "Write something good." in answer.text
    assert "Think." in answer.text
    assert 'value="bad"' in answer.text
    assert wang.post("/noteview/add", data={"text": "bad2", "org_id": "x"}).status_code == 422


def test_a_double_value_is_a_sentence_not_sql(wang):
    answer = wang.post("/noteview/add", data={"text": "note 0", "org_id": "1"})
    assert answer.status_code == 422
    assert "fabtest" not in answer.text


def test_a_record_can_be_added_changed_and_deleted(app, wang):
    assert "New" in wang.get(LIST).text
    assert wang.get("/noteview/add").status_code == 200
    answer = wang.post("/noteview/add", data={"text": "fresh", "org_id": "1"})
    assert (answer.status_code, answer.location) == (303, "/noteview/list/")
    with app.app_context():
        key = db.session.scalars(db.select(sample.Note).filter_by(text="fresh")).one().id
    assert 'value="fresh"' in wang.get(f"/noteview/edit/{key}").text
    assert f"/noteview/edit/{key}" in wang.get(f"/noteview/show/{key}").text
    assert (
        wang.post(f"/noteview/edit/{key}", data={"text": "older", "org_id": "1"}).status_code == 303
    )
    assert wang.post(f"/noteview/delete/{key}").status_code == 303
    assert wang.get(f"/noteview/show/{key}").status_code == 404


def test_a_query_too_long_to_keep_loses_its_page_only(wang, monkeypatch):
    monkeypatch.setattr(list_state, "LONGEST", 60)
    page = wang.get(f"{LIST}?tab=all&_oc_LetterView=name").text
    following = re.search(r'href="([^"]*after=[^"]*)"', page).group(1).replace("&amp;", "&")
    wang.get(following)
    assert kept(wang) == {"LetterView": "tab=all&_oc_LetterView=name&_od_LetterView=asc"}


@pytest.mark.rule("AGR-03")
def test_a_detail_is_drawn_from_its_panels_and_leaves_out_what_says_nothing(wang, ids):
    page = wang.get(f"/letterview/show/{ids(1)[0]}").text
    assert page.index("<dt>Name</dt>") < page.index("<dt>Title</dt>") < page.index("<aside")
    assert "<dt>Letters</dt>" in page[page.index("<aside") :]
    assert "Nothing" not in page


@pytest.mark.rule("ACC-02")
def test_a_column_or_panel_of_a_right_is_nowhere_without_it(wang, ids, monkeypatch):
    key = ids(1)[0]
    without = wang.get(f"/letterview/show/{key}").text
    assert "<dt>Secret</dt>" not in without
    assert "Locked" not in without
    monkeypatch.setattr(sample.Manager, "has_access", lambda *_args: True)
    with_it = wang.get(f"/letterview/show/{key}").text
    assert "<dt>Secret</dt>" in with_it
    assert "Locked" in with_it


def test_a_column_stands_on_the_phone_where_it_says():
    columns = [
        ListColumn("a", "A"),
        ListColumn("b", "B", width="number"),
        ListColumn("c", "C", card="none"),
    ]
    row = SimpleNamespace(a="<x>", b=1, c="", d=None)
    cells = RowCells([*columns, ListColumn("d", "</style>", width="wrap")], "a")
    made = cells.row(row, "7", "/first", "/detail?a&b", "is-old")
    assert made == (
        '<tr class="qq-row is-old" data-href="/detail?a&amp;b">'
        '<td class=t><a href="/first">&lt;x&gt;</a><td class=l>1<td><td class=w>'
    )
    assert cells.style("Do it") == (
        'td:nth-child(2){--wide:none;--said:"B"}td:nth-child(4){--said:"\\3c \\2f style\\3e "}'
        'td:nth-child(5){--said:"Do\\20 it"}'
    )
    turned = [ListColumn("b", "B", card="none"), ListColumn("a", "A", card="title")]
    cells = RowCells(turned, "b", "Select")
    assert cells.row(row, "7", "/first", "/detail", name='"A"') == (
        '<tr class="qq-row"><td class=c><label><input type=checkbox name=rowid value="7" '
        'aria-label="Select &#34;A&#34;"></label>'
        '<td><a href="/first">1</a><td class=t><a href="/detail">&lt;x&gt;</a>'
    )
    assert cells.style() == ""


@pytest.mark.parametrize(
    ("title", "link", "url", "said"),
    [
        ("x", "", "/detail", ""),  # the title leads there
        ("x", "/detail", "/detail", ""),
        ("x", "/first", "/detail", ' data-href="/detail"'),  # it leads elsewhere
        ("", "/detail", "/detail", ' data-href="/detail"'),  # an empty one is no title
        ("x", "", "", ""),  # there is no detail
    ],
)
def test_a_row_says_where_it_leads_unless_its_title_does(title, link, url, said):
    made = RowCells([ListColumn("a", "A")], "a").row(SimpleNamespace(a=title), "7", link, url)
    assert made.startswith(f'<tr class="qq-row"{said}><td')
    assert ListColumn("a", "A", sorts="a_key").order == "a_key"
    assert [ListColumn("a", "A", sorts=yes).order for yes in (True, False)] == ["a", ""]
