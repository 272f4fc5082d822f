"""Bad data: each file says exactly row, column and sentence, and nothing else is touched (BLK-02, INV-03)."""

from datetime import date

import pytest

from tests import factories as make
from tests.files.imports.books import HEADS, good_row, number, text_table, xlsx
from tests.files.imports.conftest import problems

AS_NUMBER = "此单元格为数字或日期格式，可能已丢失位数或前导零。请选中该列，点“数据→分列”，在最后一步选“文本”；号码已不完整的，请从原系统重新导出。"
MISSING = "请填写此项。"
NOT_LISTED = "“{}”不在该列的可选范围内。"
ERROR = "此单元格显示错误值（如 #N/A），请更正公式或直接填写内容。"
BAD_ID = "身份证号不正确：应为 18 位，且末位校验码须相符。"
BAD_PHONE = (
    "手机号不正确：应为以 1 开头的 11 位数字。境外号码请带国家（地区）代码，如 +852 9123 4567。"
)
NOT_WHOLE = "此处应填整数。"
SAME_AS = "“{}”与本文件第 {} 行重复。"
TAKEN = "该毕业届已有另一名学生使用此证件号码。"

ID, NO = "id_number", "student_no"
CASES = {
    "an ID number stored as a number": ({"身份证号": 4.20101199801010e17}, ID, AS_NUMBER),
    "a student number that a number cannot hold": ({"学号": 2.023e17}, NO, AS_NUMBER),
    "a student number stored as a date": ({"学号": date(2026, 7, 1)}, NO, AS_NUMBER),
    "a code whose zero was lost": ({"院系": 1}, "college", NOT_LISTED.format("1")),
    "an ID number with a wrong check digit": ({"身份证号": number(1)[:17] + "Z"}, ID, BAD_ID),
    "an ID number of 15 digits": ({"身份证号": "999999040101001"}, ID, BAD_ID),
    "an ID number born on 30 February": ({"身份证号": "999999200402300011"}, ID, BAD_ID),
    "an ID number born in the future": ({"身份证号": "999999299901010014"}, ID, BAD_ID),
    "an ID number in scientific spelling": ({"身份证号": "4.20101E+17"}, ID, AS_NUMBER),
    "an ID number that is too long": ({"身份证号": number(1) + "1"}, ID, "最多 18 个字。"),
    "no student number": ({"学号": ""}, NO, MISSING),
    "a student number of blanks": ({"学号": "　\u200b "}, NO, MISSING),
    "no name": ({"姓名": ""}, "name", MISSING),
    "a name that is a number": ({"姓名": 123}, "name", "此处应填姓名。"),
    "a name that is too long": ({"姓名": "长" * 61}, "name", "最多 60 个字。"),
    "an unknown college": ({"院系": "魔法学院"}, "college", NOT_LISTED.format("魔法学院")),
    "a college of another school": (
        {"院系": "外国语学院"},
        "college",
        NOT_LISTED.format("外国语学院"),
    ),
    "a major of another college": (
        {"专业": "法学院专业"},
        "major",
        "“法学院专业”不是该学院的专业。",
    ),
    "an unknown level of education": ({"学历": "博士后"}, "education", NOT_LISTED.format("博士后")),
    "an unknown training mode": ({"培养方式": "9"}, "training_mode", NOT_LISTED.format("9")),
    "an unknown sex": ({"性别": "无"}, "sex", NOT_LISTED.format("无")),
    "a phone of ten digits": ({"手机号": "1391234567"}, "phone", BAD_PHONE),
    "a landline": ({"手机号": "02787654321"}, "phone", BAD_PHONE),
    "a phone with words": ({"手机号": "13912345678转2"}, "phone", BAD_PHONE),
    "a year in words": ({"毕业届": "二〇二七"}, "graduation_year", NOT_WHOLE),
    "a year with a fraction": ({"毕业届": 2026.5}, "graduation_year", NOT_WHOLE),
    "a year of long ago": ({"毕业届": "1927"}, "graduation_year", "应在 2000 与 2100 之间。"),
    "an error cell": ({"班级": ("formula", "=NA()", "#N/A")}, "class_name", ERROR),
    "an error in a required cell": ({"学号": ("formula", "=1/0", "#DIV/0!")}, NO, ERROR),
    "a formula that made a fraction": ({"学号": ("formula", "=1+0.5", 1.5)}, NO, AS_NUMBER),
    "a class that is a date": (
        {"班级": date(2026, 7, 1)},
        "class_name",
        "此单元格为日期格式，请设为文本格式后重新填写。",
    ),
    "a class that is too long": ({"班级": "班" * 41}, "class_name", "最多 40 个字。"),
}


@pytest.mark.rule("BLK-02", "INV-03")
def test_each_bad_cell_is_named_by_row_column_and_sentence(bring):
    """A row a case, all in one file, with a right one above and below."""
    bad = [good_row(100 + n, **spoiled) for n, (spoiled, _f, _s) in enumerate(CASES.values())]
    record = bring(xlsx([good_row(7), *bad, good_row(8)]))
    expected = {n: [(field, said)] for n, (_c, field, said) in enumerate(CASES.values(), 3)}
    assert problems(record) == expected
    assert (record.new, record.faulty) == (2, len(CASES))


@pytest.mark.rule("BLK-02")
def test_a_number_that_lost_nothing_is_taken(bring):
    record = bring(
        xlsx([good_row(7), good_row(1, 学号=2023000001, 考生号=23420101110001)], [*HEADS, "考生号"])
    )
    assert problems(record) == {}
    assert record.new == 2


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("where", ["in the file", "at the school"])
def test_a_number_may_have_lost_its_zeros_where_others_begin_with_one(bring, cast, where):
    if where == "at the school":
        make.make_student(cast.college, "零一", student_no="0012")
    other = good_row(7, 学号="0077") if where == "in the file" else good_row(7)
    assert problems(bring(xlsx([other, good_row(1, 学号=12)]))) == {3: [(NO, AS_NUMBER)]}


@pytest.mark.rule("BLK-01")
def test_of_a_students_rows_the_first_stays_and_of_two_with_one_number_both_are_named(bring):
    rows = [
        good_row(1),
        good_row(2),
        good_row(3, 学号="2023000001"),
        good_row(4, 身份证号=number(2)),
    ]
    assert problems(bring(xlsx(rows))) == {
        3: [(ID, SAME_AS.format("身份证号", 5))],
        4: [(NO, SAME_AS.format("学号", 2))],
        5: [(ID, SAME_AS.format("身份证号", 3))],
    }


@pytest.mark.rule("BLK-01")
def test_an_id_number_of_another_student_is_refused(bring, cast):
    row = good_row(1, 身份证号=cast.student.id_number)
    assert problems(bring(xlsx([row]))) == {2: [(ID, TAKEN)]}


@pytest.mark.rule("INV-03")
def test_all_problems_of_all_rows_come_at_once(bring):
    rows = [good_row(1, 姓名="", 性别="无", 手机号="1"), good_row(2), good_row(3, 毕业届="x")]
    found = problems(bring(xlsx(rows)))
    assert [(row, [field for field, _text in texts]) for row, texts in found.items()] == [
        (2, ["name", "sex", "phone"]),
        (4, ["graduation_year"]),
    ]


@pytest.mark.rule("BLK-02")
def test_merged_cells_leave_the_lower_rows_empty_and_are_named_so(bring):
    rows = [good_row(1), good_row(2, 院系="", 专业="计算机学院专业")]
    assert problems(bring(xlsx(rows))) == {3: [("college", MISSING)]}


REFUSED = {
    "a header stands twice": (xlsx([good_row(1)], [*HEADS, "姓 名"]), ["“姓 名”列出现了两次。"]),
    "there are headers only": (xlsx([]), ["表头下面没有数据。"]),
    "an old system's web page of one header": (
        b"<html><table><tr><td>\xd1\xa7\xba\xc5</td></tr></table></html>",
        ["未找到表头行。请下载模板并保留其表头。"],
    ),
    "a file that is empty of everything": (b" \n ", ["文件是空的，请重新选择。"]),
    "a picture": (
        b"\x89PNG\r\n\x1a\n" + b"0" * 99,
        ["这不是表格。请上传 Excel 工作簿（.xlsx、.xls）、.csv 或 .dbf 文件。"],
    ),
    "text in no known encoding": (
        b"a,b\n\xff\xff\x80\x81\n",
        ["无法识别该文本文件的字符编码，请另存为 .xlsx 或 UTF-8 编码。"],
    ),
    "half a workbook": (xlsx([good_row(1)])[:-300], ["文件已损坏，无法读取。请更换文件后上传。"]),
}


@pytest.mark.rule("BLK-05", "INV-03")
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.replace(" ", "-"))
def test_a_file_that_cannot_be_read_says_what_to_do(bring, case):
    data, sentences = REFUSED[case]
    record = bring(data)
    assert (record.state, record.details["sentences"]) == ("failed", sentences)


@pytest.mark.rule("BLK-06")
def test_of_a_file_in_which_nothing_looks_like_a_header_every_column_is_asked(bring):
    record = bring(xlsx([{"甲": "1", "乙": "2"}], ["甲", "乙"]), answer=False)
    asked = record.details["questions"]["heads"]
    assert record.state == "mapping"
    assert [(one["head"], one["ours"], one["samples"]) for one in asked] == [
        ("甲", None, ["1"]),
        ("乙", None, ["2"]),
    ]


@pytest.mark.rule("BLK-02")
def test_an_export_with_apostrophes_comes_back_as_it_was(bring):
    from app.core.db import db
    from app.files.imports.row_models import ImportRow

    record = bring(text_table([good_row(1, 班级="'=1+1", 姓名="O'Neil")]), "x.csv")
    row = db.session.query(ImportRow).filter_by(import_id=record.id).one()
    assert (row.values["class_name"], row.values["name"]) == ("=1+1", "O'Neil")


@pytest.mark.rule("BLK-02")
def test_rows_of_a_csv_are_numbered_as_a_spreadsheet_shows_them(bring):
    data = text_table([good_row(1, 班级="两\n行"), {}, good_row(2, 姓名="")])
    assert problems(bring(data, "x.csv")) == {4: [("name", MISSING)]}
