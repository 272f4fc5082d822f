"""The rest of the origin record of the demo's students, spread as such things are (PLN-12)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from app.people.students.models import Student, TrainingMode

# county, postcode, area code, share of its graduates from the country
HOMES = (
    ("湖北省武汉市江夏区", "430200", "027", 30),
    ("湖北省黄冈市浠水县", "438200", "0713", 70),
    ("湖北省孝感市云梦县", "432500", "0712", 65),
    ("湖北省恩施土家族苗族自治州利川市", "445400", "0718", 75),
    ("湖北省襄阳市枣阳市", "441200", "0710", 60),
    ("湖北省宜昌市夷陵区", "443100", "0717", 45),
    ("河南省信阳市固始县", "465200", "0376", 75),
    ("湖南省岳阳市华容县", "414200", "0730", 65),
    ("江西省九江市都昌县", "332600", "0792", 70),
    ("安徽省安庆市太湖县", "246400", "0556", 70),
    ("广西壮族自治区桂林市临桂区", "541100", "0773", 60),
    ("浙江省温州市苍南县", "325800", "0577", 50),
)
STREETS = ("解放路", "人民路", "建设路", "文昌街", "滨河路", "东风街")
VILLAGES = ("杨柳村", "李家湾村", "石桥村", "双河村", "大塘村", "枫树村")
POLITICAL = (("03", 64), ("13", 21), ("01", 8), ("02", 7))
HARDSHIP = (("0", 80), ("2", 13), ("1", 4), ("3", 2), ("4", 1))
UNITS = ("恩施土家族苗族自治州教育局", "武汉城建集团有限公司", "湖北省水利厅", "利川市卫生健康局")
FORGOTTEN = range(60, 200, 12)  # whose columns are the ones that the checks find empty
UNNAMED = (149, 349)  # committed, and to whom nobody wrote down
PASSPORTS = {534: "2004-03-12", 535: "2003-11-02", 536: "2003-07-19"}


def fill(students: Sequence[Student], year: int) -> None:
    """Every field of every student, but for what the checks are to find."""
    dice = random.Random(1204)  # of its own: what else the demo throws stays as it was
    for n, student in enumerate(students):
        home, postcode, area, rural = dice.choice(HOMES)
        country = dice.randrange(100) < rural
        town = home.removesuffix("区").removesuffix("县").removesuffix("市")[-2:]
        place = dice.choice(VILLAGES if country else STREETS)
        student.political_status = _one(dice, POLITICAL)
        student.hardship = _one(dice, HARDSHIP)
        student.teacher_training, student.study_years = "2", "4"
        student.enrolled_on, student.graduates_on = date(year - 4, 9, 1), date(year, 6, 30)
        student.home_kind = "2" if country else "1"
        student.home_address = f"{home}{place}{dice.randrange(1, 99)}号"
        student.home_phone = f"{area}-{dice.randrange(2_000_000, 8_999_999)}"
        student.home_postcode = postcode
        student.archive_before = f"{town}第{dice.choice('一二三')}中学"
        student.household_before = f"{town}公安局{place[:2]}派出所"
        student.archive_moved = "1"
        student.household_moved = "1" if dice.randrange(100) < 35 else "0"
        student.qq = str(dice.randrange(100_000_000, 3_000_000_000))
        if student.training_mode == TrainingMode.COMMITTED and n not in UNNAMED:
            student.committed_to = dice.choice(UNITS)
    for n in FORGOTTEN:
        students[n].hardship = None
        students[n].political_status = None if n % 24 else students[n].political_status
    for n, born in PASSPORTS.items():
        students[n].birth_date = born


def _one(dice: random.Random, shares: Sequence[tuple[str, int]]) -> str:
    return dice.choices([code for code, _n in shares], [share for _c, share in shares])[0]
