"""Pages by key equal pages by OFFSET, in every order, ties and empty values included."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, insert, select

from app.fab import counting
from app.fab.bad_request import Odd
from app.fab.cursor import seal, unseal
from app.fab.interface import Order, Place, SafeInterface
from tests.fab.sample import START, Letter, db

ORDERS = [(c, up) for c in ("changed_at", "name", "pay", "id") for up in (True, False)]


def link(page: str, label: str) -> str:
    found = re.search(rf'<a href="([^"]*)">{label}</a>', page)
    return found.group(1).replace("&amp;", "&") if found else ""


def names(page: str) -> list[str]:
    return re.findall(r">(P\d+)</a><td", page)


@pytest.mark.parametrize(("column", "up"), ORDERS)
def test_walking_by_key_meets_every_row_once_in_the_order_of_the_database(app, column, up):
    data = SafeInterface(Letter)
    with app.app_context():
        scope, order = select(Letter).where(Letter.org_id == 1), Order(column, up)
        all_keys = [p.key for p in data.slice(scope, order, 200).places]
        assert len(set(all_keys)) == 200
        ends = [getattr(Letter, column), Letter.id]
        query = scope.with_only_columns(Letter.id)
        query = query.order_by(*(e.asc() if up else e.desc() for e in ends))
        assert all_keys == list(db.session.scalars(query))
        walked, part = [], data.slice(scope, order, 33)
        assert not part.has_previous
        while True:
            walked += [p.key for p in part.places]
            if not part.has_next:
                break
            part = data.slice(scope, order, 33, after=part.places[-1])
            assert part.has_previous
        assert walked == all_keys
        back = data.slice(scope, order, 33, before=part.places[0])
        assert [p.key for p in back.places] == all_keys[165:198]
        assert (back.has_previous, back.has_next) == (True, True)


def test_a_page_before_the_first_full_one_is_the_first_page(app):
    data = SafeInterface(Letter)
    with app.app_context():
        scope, order = select(Letter), Order("id", True)
        places = data.slice(scope, order, 20).places
        first = data.slice(scope, order, 10, before=places[5])
        assert [p.key for p in first.places] == [p.key for p in places[:10]]
        assert not first.has_previous


def test_the_links_of_the_pager_lead_to_the_same_rows_as_page_numbers(wang):
    start = "/letterview/list/?tab=all&psize_LetterView=30&_oc_LetterView=pay&_od_LetterView=desc"
    page = wang.get(start).text
    for number in range(1, 4):
        page = wang.get(link(page, "Next page")).text
        assert names(page) == names(wang.get(f"{start}&page_LetterView={number}").text)
        assert f"{number * 30 + 1}–{number * 30 + 30} of 200" in page
    page = wang.get(link(page, "Previous page")).text
    assert names(page) == names(wang.get(f"{start}&page_LetterView=2").text)
    assert names(wang.get(link(page, "First page")).text) == names(wang.get(start).text)


def test_the_last_page_has_no_next_and_the_first_no_previous(wang):
    last = wang.get("/letterview/list/?tab=all&page_LetterView=7").text
    assert link(last, "Previous page")
    assert not link(last, "Next page")
    assert not link(wang.get("/letterview/list/").text, "Previous page")


def test_a_changed_cursor_or_one_of_another_order_is_refused(wang):
    page = wang.get("/letterview/list/?tab=all").text
    after = parse_qs(urlsplit(link(page, "Next page")).query)["after"][0]
    good = f"/letterview/list/?tab=all&after={after}"
    assert wang.get(good).status_code == 200
    assert wang.get(f"{good}&_oc_LetterView=name").status_code == 400
    for at in (0, len(after) // 2, len(after) - 2):
        changed = after[:at] + ("A" if after[at] != "A" else "B") + after[at + 1 :]
        assert wang.get(f"/letterview/list/?tab=all&after={changed}").status_code == 400
    assert wang.get(f"/noteview/list/?after={after}").status_code == 400


@pytest.mark.rule("ACC-02")
def test_another_persons_cursor_shows_only_my_rows(wang, browser):
    page = browser("li").get("/letterview/list/?tab=all").text
    after = parse_qs(urlsplit(link(page, "Next page")).query)["after"][0]
    assert "School 2" not in wang.get(f"/letterview/list/?tab=all&after={after}").text


def test_a_cursor_keeps_every_kind_of_value(app):
    import datetime
    import decimal
    import enum
    import uuid
    from types import SimpleNamespace

    kind = enum.Enum("kind", "red green")
    values = [
        None,
        3,
        "文",
        True,
        2.5,
        START,
        START.date(),
        decimal.Decimal("1.50"),
        uuid.UUID(int=7),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
        kind.green,
    ]
    with app.test_request_context():
        for value in values:
            order, place = Order("name", True), Place(value, uuid.UUID(int=9))
            text = seal("V", order, place)
            assert unseal("V", order, text, SimpleNamespace(enum_class=kind)) == place


def test_a_cursor_of_another_list_is_refused(app):
    order = Order("id", True)
    with app.test_request_context():
        text = seal("OneView", order, Place(1, 1))
        with pytest.raises(Odd):
            unseal("OtherView", order, text, None)


@pytest.fixture
def big(app):
    """A school with 12,000 letters."""
    with app.app_context():
        rows = [
            {"org_id": 3, "name": f"N{n:05}", "changed_at": START, "state": "waiting"}
            for n in range(12_000)
        ]
        db.session.execute(insert(Letter), rows)
        db.session.commit()
        yield
        db.session.execute(Letter.__table__.delete().where(Letter.org_id == 3))
        db.session.commit()


def test_a_long_list_counts_to_its_cap_and_goes_deep_only_by_key(browser, big):
    many = browser("many")
    page = many.get("/letterview/list/?tab=all").text
    assert "1–25 of over 10,000" in page
    assert 'qq-count">over 10,000<' in page
    assert many.get("/letterview/list/?tab=all&page_LetterView=399").status_code == 200
    assert many.get("/letterview/list/?tab=all&page_LetterView=400").status_code == 400
    deep = many.get("/letterview/list/?tab=all&page_LetterView=399").text
    assert "10,001–10,025" in many.get(link(deep, "Next page")).text


def test_a_scope_beyond_the_scan_cap_is_counted_tab_by_tab(
    app, big, browser, monkeypatch, query_log
):
    monkeypatch.setattr(counting, "SCAN_CAP", 5_000)
    data, tabs = SafeInterface(Letter), [None, Letter.state == "done", Letter.state == "waiting"]
    with app.app_context():
        done = db.session.scalar(select(func.count()).where(tabs[1]))
        found = data.counts(select(Letter), tabs, here=2, name="big")
        assert found == [(1_001, 1_000), (done, 1_000), (10_001, 10_000)]
        query_log.clear()
        small = select(Letter).where(Letter.org_id == 1)
        found = data.counts(small, tabs, name="small")
        assert found == [(200, 10_000), (40, 10_000), (160, 10_000)]
        assert len(query_log) == 1
        query_log.clear()  # it was small, and is large now: asked both ways, then sure of it for a while
        for _time in range(2):
            assert data.counts(select(Letter), tabs, name="small")[0] == (1_001, 1_000)
        assert len(query_log) == 3
        assert "OFFSET" in query_log[1]
        assert "OFFSET" not in query_log[2]
        monkeypatch.setitem(counting._large, ("Letter", "small"), 0.0)
        query_log.clear()  # and small again
        for _time in range(2):
            assert data.counts(small, tabs, name="small")[:2] == [(200, 10_000), (40, 10_000)]
        assert len(query_log) == 3
    page = browser("many").get("/letterview/list/?tab=all").text
    assert "1–25 of over 10,000" in page
    assert re.findall('qq-count">(.*?)<', page)[-1] == "over 10,000"
    assert "over 1,000" in re.findall('qq-count">(.*?)<', page)


def test_previous_and_next_follow_the_list_as_it_was_left(wang, ids):
    keys = ids(1, state="waiting")
    wang.get("/letterview/list/")
    page = wang.get(f"/letterview/show/{keys[3]}").text
    assert re.search(rf'rel="prev" href="/letterview/show/{keys[2]}"', page)
    assert re.search(rf'rel="next" href="/letterview/show/{keys[4]}"', page)
    wang.get("/letterview/list/?tab=all&_oc_LetterView=name&_od_LetterView=asc")
    page = wang.get(f"/letterview/show/{min(keys)}").text
    assert 'rel="prev"' in page
    first = min(ids(1))
    page = wang.get(f"/letterview/show/{first}").text
    assert 'rel="prev"' not in page
    assert 'rel="next"' in page


def test_the_neighbours_cost_one_query(app, wang, ids, query_log):
    wang.get("/letterview/list/")
    key = ids(1, state="waiting")[5]
    query_log.clear()
    wang.get(f"/letterview/show/{key}")
    assert len(query_log) == 2  # the record with its school, the ones before and behind
