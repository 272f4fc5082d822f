"""Names, e-mails and numbers as people type them, through imports and pages of the whole product (docs/cases.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.db import db
from app.core.emails import clean_email, is_email, known_end
from app.files.imports.row_models import ImportRow
from app.people.employers.models import Employer
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import good_row, text_table, xls, xlsx
from tests.files.imports.conftest import problems
from tests.files.imports.test_cases import school  # noqa: F401 (a fixture)

CASES = Path(__file__).parent / "cases"
NAMES = {  # as it was typed → as it is kept; None: a sentence beside its cell
    # the case's own
    "买买提．吾布力": "买买提·吾布力",
    "买买提.吾布力": "买买提·吾布力",
    "⻩⽔": "黄水",
    "⾼⼤⼭": "高大山",
    "张\u3000三": "张三",
    "欧阳  明": "欧阳明",
    "ＪＯＨＮ": "JOHN",
    "陈(女)": None,
    "赵?": None,
    "徐�": None,
    "李1": None,
    "葛\U000e0100明": "葛明",
    # further ones
    "阿依古丽﹒买买提": "阿依古丽·买买提",
    "阿依古丽･买买提": "阿依古丽·买买提",
    "阿依古丽・买买提": "阿依古丽·买买提",
    "阿依古丽•买买提": "阿依古丽·买买提",
    "阿依古丽‧买买提": "阿依古丽·买买提",
    "阿依古丽 · 买买提": "阿依古丽·买买提",
    "古丽米热。艾比布力": "古丽米热·艾比布力",
    "王 小明": "王小明",
    "王\u00a0小明": "王小明",
    "王\u2003小明": "王小明",
    "王\u200b小明": "王小明",
    "\ufeff王小明": "王小明",
    "⼀⼆": "一二",
    "⺟⻅": "母见",
    "Ｍａｒｙ　Ｓｍｉｔｈ": "Mary Smith",
    "José García": "José García",
    "Jose\u0301": "José",
    "𠮷田": "𠮷田",
    "䶮": "䶮",
    "王\ue863": "王䶮",
    "王🌟": None,
    "王\ue000": None,
    "锟斤拷": None,
    "王\x85小明": "王小明",
    "ÍõÐ¡Ã÷": None,
    "（张三）": None,
    "张三*": None,
}
EMAILS = {
    # the case's own
    "１２３４５６@qq.com": "123456@qq.com",
    "ａｂｃ@163.com": "abc@163.com",
    "abc@qq.com。": "abc@qq.com",
    "abc@qq.com；": "abc@qq.com",
    "abc@qq.com、d": None,
    "李明@qq.com": None,
    "mailto:abc@qq.com": "abc@qq.com",
    "abc@qq.com/": "abc@qq.com",
    "123456＠qq.com": "123456@qq.com",
    "abc@qq．com": "abc@qq.com",
    # further ones
    "abc@qq。com": "abc@qq.com",
    " abc @qq.com ": "abc@qq.com",
    "<abc@qq.com>": "abc@qq.com",
    "abc@QQ.COM": "abc@qq.com",
    "邮箱：abc@qq.com": "abc@qq.com",
    "abc@qq.com，": "abc@qq.com",
    "abc\u200b@qq.com": "abc@qq.com",
    "abc@@qq.com": None,
    "abc@qq": None,
    "abc@qq.con": None,
    "abc@.com": None,
    "a b c": None,
    "abc@qq.com;d@qq.com": None,
}


def kept_name(record, row: int) -> str | None:
    found = db.session.query(ImportRow).filter_by(import_id=record.id, line=row).one()
    return None if found.problems else found.values["name"]


@pytest.mark.rule("INV-01", "DOC-07", "BLK-02")
@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv"])
def test_a_name_is_kept_as_it_should_be_or_refused_beside_its_cell(bring, kind):
    rows = [good_row(n, 姓名=typed) for n, typed in enumerate(NAMES, 1)]
    made = {"xlsx": xlsx, "xls": xls, "csv": lambda r: text_table(r, encoding="utf-8-sig")}[kind](
        rows
    )
    record = bring(made, f"学生.{kind}")
    assert record.state == "checked", record.details
    found = {typed: kept_name(record, n) for n, typed in enumerate(NAMES, 2)}
    assert found == NAMES
    wrong = problems(record)
    assert all(
        {f for f, _s in wrong[n]} == {"name"}
        for n, want in enumerate(NAMES.values(), 2)
        if want is None
    )


@pytest.mark.rule("INV-01")
def test_the_file_of_case_04_gives_names_that_are_found(bring, apply, school, visit, cast):  # noqa: F811
    record = bring((CASES / "students_lookalike.xlsx").read_bytes(), "学生.xlsx")
    assert record.faulty == 4
    apply(record, "write_good")
    employer = visit(make.account(cast.employer))
    for name in ("买买提·吾布力", "黄水", "高大山", "张三", "欧阳明", "JOHN", "葛明"):
        student = db.session.query(Student).filter_by(name=name, school_id=cast.school.id).first()
        assert student is not None, name
        student.origin_state = "approved"
        db.session.flush()
        four = {"school": "10999", "year": "2027", "name": name, "number": student.id_number}
        assert 'name="token"' in employer.post("/employer/candidates/search", data=four).text, name


@pytest.mark.rule("DOC-07")
def test_the_file_of_case_01_is_mended_and_said(bring, school):  # noqa: F811
    record = bring((CASES / "name_private_use.csv").read_bytes(), "学生.csv")
    assert record.state == "checked", record.details
    assert kept_name(record, 2) == "王䶮"
    assert "name" in record.details["mended"]


@pytest.mark.rule("ACC-13")
def test_the_file_of_case_12_is_taken_or_asks_for_the_kind(bring, school):  # noqa: F811
    record = bring((CASES / "overseas_students.xlsx").read_bytes(), "境外.xlsx")
    assert record.state == "checked", record.details
    wrong = [s for found in problems(record).values() for _f, s in found]
    assert all("证件类型" in s for s in wrong), wrong
    assert record.new >= 1


@pytest.mark.parametrize(("typed", "kept"), EMAILS.items(), ids=repr)
def test_an_address_is_folded_or_refused(typed, kept):
    found = clean_email(typed)
    if kept is None:
        assert not (is_email(found) and known_end(found)), found
    else:
        assert found == kept
        assert is_email(found)
        assert known_end(found)


ORDER = [
    "曾小红",
    "解小明",
    "仇小青",
    "单小平",
    "于小海",
    "何小军",
    "卢小川",
    "刘小洋",
    "阿小丽",
    "郑小文",
]
IN_PINYIN = [
    "阿小丽",
    "何小军",
    "刘小洋",
    "卢小川",
    "仇小青",
    "单小平",
    "解小明",
    "于小海",
    "曾小红",
    "郑小文",
]


def test_lists_are_ordered_by_pinyin_with_the_readings_of_surnames(cast, visit):
    for name in ORDER:
        make.make_student(cast.college, name)
    page = (
        visit(cast.officer)
        .get("/students/list/?_oc_StudentsView=name&_od_StudentsView=asc&psize_StudentsView=100")
        .text
    )
    assert sorted((n for n in ORDER if n in page), key=page.index) == IN_PINYIN


def test_a_renamed_employer_is_found_by_both_names_and_its_trace_says_old_and_new(cast, visit):
    employer = cast.employer
    old, new = employer.name, "星光智能集团有限公司"
    make.invite(employer, cast.student)
    sent = {
        name: getattr(employer, name) or ""
        for name in (
            "credit_code",
            "kind",
            "industry",
            "address",
            "postcode",
            "contact_name",
            "email",
        )
    }
    office = visit(cast.officer)
    sent |= {"name": new, "location": "湖北省武汉市洪山区", "location_code": "420111"}
    assert office.post(f"/employers/edit/{employer.id}", data=sent).status_code in (302, 303)
    db.session.expire_all()
    assert db.session.get(Employer, employer.id).name == new
    for name in (old, new):
        assert (
            new
            in office.get(
                "/employers/list/", query_string={"q": name, "tab": "all"}, follow_redirects=True
            ).text
        ), name
    shown = office.get(f"/employers/show/{employer.id}").text
    assert old in shown
    assert new in shown
