"""Archive forwarding letters: numbered without gaps, printed in bulk, tracked, seen by the student (PLN-10)."""

import io
import re

import openpyxl
import pytest

from app.core.db import db
from app.files.made.models import MadeFile
from app.plan.letters import letters, work_views
from app.plan.letters.models import ForwardingLetter
from app.plan.rows.workflow import edit
from tests import factories as make
from tests.factories import accept, actor, attest, invite
from tests.files.documents.conftest import pages_of, text_of, word_boxes
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems, tally
from tests.files.made.conftest import result
from tests.plan.rows.conftest import entry

ARCHIVE = {
    "archive_to": "武汉市人才服务中心",
    "archive_address": "武汉市江岸区1号",
    "archive_postcode": "430010",
}
WISH = {"year": 2027, "college": None}


@pytest.fixture
def receivers(cast, rows):
    """Two graduates whose archives have a receiver, one without."""
    for student in (cast.student, cast.neighbour):
        edit(entry(student).id, actor(cast.officer), {"destination_code": "76", **ARCHIVE})


@pytest.fixture
def printed(cast, made):
    """`printed()` is the paper with the letters."""

    def act(wish=WISH, kind=letters.LETTERS, user=None):
        return made(work_views.ask(actor(user or cast.officer), kind, wish))

    return act


def all_letters():
    db.session.expire_all()
    return db.session.query(ForwardingLetter).order_by(ForwardingLetter.number).all()


@pytest.mark.rule("PLN-10")
def test_each_graduate_with_a_receiver_gets_a_numbered_letter_on_a_page(cast, receivers, printed):
    pdf = result(printed())
    found = all_letters()
    assert [row.number for row in found] == ["2027-00001", "2027-00002"]
    assert len(pages_of(pdf)) == 2
    words = text_of(pdf)
    for text in (
        "黄河水",
        "王强",
        "武汉市人才服务中心",
        "武汉市江岸区1号",
        "存根",
        "回执",
        "2027-00002",
    ):
        assert text in words, text
    assert cast.student.id_number in words  # an archive office files by it (DOC-08)
    assert "完整版" in words
    assert words.count("2027-00001") == 3
    again = printed()
    assert [row.number for row in all_letters()] == ["2027-00001", "2027-00002"]
    assert len(pages_of(result(again))) == 2


def one_of_two_was_sent(cast, printed, receiver):
    """Two letters, the second on its way, when both archives get another receiver."""
    printed()
    one, two = all_letters()
    two.tracking_number = "EMS1"
    db.session.commit()
    for row in (one, two):
        edit(entry(row.student).id, actor(cast.officer), {"archive_to": receiver})
    return one, two


@pytest.mark.rule("PLN-10")
def test_a_receiver_that_changed_makes_the_old_letter_void_unless_it_was_sent(
    cast, receivers, printed
):
    one_of_two_was_sent(cast, printed, "江城档案馆")
    printed()
    found = all_letters()
    assert [(row.number, row.void_at is None) for row in found] == [
        ("2027-00001", False),
        ("2027-00002", True),
        ("2027-00003", True),
    ]
    assert found[1].archive_to == "武汉市人才服务中心"
    assert found[2].archive_to == "江城档案馆"


@pytest.mark.rule("PLN-10", "PLN-02")
def test_a_receiver_that_went_away_makes_the_unsent_letter_void(cast, receivers, printed):
    one, two = one_of_two_was_sent(cast, printed, "")
    shown = [letters.letter_of(row.student_id) for row in (one, two)]
    assert shown == [None, two]  # before the next letters are made; what was sent stays
    book = openpyxl.load_workbook(io.BytesIO(result(printed(kind=letters.COURIER))))
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["2027-00002"]
    assert [(row.number, row.void_at is None) for row in all_letters()] == [
        ("2027-00001", False),
        ("2027-00002", True),
    ]
    edit(entry(one.student).id, actor(cast.officer), ARCHIVE)
    printed()
    assert [row.number for row in all_letters()] == ["2027-00001", "2027-00002", "2027-00003"]


@pytest.mark.rule("PLN-10")
def test_the_agreed_contact_of_the_receiver_is_printed(cast, rows, printed):
    terms = {
        "archive_receiver": "UNIT",
        "archive_to": "单位人事部",
        "archive_address": "武汉市",
        "archive_postcode": "430000",
        "archive_contact": "王先生",
        "archive_phone": "02787654321",
    }
    attest(accept(invite(cast.employer, cast.student, **terms)[0]), cast.officer)
    words = text_of(result(printed()))
    assert "王先生" in words
    assert "02787654321" in words


@pytest.mark.rule("PLN-10")
def test_long_names_rare_characters_and_addresses_stay_inside_the_page(
    cast, rows, printed, tmp_path
):
    cast.student.name = "阿卜杜热合曼·麦麦提图尔荪·吾布力卡斯木·买买提艾力江"
    cast.classmate.name = "𬸘䶮㛃"
    db.session.commit()
    long = {
        "archive_to": ("光谷东湖新技术开发区星光𬸘䶮智能制造有限公司" * 6)[:119] + "终",
        "archive_address": ("洪山区珞喻路一千零三十七号科技园基地" * 12)[:199] + "止",
    }
    for student in (cast.student, cast.classmate):
        edit(entry(student).id, actor(cast.officer), {"destination_code": "76", **long})
    pdf = result(printed())
    words = text_of(pdf)
    for text in (long["archive_to"], long["archive_address"], cast.student.name, "𬸘䶮㛃"):
        assert text in words
    assert len(pages_of(pdf)) == 2
    boxes = [line for line in word_boxes(pdf, tmp_path) if "<word" in line]
    assert not [line for line in boxes if float(re.search(r'xMax="([\d.]+)', line)[1]) > 551]
    assert not [line for line in boxes if float(re.search(r'yMax="([\d.]+)', line)[1]) > 822]


@pytest.mark.rule("PLN-10")
def test_a_letter_that_cannot_be_printed_is_named_and_the_others_are_made(cast, receivers, printed):
    edit(entry(cast.student).id, actor(cast.officer), {"archive_to": "快递站😀"})
    paper = printed()
    assert len(pages_of(result(paper))) == 1
    assert [(who, "😀" in why) for _n, who, why in paper.report["missed"]] == [("黄河水", True)]


@pytest.mark.rule("PLN-10", "BLK-03")
def test_a_failed_numbering_leaves_no_gap(cast, receivers, printed, monkeypatch):
    real = letters.take_numbers

    def broken(*args):
        real(*args)
        raise RuntimeError

    monkeypatch.setattr(letters, "take_numbers", broken)
    assert printed().problem
    monkeypatch.setattr(letters, "take_numbers", real)
    printed()
    assert [row.number for row in all_letters()] == ["2027-00001", "2027-00002"]


@pytest.mark.rule("PLN-10")
def test_of_a_college_or_ticked_rows_only(cast, receivers, printed, visit):
    result(printed({"year": 2027, "college": cast.other_college.id}))
    assert [row.student_id for row in all_letters()] == [cast.neighbour.id]
    office = visit(cast.officer)
    answer = office.post(
        "/plan/action_post", data={"action": "letters", "rowid": [entry(cast.student).id]}
    )
    assert "/plan/papers/" in answer.location
    paper = db.session.query(MadeFile).order_by(MadeFile.id.desc()).first()
    assert paper.wish["entries"] == [entry(cast.student).id]
    none = printed({"entries": [entry(cast.classmate).id]})
    assert "没有填写档案接收单位" in none.problem


@pytest.mark.rule("PLN-10", "ACC-02")
def test_the_courier_sheet_goes_out_and_comes_back_with_tracking_numbers(
    cast, receivers, printed, bring, apply, visit
):
    book = openpyxl.load_workbook(io.BytesIO(result(printed(kind=letters.COURIER))))
    page = book.worksheets[0]
    heads = [cell.value for cell in page[1]]
    for n, number in ((2, "1234567890123"), (3, "0099")):
        page.cell(n, heads.index("快递单号") + 1, number).number_format = "@"
        page.cell(n, heads.index("快递公司") + 1, "邮政特快专递")
        page.cell(n, heads.index("寄出日期") + 1, "2027-07-01")
    out = io.BytesIO()
    book.save(out)
    record = bring(out.getvalue(), "寄递表.xlsx", "courier")
    assert not record.concerns  # its other columns are ours: nothing is asked of them
    assert tally(record) == (0, 2, 0, 0), (record.details, problems(record))
    record = apply(record)
    one, two = all_letters()
    assert (one.tracking_number, one.courier, str(one.sent_on)) == (
        "1234567890123",
        "邮政特快专递",
        "2027-07-01",
    )
    assert two.tracking_number == "0099"
    assert "1234567890123" in visit(make.account(cast.student)).get("/my/").text
    assert "我的档案" not in visit(make.account(cast.classmate)).get("/my/").text
    assert "1234567890123" in visit(cast.officer).get(f"/plan/show/{entry(cast.student).id}").text
    apply(record, "undo")
    assert [row.tracking_number for row in all_letters()] == [None, None]


@pytest.mark.rule("PLN-10")
def test_a_sheet_that_is_filled_in_day_by_day_says_nothing_of_the_other_letters(
    cast, receivers, printed, bring, apply
):
    printed()
    heads = ["转递单编号", "姓名", "快递单号"]
    first, second = all_letters()
    rows = [(first.number, first.student.name, "777"), (second.number, second.student.name, "")]
    data = xlsx([dict(zip(heads, row, strict=True)) for row in rows], heads)
    record = bring(data, "a.xlsx", "courier")
    assert tally(record) == (0, 1, 1, 0), problems(record)
    apply(record)
    assert [row.tracking_number for row in all_letters()] == ["777", None]


@pytest.mark.rule("PLN-10", "BLK-02")
def test_tracking_numbers_of_nobody_or_of_somebody_else_are_refused(
    cast, receivers, printed, bring
):
    printed()
    heads = ["转递单编号", "姓名", "快递单号"]
    rows = [
        ("2027-00001", "王强", "1"),
        ("2027-00009", "黄河水", "2"),
        ("2027-00002", "王强", "3"),
        ("2027-00001", "黄河水", 1234),
    ]
    data = xlsx([dict(zip(heads, row, strict=True)) for row in rows], heads)
    found = problems(bring(data, "a.xlsx", "courier"))
    # of two rows of one letter the good one stays
    assert {n: texts[0][0] for n, texts in found.items()} == {2: "student", 3: "number"}


@pytest.mark.rule("PLN-10", "BLK-03")
def test_a_tracking_number_that_a_faulty_row_would_give_up_is_still_taken(
    cast, receivers, printed, bring, apply
):
    printed()
    heads = ["转递单编号", "姓名", "快递单号"]
    first, second = all_letters()
    first.tracking_number, second.tracking_number = "T1", "T2"
    db.session.commit()

    def file(name, one, two):
        rows = [(first.number, name, one), (second.number, "王强", two)]
        data = xlsx([dict(zip(heads, row, strict=True)) for row in rows], heads)
        return bring(data, "a.xlsx", "courier")

    wrong = file("另一人", "T2", "T1")
    assert {n: texts[0][0] for n, texts in problems(wrong).items()} == {
        2: "student",
        3: "tracking_number",
    }
    assert tally(file("黄河水", "T9", "T9")) == (0, 0, 0, 2)
    assert tally(file("黄河水", "T2", "T1")) == (0, 2, 0, 0)


@pytest.mark.rule("PLN-10", "ACC-02")
def test_who_may_make_and_see_letters(cast, receivers, printed, visit):
    printed(user=cast.data)
    office = visit(cast.officer)
    assert "2027-00001" in office.get("/plan/letters/list/").text
    assert "1" in office.get("/plan/letters/make/?year=2027").text
    assert office.post("/plan/letters/make/", data={"kind": "letters"}).status_code == 422
    assert office.post("/plan/letters/make/", data={"kind": "x", "year": "2027"}).status_code == 422
    foreign = {"kind": "letters", "year": "2027", "college": str(cast.far_college.id)}
    assert office.post("/plan/letters/make/", data=foreign).status_code == 422
    assert "2027-00001" not in visit(cast.other_officer).get("/plan/letters/list/").text
    key = all_letters()[0].id
    assert visit(cast.other_officer).get(f"/plan/letters/show/{key}").status_code == 404
    college = visit(cast.college_officer).get("/plan/letters/list/").text
    assert "黄河水" in college
    assert "王强" not in college
    for user in (make.account(cast.student), make.account(cast.employer), cast.college_officer):
        answer = visit(user).post("/plan/letters/make/", data={"kind": "letters", "year": "2027"})
        assert answer.status_code in (302, 403, 404)
        assert not answer.location or "papers" not in answer.location


@pytest.mark.rule("PLN-10")
def test_a_search_finds_a_letter_by_number_name_and_tracking_number(
    cast, receivers, printed, visit
):
    printed()
    letter = all_letters()[0]
    letter.tracking_number = "EMS77"
    db.session.commit()
    office = visit(cast.officer)
    for text in ("2027-00001", "黄河", "A1", "EMS77"):
        assert "2027-00001" in office.get(f"/plan/letters/list/?q={text}").text, text


@pytest.mark.rule("PLN-10")
def test_what_was_posted_and_what_the_plan_says_now_stand_side_by_side(
    cast, receivers, printed, visit
):
    printed()
    one, two = all_letters()
    two.tracking_number = "SF2"
    db.session.commit()
    for student in (cast.student, cast.neighbour):
        edit(entry(student).id, actor(cast.officer), {"archive_to": "长沙市人才服务中心"})
    assert letters.beside(one.school_id, WISH).counts() == {"void": 1, "posted": 1}
    page = visit(cast.officer).get("/plan/letters/make/?year=2027").get_data(as_text=True)
    for text in (
        "已寄出，但就业方案现已不同",
        "未寄出，已不正确：将作废",
        two.number,
        "长沙市人才服务中心",
    ):
        assert text in page, text
    book = openpyxl.load_workbook(io.BytesIO(result(printed(kind=letters.BESIDE))))
    rows = [[cell or "" for cell in row] for row in book.active.iter_rows(values_only=True)]
    assert sorted(row[1:] for row in rows[1:]) == sorted(
        [n.number, n.tracking_number or "", s.student_no, s.name, "接收单位",
         "武汉市人才服务中心", "长沙市人才服务中心"]
        for n, s in ((row, db.session.get_one(type(cast.student), row.student_id)) for row in (one, two))
    )  # fmt: skip
    printed()  # what the comparison said is done: one is void and made anew, the other stands
    assert letters.beside(one.school_id, WISH).counts() == {"same": 1, "posted": 1}
