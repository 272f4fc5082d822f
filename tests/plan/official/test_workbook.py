"""An official workbook filled from the plan, with its own lists, and nothing else of it changed (PLN-09)."""

import io
import re
import zipfile

import openpyxl
import pytest
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Border, Side

from app.core import children
from app.core.db import db
from app.core.errors import Invalid
from app.files.exports.tasks import as_person
from app.files.made.models import MadeFile
from app.plan.official import differing
from app.plan.official import workbook as official
from app.plan.official.sheet_xml import spliced
from app.plan.rows.workflow import edit
from app.workflow.models import Trail
from tests.factories import actor
from tests.files.imports import hostile
from tests.files.made.conftest import result
from tests.plan.official.books import HEADS, cells, opened, workbook
from tests.plan.rows.conftest import entry

VALUES = {
    "destination_code": "12",
    "employer_name": "=1+1&<公司>",
    "credit_code": "91999999MA0000001X",
    "employer_kind": "31",
    "industry": "34",
    "location": "420111",
    "position_kind": "13",
    "postcode": "043007",
    "contact_phone": "02787654321",
}


@pytest.fixture
def filled(cast, made):
    """`filled(workbook)` is the paper after the worker."""

    def act(data, user=None, **form):
        user = user or cast.officer
        with as_person(user.id):
            paper = official.bring(actor(user), data, "官方表.xlsx", form)
        return made(paper)

    return act


@pytest.fixture
def settled(cast, rows):
    for student in (cast.student, cast.classmate):
        edit(entry(student).id, actor(cast.officer), VALUES)


def people(cast):
    return [
        {"姓名": "黄河水", "学号": "A1", "备注": "保留"},
        {"姓名": "李静", "身份证号": cast.classmate.id_number},
        {"姓名": "无名", "学号": "X1"},
        {"姓名": "王五", "学号": "A1"},
    ]


@pytest.mark.rule("PLN-09")
def test_rows_are_filled_in_the_words_of_the_workbooks_own_lists(cast, settled, filled):
    data = workbook(people(cast))
    paper = filled(data)
    done = result(paper)
    for row in (3, 4):
        found = cells(done, row)
        assert found["毕业去向"] == "其他录用形式就业"
        assert found["单位性质"] == "国有企业"
        assert found["单位行业代码"] == "34"
        assert found["单位所在地"] == "湖北省/武汉市/洪山区"
        assert found["工作职位类别"] == "工程技术人员"
        assert found["单位邮编"] == "043007"
        assert found["单位名称"] == "=1+1&<公司>"
        assert found["合计"] == f'=IF(G{row}="",0,1)'
    assert cells(done, 3)["备注"] == "保留"
    page = opened(done)["就业方案"]
    assert {page.cell(3, n).data_type for n in (5, 6, 7, 8, 9, 10, 11, 12)} == {"s"}
    assert page.cell(3, 14).data_type == "f"
    noted = paper.report["noted"]
    assert (noted["rows"], noted["matched"], noted["missed"]) == (4, 2, 2)
    assert {where: why for where, _who, why in paper.report["missed"]} == {
        "5": "本校没有这个号码的学生。",
        "6": "这个号码的学生姓名与此不符。",
    }


@pytest.mark.rule("PLN-09")
def test_nothing_else_of_the_workbook_is_changed(cast, settled, filled):
    data = workbook(people(cast), ready=5)
    done = result(filled(data))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(io.BytesIO(done)) as new:
        assert old.namelist() == new.namelist()
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
        assert changed == ["xl/worksheets/sheet2.xml"]
        before, after = old.read(changed[0]).decode(), new.read(changed[0]).decode()
    cut = re.compile(r"<sheetData>.*</sheetData>", re.S)
    assert cut.sub("", before) == cut.sub("", after)
    old_page, new_page = opened(data)["就业方案"], opened(done)["就业方案"]
    assert len(new_page.data_validations.dataValidation) == 4
    assert new_page.merged_cells.ranges == old_page.merged_cells.ranges
    for row in old_page.iter_rows():
        for cell in row:
            twin = new_page[cell.coordinate]
            assert (twin.number_format, twin.fill.fgColor.rgb) == (
                cell.number_format,
                cell.fill.fgColor.rgb,
            )


@pytest.mark.rule("PLN-09")
def test_a_list_of_codes_with_names_is_written_as_such(cast, settled, filled):
    done = result(filled(workbook(people(cast), both=True)))
    assert cells(done, 3)["毕业去向"] == "12 其他录用形式就业"


@pytest.mark.rule("PLN-09")
@pytest.mark.parametrize("ready", [0, 1, 5])
def test_graduates_that_are_missing_are_added_below(cast, settled, filled, ready):
    data = workbook(people(cast)[:1], ready=ready)
    paper = filled(data, year="2027", purpose="省厅上报")
    done = result(paper)
    found = cells(done, 4)
    assert (found["姓名"], found["学号"], found["身份证号"]) == (
        "李静",
        "A2",
        cast.classmate.id_number,
    )
    assert found["毕业去向"] == "其他录用形式就业"
    assert paper.report["noted"]["added"] == 1
    assert paper.wish["purpose"] == "省厅上报"
    page = opened(done)["就业方案"]
    assert page.cell(4, 4).number_format == "@"
    assert "A1:O" in page.dimensions
    again = result(filled(done, year="2027", purpose="再"))
    assert cells(again, 5)["姓名"] is None


def framed(data, height=30, rows=(3,)):
    """The workbook with borders and a height in some rows, and a look of its own for a column."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book["就业方案"]
    page.column_dimensions["D"].number_format = "@"
    for row in rows:
        page.row_dimensions[row].height = height
        for cell in page[row]:
            cell.border = Border(*[Side("thin")] * 4)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.rule("PLN-09")
def test_an_added_row_looks_like_the_one_above_it_in_every_cell(cast, settled, filled):
    done = result(filled(framed(workbook(people(cast)[:1])), year="2027", purpose="省厅上报"))
    page = opened(done)["就业方案"]
    assert page.cell(4, 3).value == "李静"
    assert page.row_dimensions[4].height == 30
    for above, cell in zip(page[3], page[4], strict=True):
        assert cell.border.left.style == "thin", cell.coordinate
        assert cell.number_format == above.number_format


@pytest.mark.rule("PLN-09")
def test_the_first_row_below_the_headers_does_not_look_like_them(cast, settled, filled):
    data = framed(workbook([]), rows=(2,))
    page = opened(result(filled(data, year="2027", purpose="省厅上报")))["就业方案"]
    assert {page.cell(3, 3).value, page.cell(4, 3).value} == {"黄河水", "李静"}
    for cell in page[3]:
        assert cell.border.left.style is None, cell.coordinate
        assert cell.fill.fill_type is None
    assert page.cell(3, 4).number_format == "@"


@pytest.mark.rule("PLN-09")
def test_what_the_workbooks_list_does_not_have_is_named(cast, rows, filled):
    edit(entry(cast.student).id, actor(cast.officer), {**VALUES, "destination_code": "801"})
    paper = filled(workbook(people(cast)[:1]))
    assert [why for _w, _n, why in paper.report["missed"]] == ["工作簿自带的可选列表中没有“801”。"]
    assert cells(result(paper), 3)["毕业去向"] is None


@pytest.mark.rule("PLN-09")
@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("毕业去向类型", "其他录用形式就业"),
        ("毕业去向类别", "其他录用形式就业"),
        ("毕业去向类别代码", "12"),
    ],
)
def test_the_destination_is_filled_under_every_header_it_has_in_use(
    cast, settled, filled, head, text
):
    heads = [head if name == "毕业去向" else name for name in HEADS]
    data = workbook(
        people(cast)[:1], heads=heads, offers=not head.endswith("代码")
    )  # they offer names
    assert cells(result(filled(data)), 3)[head] == text


@pytest.mark.rule("PLN-09")
def test_columns_that_are_not_recognised_are_listed_on_the_result(cast, settled, filled, visit):
    paper = filled(workbook(people(cast)[:1], heads=[*HEADS, "毕业去向大类"]))
    assert paper.report["noted"]["unknown"] == "合计、备注、毕业去向大类"
    page = visit(cast.officer).get(f"/plan/papers/{paper.uid}").text
    assert "未识别的列，保持原样" in page
    assert "毕业去向大类" in page


@pytest.mark.rule("PLN-09")
def test_the_result_is_encrypted_and_for_the_asker_only(cast, settled, filled, visit):
    from app.core import filestore

    paper = filled(workbook(people(cast)))
    for key in (paper.source_key, paper.result_key):
        assert not filestore.read_file(key).startswith(b"PK")
    assert visit(cast.officer).get(f"/plan/papers/{paper.uid}/file").status_code == 200
    for user in (cast.data, cast.other_officer, cast.college_officer):
        assert visit(user).get(f"/plan/papers/{paper.uid}/file").status_code in (403, 404)


@pytest.mark.rule("PLN-09", "BLK-05")
def test_wrong_questions_are_answered_beside_the_field(cast, rows, visit):
    office = visit(cast.officer)
    assert office.get("/plan/official/").status_code == 200
    assert office.post("/plan/official/").status_code == 422
    for form, place in (({"year": "2027"}, "purpose"), ({"year": "x", "purpose": "y"}, "year")):
        with as_person(cast.officer.id), pytest.raises(Invalid) as wrong:
            official.bring(actor(cast.officer), workbook([]), "a.xlsx", form)
        assert [where for where, _text in wrong.value.problems] == [place]
    answer = office.post("/plan/official/", data={"file": (io.BytesIO(b"%PDF"), "a.xlsx")})
    assert answer.status_code == 422
    assert db.session.query(MadeFile).count() == 0


@pytest.mark.rule("PLN-09", "BLK-05")
@pytest.mark.parametrize(
    "file",
    [
        hostile.many_rows,
        hostile.unused_strings,
        hostile.one_cell,
        hostile.far_cell,
        hostile.laughs,
        hostile.far_cell_in_entities,
        hostile.far_cell_within_bounds,
        hostile.million_rows,
        hostile.macros,
        hostile.external_entity,
        hostile.outer_links,
        hostile.embedded,
        hostile.climbing_name,
        hostile.lying_sizes,
    ],
    ids=lambda file: file.__name__,
)
def test_a_hostile_workbook_ends_in_a_sentence(cast, rows, made, file):
    data = file()
    paper = made(official.bring(actor(cast.officer), data, "坏.xlsx", {}))
    assert paper.problem
    assert "我们" not in paper.problem  # the file is to blame, and the sentence says for what
    assert paper.result_key is None


@pytest.mark.rule("PLN-09")
def test_a_workbook_without_numbers_or_headers_is_refused_in_words(cast, rows, filled):
    assert "学号" in filled(workbook([], heads=["姓名", "毕业去向", "单位名称", "合计"])).problem
    assert "学号" in filled(workbook([], heads=["甲", "乙", "合计"])).problem


@pytest.mark.rule("PLN-09")
@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<x:sheetData><x:row r="3"/></x:sheetData>', ["x:row"]),
        ('<sheetData><row><c><v>1</v></c><c s="4"/></row></sheetData>', ["row"]),
        (
            '<sheetData><row r="1" spans="1:2"><c r="B1" s="2"><f>A1</f><v>1</v></c></row></sheetData>',
            ["row"],
        ),
    ],
)
def test_odd_spellings_of_a_sheet_are_understood(xml, expected):
    prefix = "x:" if "x:" in xml else ""
    name = f'<{prefix}worksheet xmlns{":x" if prefix else ""}="http://s">{xml}</{prefix}worksheet>'
    done = spliced(name.encode(), {"1": {"0": "a>b", "1": "b"}, "3": {"1": "c"}}).decode()
    assert "a&gt;b" in done
    assert ">c<" in done
    from xml.dom.minidom import parseString

    found = parseString(done).getElementsByTagName(expected[0])
    assert [n.getAttribute("r") for n in found][-1] == "3"
    if "<f>" in xml:
        assert "<f>A1</f>" in done
        assert ">b<" not in done


@pytest.mark.rule("BLK-05")
def test_the_child_is_gone_after_each_file(cast, settled, filled, monkeypatch):
    monkeypatch.undo()  # the product's own way
    filled(workbook(people(cast)))
    assert children._workers["fill"].child is None


@pytest.mark.rule("PLN-09")
def test_a_formula_in_a_column_of_ours_stays_and_is_named(cast, settled, filled):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook(people(cast)[:1])))
    book["就业方案"]["L3"] = '=TEXT(43007,"000000")'
    out = io.BytesIO()
    book.save(out)
    paper = filled(out.getvalue())
    assert cells(result(paper), 3)["单位邮编"] == '=TEXT(43007,"000000")'
    assert any("公式" in why and "043007" in why for _w, _n, why in paper.report["missed"])


@pytest.mark.rule("RPT-05", "ADM-07")
def test_who_may_not_take_out_whole_numbers_fills_rows_but_adds_none(cast, settled, filled, visit):
    data = workbook(people(cast)[:1])
    with pytest.raises(Invalid) as wrong:
        filled(data, cast.data, year="2027", purpose="省厅上报")
    assert [where for where, _text in wrong.value.problems] == ["year"]
    assert db.session.query(MadeFile).count() == 0
    page = visit(cast.data).get("/plan/official/").text
    assert 'name="file"' in page
    assert 'name="year"' not in page
    assert cells(result(filled(data, cast.data)), 3)["毕业去向"] == "其他录用形式就业"
    assert db.session.query(Trail).filter_by(kind="plan_paper").count() == 0


@pytest.mark.rule("RPT-05", "ADM-07")
def test_who_took_whole_numbers_out_for_what_and_how_many_is_kept(cast, settled, filled):
    paper = filled(workbook(people(cast)[:1]), year="2027", purpose="省厅上报")
    row = db.session.query(Trail).filter_by(kind="plan_paper", record_id=paper.id).one()
    assert (row.actor_id, row.school_id, row.reason) == (
        cast.officer.id,
        cast.school.id,
        "省厅上报",
    )
    assert (row.details["rows"], row.details["clear"], row.details["year"]) == (1, True, 2027)
    assert cast.classmate.id_number not in str(row.details)


@pytest.mark.rule("RPT-05")
def test_the_right_to_whole_numbers_is_asked_again_when_the_file_is_made(cast, settled, made):
    with as_person(cast.officer.id):
        form = {"year": "2027", "purpose": "省厅上报"}
        paper = official.bring(actor(cast.officer), workbook(people(cast)[:1]), "表.xlsx", form)
    cast.officer.role = "data"
    db.session.commit()
    paper = made(paper)
    assert "完整身份证号" in paper.problem
    assert paper.result_key is None


@pytest.mark.rule("PLN-09")
def test_a_cell_that_is_missing_is_put_before_the_one_that_is_replaced():
    sheet = (
        b'<worksheet xmlns="http://s"><sheetData><row r="3"><c r="E3"><v>1</v></c>'
        b'<c r="G3" t="str"><v>oldG</v></c><c r="H3"><v>9</v></c></row></sheetData></worksheet>'
    )
    done = spliced(sheet, {"3": {"5": "newF", "6": "newG"}}).decode()
    assert re.findall(r'r="([A-Z]+)3"', done) == ["E", "F", "G", "H"]
    assert "oldG" not in done


# -- the difference alone, over frames ----------------------------------------------------------------

COLUMNS = {
    0: "student_no",
    1: "id_number",
    2: "name",
    3: "destination_code",
    4: "destination_code:name",
    5: "employer_name",
    6: "contact_phone",
    7: "mobile",
}
LISTED = {
    "10": "签就业协议形式就业",
    "12": "其他录用形式就业",
}  # what the workbook's list offers; not 76
PEOPLE = [
    {
        "id": n,
        "student_no": f"A{n}",
        "id_number": b"twin" if n < 2 else b"i%d" % n,
        "examinee_no": None,
        "name": "黄河水" if n % 2 else "李静",
        "graduation_year": 2027,
        "destination_code": (None, "10", "12", "76")[n % 4],
        "employer_name": ("甲", None)[n % 2],
        "contact_phone": ("13800000000", "02787654321", None)[n % 3],
    }
    for n in range(8)
]
CELL = st.sampled_from(["", "10", "签就业协议形式就业", "甲", "13800000000"])
LINES = st.lists(
    st.tuples(
        st.sampled_from(["", " a1", "A2", "A3", "A4", "A5", "A6", "A7", "X9"]),
        st.sampled_from(["", "i0", "i1", "i3", "i5", "i6", "i9"]),
        st.sampled_from(["", "黄河水", "李　静"]),
        *[CELL] * 5,
    ),
    max_size=12,
)


class Listed:
    """The spelling of a column whose list has two of the codes."""

    of = staticmethod(lambda code, _year: LISTED.get(code))


def compared(rows, formulas=()):
    """What is written and what is left out of a sheet of these rows, the first of them in row 3."""
    look = {"rows": list(rows.items()), "formulas": [list(cell) for cell in formulas]}
    book = differing.book_of(look, COLUMNS, {4: Listed()})
    known = differing.known_of([tuple(person.values()) for person in PEOPLE], PEOPLE[0])
    keys = differing.keys_of(
        book, lambda number: [b"-", b"twin" if number in ("I0", "I1") else number.lower().encode()]
    )
    met, missed = differing.met(book, differing.whose(keys, known), known)
    filled = met.drop(missed["at"], errors="ignore")
    there = known.loc[list(filled)].set_axis(filled.index)
    ours = differing.by_field(there)[
        ["destination_code", "employer_name", "contact_phone", "mobile"]
    ]
    cells, left = differing.together(missed, [differing.cells(book, ours, there)])
    return cells, left, met


def expected(rows, formulas):
    """The same, row by row, as a person would go through the sheet."""
    cells, left, seen = {}, [], set()
    for row, texts in rows.items():
        number = texts[0].strip().upper()
        twins = [
            p
            for p in PEOPLE
            if (
                p["student_no"] == number
                if number
                else p["id_number"] == (b"twin" if texts[1] in ("i0", "i1") else texts[1].encode())
            )
        ]
        who = texts[2].replace("　", "")
        if len(twins) != 1:
            left.append([str(row), who, "The school has no student of this number."])
            continue
        [person] = twins
        if who and who != person["name"]:
            left.append([str(row), who, "The student of this number has another name."])
        elif person["id"] in seen:
            left.append([str(row), who, "This student stands in a row above already."])
        else:
            seen.add(person["id"])
            if not person["destination_code"]:
                left.append(
                    [str(row), person["name"], "The plan has no destination of this student yet."]
                )
                continue
            phone = person["contact_phone"] or ""
            code = person["destination_code"]
            for place, text in (
                (3, code),
                (4, LISTED.get(code)),
                (5, person["employer_name"]),
                (6, phone),
                (7, phone if phone[:1] == "1" else ""),
            ):
                if place == 4 and text is None:
                    left.append(
                        [str(row), person["name"], f"The list of the workbook has no “{code}”."]
                    )
                elif text and (row, place) in formulas:
                    left.append([str(row), person["name"], None])
                elif text and texts[place] != text:
                    cells.setdefault(row, {})[place] = text
    return cells, left, seen


@pytest.mark.rule("PLN-09")
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINES, st.sets(st.tuples(st.integers(1, 9), st.integers(3, 7)), max_size=4))
def test_frames_say_what_going_through_the_rows_says(app, found, formulas):
    rows = {n: list(texts) for n, texts in enumerate(found, 3)}
    with app.app_context(), force_locale("en"):
        cells, left, met = compared(rows, formulas)
        should, why, seen = expected(rows, formulas)
    assert cells == should
    assert [line[:2] for line in left] == [line[:2] for line in why]
    assert all(
        (b[2] is None and "formula" in a[2]) or a == b for a, b in zip(left, why, strict=True)
    )
    assert {PEOPLE[line]["id"] for line in met} == seen


@pytest.mark.rule("PLN-09")
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINES, st.randoms())
def test_a_filled_sheet_is_filled_already_and_its_order_does_not_matter(app, found, dice):
    rows = {n: list(texts) for n, texts in enumerate(found, 3)}
    shuffled = {n: rows[n] for n in dice.sample(list(rows), len(rows))}
    with app.app_context(), force_locale("en"):
        cells, left, met = compared(rows)
        filled = {
            row: [cells.get(row, {}).get(n, text) for n, text in enumerate(texts)]
            for row, texts in rows.items()
        }
        again, still, _met = compared(filled)
        mixed, _left, others = compared(shuffled)
    assert again == {}
    assert still == left
    assert set(others) == set(met)
    if not any(
        "above already" in why for _row, _who, why in left
    ):  # of a student's rows the first counts
        assert mixed == cells


@pytest.mark.rule("PLN-09")
def test_every_reason_to_leave_something_out_is_reached(app):
    numbers = [("A1", "李静"), ("A3", ""), ("A3", ""), ("X9", ""), ("A4", ""), ("A2", "")]
    rows = {n: [number, "", name, *[""] * 5] for n, (number, name) in enumerate(numbers, 3)}
    with app.app_context(), force_locale("en"):
        _cells, left, met = compared(rows, {(8, 5)})
    assert [(row, why.split(" of the workbook")[0]) for row, _who, why in left] == [
        ("3", "The student of this number has another name."),
        ("4", "The list"),
        ("5", "This student stands in a row above already."),
        ("6", "The school has no student of this number."),
        ("7", "The plan has no destination of this student yet."),
        ("8", "A formula"),
    ]
    assert list(met.index) == [4, 7, 8]
