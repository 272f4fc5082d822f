"""A plan file «from the ministry» beside ours: side by side, chosen, applied, compared again (PLN-05)."""

import io

import openpyxl
import pandas
import pytest
from sqlalchemy import select

from app.codes import queries as codes
from app.core.db import db
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow
from app.files.made.models import MadeFile
from app.plan.comparison import choosing
from app.plan.rows.models import DESTINATION_FIELDS, OFFICIAL, PlanEntry
from tests import factories as make
from tests.files.imports.books import xlsx
from tests.files.made.conftest import result
from tests.plan.comparison.conftest import HEADS, line, take_all_over
from tests.plan.rows.conftest import entry


def page(browser, url, status=200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.get_data(as_text=True)


def from_ministry(school, change=lambda frame: frame, ending="xlsx"):
    """Our rows as a file that pandas wrote, by official field codes."""
    rows = db.session.execute(
        select(PlanEntry).where(PlanEntry.school_id == school.id).order_by(PlanEntry.id)
    ).scalars()
    frame = pandas.DataFrame(
        [
            {
                "XH": e.student.student_no,
                "XM": e.student.name,
                "SFZH": e.student.id_number,
                "BYQX": codes.name("byqx", e.destination_code, e.graduation_year),
                **{OFFICIAL[name]: getattr(e, name) or "" for name in DESTINATION_FIELDS},
            }
            for e in rows
        ],
        dtype=str,
    )
    frame, out = change(frame), io.BytesIO()
    if ending == "xlsx":
        frame.to_excel(out, index=False)
    else:
        frame.to_csv(out, index=False, encoding="gb18030")
    return out.getvalue()


@pytest.mark.rule("PLN-05")
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_our_own_rows_come_back_without_a_difference(cast, signed, plan, ending):
    record = plan(None, data=from_ministry(cast.school, ending=ending), name=f"a.{ending}")
    assert (record.new, record.changed, record.faulty) == (0, 0, 0)
    assert choosing.summary(record).counts == {
        "same": 3,
        "different": 0,
        "waiting": 0,
        "ours": 0,
        "theirs": 0,
        "faulty": 0,
    }


@pytest.mark.rule("PLN-05", "BLK-05")
def test_the_differences_of_a_file_with_a_very_long_name_are_asked_for(cast, signed, plan, visit):
    file = [line("A1", "黄河水", 毕业去向代码="10", 单位名称="另一家公司")]
    record = plan(file, name="很长的名字" * 40 + ".xlsx")
    assert len(record.file_name) > 110
    answer = visit(cast.officer).post(f"/plan/files/{record.uid}/differences")
    assert answer.status_code == 303
    name = db.session.query(MadeFile).one().file_name
    assert len(name) <= 120
    assert name.endswith(".xlsx")


@pytest.mark.rule("PLN-05", "PLN-03")
def test_differences_of_the_ministrys_file_are_applied_and_a_second_comparison_is_empty(
    cast, signed, plan, visit, apply
):
    def theirs(frame):
        frame.loc[frame.XH == "A1", "DWMC"] = "星光集团有限公司武汉分公司"
        frame.loc[frame.XH == "A2", ["BYQXDM", "DWMC"]] = ["10", "甲公司"]
        frame = frame[frame.XH != "B1"]
        stranger = {"XH": "X9", "XM": "外来", "BYQXDM": "10"}
        return pandas.concat([frame, pandas.DataFrame([stranger])]).fillna("")

    record = plan(None, data=from_ministry(cast.school, theirs))
    assert choosing.summary(record).counts == {
        "same": 0,
        "different": 2,
        "waiting": 0,
        "ours": 1,
        "theirs": 1,
        "faulty": 0,
    }
    office = visit(cast.officer)
    shown = page(office, f"/plan/files/{record.uid}")
    for word in ("星光集团有限公司武汉分公司", cast.employer.name, "甲公司", "黄河水", "待处理"):
        assert word in shown, word
    assert "王强" in page(office, f"/plan/files/{record.uid}?tab=ours")
    assert "外来" in page(office, f"/plan/files/{record.uid}?tab=theirs")
    apply(record, "write_good")
    assert entry(cast.classmate).employer_name == "甲公司"
    assert entry(cast.student).employer_name == cast.employer.name
    record = db.session.get(Import, record.id)
    found = choosing.summary(record).counts  # what the placement says waits for a decision
    assert (found["different"], found["waiting"]) == (1, 1)
    assert "黄河水" in page(office, f"/plan/files/{record.uid}?tab=waiting")
    [row] = choosing.different(record, 0, 10, waiting=True)
    assert [(each.field, each.choice) for each in row.lines] == [("employer_name", "waits")]
    take_all_over(cast)
    assert choosing.summary(record).counts["different"] == 0
    again = plan(None, data=from_ministry(cast.school, lambda f: theirs(f).assign(BZ="二")))
    assert choosing.summary(again).counts["different"] == 0
    assert "没有不一致" in page(office, f"/plan/files/{again.uid}")


@pytest.mark.rule("PLN-05")
def test_each_difference_is_taken_or_left_and_all_of_a_kind_at_once(cast, rows, plan, visit, apply):
    file = [
        line("A1", "黄河水", 单位名称="甲"),
        line("A2", "李静", 单位名称="乙"),
        line("B1", "王强"),
    ]
    record = plan(file)
    office, url = visit(cast.officer), f"/plan/files/{record.uid}"
    answer = office.post(
        url,
        data={
            "do": "rows",
            "c-1-employer_name": "ours",
            "c-1-nothing": "ours",
            "c-2-destination_code": "skip",
            "c-999-postcode": "x",
        },
    )
    assert answer.status_code == 303
    assert choosing.summary(record).counts["different"] == 3  # left or not, they differ
    office.post(url, data={"do": "all", "kind": "employer_name", "take": "skip"})
    db.session.expire_all()
    staged = {r.row: r for r in db.session.query(ImportRow).filter_by(import_id=record.id)}
    assert staged[1].more["choice"] == {"employer_name": "skip"}
    assert staged[2].more["choice"] == {"employer_name": "skip", "destination_code": "skip"}
    assert (staged[2].status, db.session.get(Import, record.id).changed) == ("same", 2)
    office.post(url, data={"do": "rows", "c-2-employer_name": "file"})
    shown = page(office, url)
    assert 'name="c-2-destination_code" value="skip" checked' in shown
    apply(record)
    assert (entry(cast.student).destination_code, entry(cast.student).employer_name) == ("76", None)
    found = entry(cast.classmate)
    assert (found.destination_code, found.employer_name, found.state) == (None, "乙", "open")
    late = office.post(url, data={"do": "all", "kind": "all", "take": "ours"})
    assert late.status_code == 303
    assert "不再等待" in page(office, url)


@pytest.mark.rule("PLN-05", "PLN-03")
def test_what_a_placement_says_can_be_kept_everywhere_by_one_choice(
    cast, signed, plan, visit, apply
):
    from app.plan.rows.change_models import ChangeRequest

    record = plan([line("A1", "黄河水", 毕业去向代码="12", 单位名称="别家", 户口迁转地址="江城")])
    office = visit(cast.officer)
    office.post(f"/plan/files/{record.uid}", data={"do": "all", "kind": "owned", "take": "ours"})
    for odd in ({"kind": "nothing", "take": "ours"}, {"kind": "all", "take": "x"}, {}):
        assert (
            office.post(f"/plan/files/{record.uid}", data={"do": "all", **odd}).status_code == 303
        )
    apply(record)
    assert db.session.query(ChangeRequest).count() == 0
    assert entry(cast.student).household_address == "江城"


@pytest.mark.rule("PLN-05", "BLK-04")
def test_all_differences_come_as_a_workbook_made_by_the_worker(cast, rows, plan, visit, made):
    file = [line("A1", "黄河水", 单位名称="=HYPERLINK(1)"), line("A2", "李静"), line("X1", "没有")]
    record = plan(file)
    office = visit(cast.officer)
    answer = office.post(f"/plan/files/{record.uid}/differences")
    assert "/plan/papers/" in answer.location
    assert "离开" in page(office, answer.location)
    paper = made(db.session.query(MadeFile).one())
    book = openpyxl.load_workbook(io.BytesIO(result(paper)))
    cells = [[c.value for c in row] for row in book.worksheets[0].iter_rows()]
    assert ["黄河水", "单位", None, "=HYPERLINK(1)"] in [row[3:7] for row in cells]
    assert {row[0] for row in cells[1:]} == {"不一致", "仅本系统有", "仅文件有"}
    assert all(c.data_type == "s" for row in book.worksheets[0].iter_rows() for c in row if c.value)
    sent = office.get(f"/plan/papers/{paper.uid}/file")
    assert sent.status_code == 200
    assert (
        visit(cast.data).get(f"/plan/papers/{paper.uid}").status_code == 404
    )  # for the asker only


@pytest.mark.rule("PLN-05", "ACC-02")
def test_nobody_else_sees_a_file_or_chooses(cast, rows, plan, visit):
    record = plan([line("A1", "黄河水")])
    url = f"/plan/files/{record.uid}"
    for user in (
        cast.other_officer,
        cast.college_officer,
        cast.province,
        make.account(cast.student),
    ):
        for ask in (visit(user).get, visit(user).post):
            assert ask(url).status_code in (302, 403, 404)
        assert visit(user).post(f"{url}/differences").status_code in (302, 403, 404)
    assert visit(cast.data).get(url).status_code == 200
    office = visit(cast.officer)
    assert office.get("/plan/files/" + "0" * 32).status_code == 404
    for odd in ("tab=x", "after=-1", "after=９", "after=99999999999", "tab=theirs&after=zzz"):
        assert office.get(f"{url}?{odd}").status_code == 200


@pytest.mark.rule("BLK-04")
def test_a_comparison_asks_few_things(cast, rows, plan, visit, query_count):
    for n in range(30):
        make.make_student(cast.college, f"同学{n}", student_no=f"M{n}", account=False)
    from app.core import clock
    from app.plan.rows import reconciling

    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()
    record = plan([line(f"M{n}", f"同学{n}") for n in range(30)])
    office = visit(cast.officer)
    office.get(f"/plan/files/{record.uid}")
    with query_count() as seen:
        assert office.get(f"/plan/files/{record.uid}").status_code == 200
    assert seen.n <= 20


@pytest.mark.rule("PLN-05")
def test_a_faulty_file_compares_what_is_good(cast, rows, plan, visit):
    record = plan(
        [line("A1", "黄河清"), line("A2", "李静")],
        data=xlsx([line("A1", "黄河清"), line("A2", "李静")], HEADS),
    )
    assert choosing.summary(record).counts["faulty"] == 1
    assert "错误" in page(visit(cast.officer), f"/plan/files/{record.uid}")
