"""What a page costs in queries, whatever the number of rows; and that start-up asks nothing."""

from sqlalchemy import Engine, event

from tests.fab import sample


def test_a_list_page_costs_the_same_few_queries_for_10_and_200_rows(wang, query_log):
    costs = []
    for size in (10, 200):
        query_log.clear()
        page = wang.get(f"/letterview/list/?tab=all&psize_LetterView={size}").text
        assert page.count('class="qq-row"') == size
        costs.append(len(query_log))
    assert costs == [3, 3]  # keys, rows with their schools, all counts


def test_a_searched_list_page_costs_no_count_more(wang, query_log):
    wang.get("/letterview/list/?q=P0&f_pay=2")
    assert len(query_log) == 3


def test_the_list_reads_only_the_columns_it_shows(wang, query_log):
    wang.get("/letterview/list/?tab=all")
    assert not [q for q in query_log if "secret" in q]


def test_permissions_and_menu_cost_no_query(app, query_log):
    from flask_login import login_user

    with app.test_request_context():
        login_user(sample.PEOPLE["wang"])
        manager = app.appbuilder.sm
        assert manager.has_access("can_list", "Letters")
        assert manager.get_user_menu_access(["letters-menu", "other"]) == {"letters-menu"}
        assert [role.name for role in manager.get_user_roles(sample.PEOPLE["wang"])] == ["school"]
        assert [entry["name"] for entry in app.appbuilder.menu.get_data()] == ["letters-menu"]
    assert query_log == []


def test_the_start_asks_the_database_nothing(sample_url):
    seen = []

    def note(*args):
        seen.append(args[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        sample.make_app(sample_url)
        sample.make_app(sample_url, FAB_CREATE_DB=True)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert seen == []
