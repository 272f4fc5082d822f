"""Two snapshots compared: totals on the page, everything that differs as a workbook (PLN-08)."""

import io

import openpyxl
import pytest

from app.core.db import db
from app.files.made.models import MadeFile
from app.plan.rows.workflow import edit
from app.plan.years import snapshots
from tests.factories import actor
from tests.files.made.conftest import made, result  # noqa: F401 (fixtures)
from tests.plan.rows.conftest import entry, rows  # noqa: F401 (a fixture)


@pytest.fixture
def two(cast, rows):  # noqa: F811
    """August and December: in between one graduate got a destination."""
    first = snapshots.take(actor(cast.officer), 2027, "八月")
    edit(entry(cast.student).id, actor(cast.officer), {"destination_code": "76"})
    return first, snapshots.take(actor(cast.officer), 2027, "十二月")


@pytest.mark.rule("PLN-08")
def test_a_comparison_has_totals_and_a_file_of_everything(cast, two, visit, made):  # noqa: F811
    office, (old, new) = visit(cast.officer), two
    url = f"/plan/snapshots/{old.id}/to/{new.id}"
    assert "<strong>毕业生人数</strong></td><td" in office.get(url).text.replace("\n", "")
    answer = office.post(url)
    assert "/plan/papers/" in answer.location
    book = openpyxl.load_workbook(io.BytesIO(result(made(db.session.query(MadeFile).one()))))
    lines = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert lines[0][-2:] == [f"{old.day} 八月", f"{new.day} 十二月"]
    assert ["合计", None, None, "毕业生人数", "3", "3"] in lines
    [found] = [line for line in lines if line[0] == "新落实去向"]
    assert found[1:5] == ["A1", "黄河水", "毕业去向", None]
    assert found[5].startswith("76")


@pytest.mark.rule("PLN-08", "ACC-02")
def test_nobody_of_another_school_and_no_province_takes_the_file(cast, two, visit):
    url = f"/plan/snapshots/{two[0].id}/to/{two[1].id}"
    for user, answer in (
        (cast.other_officer, 404),
        (cast.province, 403),
        (cast.college_officer, 403),
    ):
        assert visit(user).post(url).status_code == answer
    assert "differences" not in visit(cast.province).get(url).text
    assert db.session.query(MadeFile).count() == 0
