"""Whatever stands in an address or a form, the answer is a sentence, never a crash (H3, H7, H8)."""

import itertools
import random

import pytest

from app.fab.bad_request import Odd
from app.fab.views import SafeModelView

LIST = "/letterview/list/?"

BAD = {
    "_oc_LetterView=secret&_od_LetterView=asc": "hidden column",
    "_oc_LetterView=org.secret": "hidden column of a relation",
    "_oc_LetterView=nosuch": "unknown column",
    "_oc_LetterView=name&_od_LetterView=sideways": "unknown direction",
    "psize_LetterView=100000000": "too large",
    "psize_LetterView=201": "just too large",
    "psize_LetterView=-5": "negative",
    "psize_LetterView=0": "nothing",
    "psize_LetterView=abc": "no number",
    "psize_LetterView=²": "a digit that is none",
    "page_LetterView=-1": "negative",
    "page_LetterView=abc": "no number",
    "page_LetterView=99999999999999999999": "twenty digits",
    "page_LetterView=400": "beyond the cap",
    "_flt_0_secret=420101": "FAB's filter",
    "_flt_3_name=P001": "FAB's filter of a shown column",
    "_flt_9_name=": "FAB's filter out of range",
    "f_secret=1": "unknown filter",
    "f_pay=3": "unknown value",
    "tab=nosuch": "unknown tab",
    "q=%00": "a NUL",
    "q=" + "x" * 101: "too long",
    "after=made-up": "forged cursor",
    "before=WyJuYW1lIl0.x": "forged cursor",
    "after=a&before=b": "two cursors",
    "x=unknown": "unknown token",
}


@pytest.mark.parametrize("query", BAD)
def test_a_wrong_argument_of_a_list_is_a_400(wang, query):
    assert wang.get(LIST + query).status_code == 400


def test_the_sentence_of_a_400_can_be_shown_by_the_apps_error_page(app):
    with app.test_request_context():
        error = Odd("That page is too far down.")
        assert (error.code, error.sentence) == (400, "That page is too far down.")


def test_a_hidden_column_cannot_be_read_out_by_filters(wang):
    """Stock FAB gave an 18-digit number away in 48 requests (W2)."""
    for operator in range(10):
        assert wang.get(f"{LIST}_flt_{operator}_secret=4").status_code == 400


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("action/nosuch/1", {}, 404),
        ("action/approve/abc", {}, 404),
        ("action/approve/99999999999999999999", {}, 404),
        ("action/approve/%00", {}, 404),
        ("action_post", {}, 404),
        ("action_post", {"action": "approve"}, 400),
        ("action_post", {"rowid": "1"}, 404),
        ("action_post", {"action": "nosuch", "rowid": "1"}, 404),
        ("action_post", {"action": "approve", "rowid": "abc"}, 404),
        ("action_post", {"action": "approve", "rowid": ["1", "9" * 20]}, 404),
        ("action_post", {"action": "approve", "rowid": list(range(501))}, 400),
        ("confirm", {"action": "approve"}, 400),
        ("search", {"q": "a\x00b"}, 400),
        ("search", {"q": "x" * 101}, 400),
        ("search", {"f_pay": "9"}, 400),
        ("search", {"tab": "nosuch"}, 400),
        ("columns", {"column": ["secret"]}, 400),
    ],
)
def test_a_wrong_post_is_answered_with_a_sentence(wang, path, data, status):
    assert wang.post(f"/letterview/{path}", data=data).status_code == status


@pytest.mark.parametrize("pk", ["99999999999999999999", "abc", "1%00", "-1", "1e3", "x" * 3000])
def test_a_key_that_no_row_can_have_is_404(wang, pk):
    assert wang.get(f"/letterview/show/{pk}").status_code == 404
    assert wang.get(f"/noteview/show/{pk}").status_code == 404


def test_actions_and_deleting_are_never_done_by_get(wang):
    for path in ("letterview/action/approve/1", "letterview/action_post", "noteview/delete/1"):
        assert wang.get(f"/{path}").status_code == 405


def test_there_is_no_download_route(app, wang):
    """FAB's serves any file of the upload folder to whoever may open a view (H6, W4)."""
    assert not [rule for rule in app.url_map.iter_rules() if "download" in rule.rule]
    assert wang.get("/letterview/download/x.pdf").status_code == 404


def test_two_hundred_malformed_addresses_never_crash(wang):
    chance = random.Random(20261121)
    names = [
        "page_LetterView",
        "psize_LetterView",
        "_oc_LetterView",
        "_od_LetterView",
        "_flt_0_name",
        "tab",
        "q",
        "x",
        "f_pay",
        "f_",
        "after",
        "before",
        "page_",
        "psize_",
        "_oc_",
        "_flt_",
        "%ff",
    ]
    values = [
        "",
        "0",
        "-1",
        "1e9",
        "9" * 30,
        "%00",
        "%0a",
        "%ff%fe",
        "%ED%A0%80",
        "name",
        "secret",
        "1",
        "'--",
        "%25",
        "NaN",
        "done",
        "asc",
        "../..",
        "%F0%9F%92%A5",
        "x" * 500,
        "[]",
        "{{7*7}}",
    ]
    seen = set()
    for _n in range(200):
        pairs = chance.sample(list(itertools.product(names, values)), chance.randint(1, 4))
        query = "&".join(f"{name}={value}" for name, value in pairs)
        answer = wang.get(f"/letterview/list/?{query}")
        assert answer.status_code in (200, 400), query
        seen.add(answer.status_code)
    assert seen == {200, 400}


def test_percent_and_underscore_are_searched_as_typed(wang):
    assert "P002" in wang.get(f"{LIST}q=p00").text
    for text in ("%25", "P_0", "%5C"):
        assert 'class="qq-row"' not in wang.get(f"{LIST}tab=all&q={text}").text


def test_values_are_escaped_in_lists_and_details(wang, ids):
    assert "&lt;waiting&gt;" in wang.get(LIST).text
    assert "&lt;waiting&gt;" in wang.get(f"/letterview/show/{ids(1, state='waiting')[0]}").text
    assert "<script>" not in wang.get(f"{LIST}q=%3Cscript%3E").text


def test_a_nul_or_a_number_too_large_in_a_form_is_a_sentence(app, wang, ids):
    data = {"text": "a\x00b", "org_id": "1"}
    assert wang.post("/noteview/add", data=data).status_code == 400
    reason = {"reason": "a\x00b"}
    assert wang.post(f"/letterview/action/refuse/{ids(1)[0]}", data=reason).status_code == 400
    data = {"text": "large", "org_id": "9" * 12}
    assert wang.post("/noteview/add", data=data).status_code == 422


def test_fabs_machinery_derives_no_filter_from_a_column(app):
    for view in app.appbuilder.baseviews:
        if isinstance(view, SafeModelView):
            assert view.datamodel.get_filters(["secret"])._all_filters == {}
            assert view.search_form is None
