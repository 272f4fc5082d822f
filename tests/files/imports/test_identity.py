"""Students without a mainland ID number or mobile, by file: kind, number, country, phone (ACC-13, case 12)."""

from __future__ import annotations

import pytest

from app.core import identity
from app.core.db import db
from app.people.students.models import Student
from tests.files.imports.books import HEADS, good_row, number, xlsx
from tests.files.imports.conftest import problems, tally

pytestmark = [pytest.mark.usefixtures("cast"), pytest.mark.rule("ACC-13", "BLK-01")]

KIND, COUNTRY = "证件类型", "护照签发国家或地区"
MORE = [*HEADS, KIND, COUNTRY]


def student(no: str) -> Student:
    db.session.expire_all()
    return db.session.query(Student).filter_by(student_no=no).one()


def marked(first17: str) -> str:
    return first17 + identity.id_number_mark(first17)


CASE = [  # overseas_students.xlsx of case 12: no column says the kind
    ("P202700050", "境外甲", "H12345678", "13897000050", "hm_permit"),
    ("P202700051", "境外乙", "M87654321", "13897000051", "hm_permit"),
    ("P202700052", "境外丙", "12345678", "13897000052", "tw_permit"),
    ("P202700053", "留学丁", "E12345678", None, "passport"),
    ("P202700054", "港生戊", "810000200403152015", "+85291234567", "residence"),
    ("P202700055", "澳生己", "999999200408021118", "85366123456", "id_card"),
]
PHONES = {"P202700054": "+85291234567", "P202700055": "+85366123456", "P202700053": None}


def test_the_file_of_case_12_is_taken_whole(bring, apply):
    rows = [
        good_row(n, 学号=no, 姓名=name, 身份证号=card, 手机号=phone or "")
        for n, (no, name, card, phone, _kind) in enumerate(CASE, 50)
    ]
    record = bring(xlsx(rows))
    assert (record.state, tally(record)) == ("checked", (6, 0, 0, 0)), problems(record)
    apply(record)
    for no, _name, card, phone, kind in CASE:
        found = student(no)
        assert (found.id_kind, found.id_number) == (kind, card)
        assert found.phone == PHONES.get(no, phone)
    again = bring(xlsx(rows, sheet="又一次"))
    assert tally(again) == (0, 0, 6, 0), problems(again)


FINE = [
    ("居民身份证", number(1), "", "id_card", number(1)),
    ("身份证", f"{number(2)[:6]} {number(2)[6:]}", "", "id_card", number(2)),
    ("1", number(3), "", "id_card", number(3)),
    ("港澳居民来往内地通行证", "h12345678", "", "hm_permit", "H12345678"),
    ("回乡证", "M1234567802", "", "hm_permit", "M12345678"),
    ("港澳通行证", "Ｈ８７６５４３２１", "", "hm_permit", "H87654321"),
    ("台胞证", "1234567801(B)", "", "tw_permit", "12345678"),
    ("台湾居民来往大陆通行证", "20040315", "", "tw_permit", "20040315"),
    ("港澳台居民居住证", marked("82000020030506003"), "", "residence", marked("82000020030506003")),
    ("居住证", "", "", "residence", ""),
    ("外国人永久居留身份证", "usa110101010101", "", "foreigner", "USA110101010101"),
    ("永居证", marked("93115620011224003"), "", "foreigner", marked("93115620011224003")),
    ("护照", "ab 1234-5", "美国", "passport", "AB12345"),
    ("passport", "123456789", "US", "passport", "123456789"),
    ("外国护照", "H12345670", "韩国", "passport", "H12345670"),
    ("", "K87654321", "中国香港", "passport", "K87654321"),
    ("", "MA1234567", "", "passport", "MA1234567"),
    ("", marked("83000020030102004"), "", "residence", marked("83000020030102004")),
    ("护照", "20230115", "UA", "passport", "20230115"),
]


def test_each_kind_comes_in_as_offices_write_it(bring, apply):
    rows = [
        good_row(n, 身份证号=card, **{KIND: kind, COUNTRY: country})
        for n, (kind, card, country, _is, _kept) in enumerate(FINE, 1)
        if card
    ]
    record = bring(xlsx(rows, MORE))
    assert tally(record) == (len(rows), 0, 0, 0), problems(record)
    apply(record)
    for n, (_kind, card, country, found, kept) in enumerate(FINE, 1):
        if card:
            one = student(f"2023{n:06d}")
            assert (one.id_kind, one.id_number) == (found, kept)
            assert bool(one.id_country) == bool(country)


@pytest.mark.parametrize(
    ("kind", "card", "said"),
    [
        ("", "110101199003071011", "身份证号不正确"),
        ("", "1101011990030710", "身份证号不正确"),
        ("", "20040315", "请同时填写证件类型"),  # a column of birth days
        ("", "X1", "请同时填写证件类型"),
        ("", "110101*****1011", "此号码已脱敏"),
        ("居民身份证", "H12345678", "这是“港澳居民来往内地通行证”的号码"),
        ("身份证", "810000200403152015", "这是“港澳台居民居住证”的号码"),
        ("护照", number(9), "这是“居民身份证”的号码"),
        ("台胞证", "H12345678", "这是“港澳居民来往内地通行证”的号码"),
        ("回乡证", "H1234567", "字母 H 或 M 加 8 位数字"),
        ("居住证", "810000200403152016", "以 810000、820000 或 830000 开头"),
        ("永居证", "USA1", "以 9 开头"),
        ("护照", "ABCDEF", "5 至 15 位"),
        ("军官证", "E12345678", "军官证"),
    ],
)
def test_a_number_that_does_not_go_with_its_kind_is_said(bring, kind, card, said):
    record = bring(xlsx([good_row(1, 身份证号=card, **{KIND: kind})], MORE))
    assert tally(record) == (0, 0, 0, 1)
    assert said in str(problems(record))


def test_a_slipped_column_of_student_numbers_makes_no_documents(bring):
    record = bring(xlsx([good_row(1, 学号="B20230101", 身份证号="B20230101")]))
    assert tally(record) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("+86 138-0000-0001", "13800000001"),
        ("0086 13800000002", "13800000002"),
        ("8613800000003", "13800000003"),
        ("+852 9123 4567", "+85291234567"),
        ("0085366123456", "+85366123456"),
        (886912345678, "+886912345678"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_a_phone_of_anywhere_is_kept_in_one_spelling(bring, apply, phone, kept):
    apply(bring(xlsx([good_row(1, 手机号=phone)])))
    assert student("2023000001").phone == kept


@pytest.mark.parametrize(
    "phone", ["1380000000", "+852 2345 6789", "12345678901", "+999 1234567", "无"]
)
def test_what_is_no_mobile_of_anywhere_is_said(bring, phone):
    record = bring(xlsx([good_row(1, 手机号=phone)]))
    assert "境外号码请带国家（地区）代码" in str(problems(record))


def test_one_number_of_two_kinds_is_two_people_and_of_one_kind_is_one(bring, apply):
    rows = [
        good_row(1, 身份证号="H12345678", **{KIND: "回乡证"}),
        good_row(2, 身份证号="H12345678", **{KIND: "护照", COUNTRY: "US"}),
        good_row(3, 身份证号="H12345678", **{KIND: "护照", COUNTRY: "KR"}),
    ]
    record = bring(xlsx(rows, MORE))
    assert tally(record) == (3, 0, 0, 0), problems(record)
    apply(record)
    twice = bring(
        xlsx(
            [
                good_row(4, 身份证号="H1234567801", **{KIND: "港澳通行证"}),
                good_row(5, 身份证号="H12345678", **{KIND: "护照"}),
            ],
            MORE,
        )
    )
    assert tally(twice) == (0, 0, 0, 2)


def test_a_file_that_names_no_kind_leaves_the_one_on_record(bring, apply):
    apply(bring(xlsx([good_row(1, 身份证号="H12345678", **{KIND: "护照", COUNTRY: "US"})], MORE)))
    record = bring(xlsx([good_row(1, 身份证号="H12345678")]))
    assert tally(record) == (0, 0, 1, 0)
    apply(bring(xlsx([good_row(1, 身份证号="H12345678", **{KIND: "回乡证"})], MORE)))
    found = student("2023000001")
    assert (found.id_kind, found.id_country) == ("hm_permit", "")
