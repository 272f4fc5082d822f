"""8,000 graduates, and the files that an office has of them: with titles, own headers, two sheets and faults."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache

import openpyxl

from app.core.identity import id_number_mark
from app.demo.people import COLLEGES, GIVEN, SURNAMES
from tests.browser.files import YEAR
from tests.factories import credit_code

MANY = 8_000
FIRST = (YEAR - 4) * 1_000_000 + 300_000  # their student numbers
HEADS = [
    "学生学号",
    "姓名",
    "身份证号码",
    "所在院系",
    "专业名称",
    "毕业年度",
    "学历层次",
    "民族",
    "性别",
    "手机号码",
    "高考考生号",
    "生源地",
    "政治面貌",
    "入学时间",
    "毕业时间",
    "学制",
    "师范生类别",
    "困难生类别",
    "培养方式",
    "班级",
    "备注",
]
HOMES = (
    "湖北省武汉市江夏区",
    "湖北省黄冈市浠水县",
    "湖北省孝感市云梦县",
    "河南省信阳市固始县",
    "湖南省岳阳市华容县",
)
COLLEGE_NAMES = tuple(COLLEGES)
CODES = {"XH": "学号", "XM": "姓名"}

# what is wrong in the file: which people, what stands there instead
FAULTS: dict[str, tuple[range, Callable[[dict[str, object]], None]]] = {}


def _fault(name: str, whose: range) -> Callable[[Callable[[dict[str, object]], None]], None]:
    def known(change: Callable[[dict[str, object]], None]) -> None:
        FAULTS[name] = (whose, change)

    return known


@_fault("college of another name", range(7, MANY, 100))  # 80
def _college(row: dict[str, object]) -> None:
    row |= {"所在院系": "经管系", "专业名称": "会计学"}


@_fault("ID number mistyped", range(23, MANY, 130))  # 62
def _number(row: dict[str, object]) -> None:
    number = str(row["身份证号码"])
    row["身份证号码"] = number[:-1] + "0123456789X"["0123456789X".index(number[-1]) - 1]


@_fault("phone too short", range(31, MANY, 160))  # 50
def _phone(row: dict[str, object]) -> None:
    row["手机号码"] = str(row["手机号码"])[:10]


@_fault("name empty", range(47, MANY, 400))  # 20
def _name(row: dict[str, object]) -> None:
    row["姓名"] = None


@_fault("no such day", range(61, MANY, 200))  # 40
def _day(row: dict[str, object]) -> None:
    row["入学时间"] = f"{YEAR - 4}-02-30"


@_fault("nationality unknown", range(77, MANY, 200))  # 40
def _nation(row: dict[str, object]) -> None:
    row["民族"] = "不祥"


@_fault("error instead of a number", range(93, MANY, 250))  # 32
def _error(row: dict[str, object]) -> None:
    row["高考考生号"] = '=VLOOKUP("无",A1:B2,2,FALSE)'


def name(n: int) -> str:
    """A name of the usual length; some are written with a blank within, as in printed lists."""
    given = GIVEN[n * 7 % len(GIVEN)] + (GIVEN[n * 13 % len(GIVEN)] if n % 3 else "")
    return SURNAMES[n % len(SURNAMES)] + given


def student_no(n: int) -> str:
    return str(FIRST + n)


def id_number(n: int) -> str:
    """Of a region that does not exist, and of which nobody else of the demo is."""
    first = f"999998{date(YEAR - 23, 1, 1) + timedelta(days=n % 700):%Y%m%d}{n % 997:03d}"
    return first + id_number_mark(first)


def examinee_no(n: int) -> str:
    return f"{(YEAR - 4) % 100}42{n:010d}"


def person(n: int) -> dict[str, object]:
    """A graduate as the office keeps it, without fault; columns left empty for the checks to find."""
    college = COLLEGE_NAMES[n % len(COLLEGE_NAMES)]
    number = id_number(n)
    shown = name(n) if len(name(n)) > 2 or n % 5 else f"{name(n)[0]}　{name(n)[1]}"
    return {
        "学生学号": FIRST + n,
        "姓名": shown,
        "身份证号码": number,
        "所在院系": college,
        "专业名称": COLLEGES[college][n // 6 % 2],
        "毕业年度": f"{YEAR}届",
        "学历层次": "本科",
        "民族": "汉",
        "性别": "男" if int(number[16]) % 2 else "女",
        "手机号码": 13_600_000_000 + n,
        "高考考生号": None if n in NO_EXAMINEE else examinee_no(n),
        "生源地": HOMES[n % len(HOMES)],
        "政治面貌": None if n in NO_POLITICAL else "共青团员" if n % 4 else "群众",
        "入学时间": date(YEAR - 4, 9, 1),
        "毕业时间": date(YEAR, 6, 30),
        "学制": "3" if n in THREE_YEARS else "4",
        "师范生类别": "非师范生",
        "困难生类别": None if n in NO_HARDSHIP else "非困难生",
        "培养方式": "定向" if n in COMMITTED else "非定向",
        "班级": f"{YEAR % 100}级{n % 8 + 1}班",
        "备注": "走读" if n % 9 == 0 else None,
    }


# what the checks will find in the records …
NO_POLITICAL = range(5, MANY, 20)  # 400
NO_HARDSHIP = range(11, MANY, 40)  # 200
NO_EXAMINEE = range(17, MANY, 80)  # 100
COMMITTED = range(19, MANY, 100)  # 80, and for which unit nobody wrote down
THREE_YEARS = range(29, MANY, 100)  # 80
# … and in the plan rows that the ministry's file brings
WRONG_NATURE = range(2, MANY, 40)  # 200
CITY_ONLY = range(3, MANY, 40)  # 200
NO_POSITION = range(13, MANY, 80)  # 100
BAD_CREDIT = range(37, MANY, 80)  # 100


def faulty(n: int) -> Iterator[str]:
    """What is wrong with that line."""
    return (kind for kind, (whose, _change) in FAULTS.items() if n in whose)


def rows_with(*kinds: str) -> int:
    """How many lines have one of these faults."""
    return sum(any(n in FAULTS[kind][0] for kind in kinds) for n in range(MANY))


def line(n: int) -> dict[str, object]:
    """The person as the file has it."""
    row = person(n)
    for kind in faulty(n):
        FAULTS[kind][1](row)
    return row


def students_book() -> bytes:
    """Two sheets below two rows of titles, totals at the end, eight lines twice, notes on a sheet of their own."""
    book = openpyxl.Workbook()
    page = book.active
    for at, (title, whose) in enumerate(
        (("理工", range(MANY // 2)), ("文经", range(MANY // 2, MANY)))
    ):
        page = book.active if not at else book.create_sheet()
        page.title = title
        page.append([f"江汉青山大学{YEAR}届毕业生名单（{title}）"])
        page.append(["制表：学生工作处", None, None, "注：以学籍系统为准"])
        page.append(HEADS)
        for n in whose:
            page.append([line(n)[head] for head in HEADS])
        for n in whose[100:104]:
            page.append([person(n)[head] for head in HEADS])
        page.append(["合计", f"{len(whose)}人"])
    notes = book.create_sheet("填写说明")
    notes.append(["一、学号不得为空"])
    return as_bytes(book)


def as_bytes(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# -- the ministry's file ---------------------------------------------------------------------------

EMPLOYERS = 400
NATURES = ("39", "31", "32", "39")
TRADES = (
    ("34", "信息传输、软件和信息技术服务业", "13"),
    ("22", "制造业", "13"),
    ("31", "批发和零售业", "40"),
    ("35", "金融业", "22"),
)
PLACES = (
    ("420111", "湖北省武汉市洪山区"),
    ("420106", "湖北省武汉市武昌区"),
    ("430104", "湖南省长沙市岳麓区"),
    ("410105", "河南省郑州市金水区"),
)
PLAN_HEADS = [
    "KSH",
    "SFZH",
    "XM",
    "XH",
    "BYQXDM",
    "BYQX",
    "DWZZJGDM",
    "DWMC",
    "DWXZDM",
    "DWHYDM",
    "DWHY",
    "DWSZDDM",
    "DWSZD",
    "GZZWLBDM",
    "DWLXR",
    "LXRDH",
    "DWDZ",
    "DWYB",
    "DAZJDWMC",
    "DAZJDWDZ",
    "DAZJDWYB",
    "HKQZDZ",
]
DESTINATIONS = {
    "10": "签就业协议形式就业",
    "11": "签劳动合同形式就业",
    "12": "其他录用形式就业",
    "76": "自由职业",
    "801": "研究生",
    "85": "境外留学（出国、出境）",
    "700": "求职中",
}


def destination(n: int) -> str:
    """Where that graduate went; flexible kinds are crowded in the sixth college, for the checks to find."""
    if n % 6 == 5:
        return ("12", "76", "10")[n // 6 % 3]
    return ("10", "11", "10", "801", "11", "10", "85", "10", "11", "700")[n // 6 % 10]


@cache
def employer(k: int) -> dict[str, str]:
    industry, trade, position = TRADES[k % 4]
    code, place = PLACES[k % 4]
    called = f"{place[3:6]}{SURNAMES[k % 40]}{GIVEN[k % 33]}{GIVEN[k * 3 % 37]}{('科技', '制造', '商贸', '金融')[k % 4]}有限公司"
    return {
        "DWZZJGDM": credit_code(40_000 + k),
        "DWMC": called,
        "DWXZDM": NATURES[k % 4],
        "DWHYDM": industry,
        "DWHY": trade,
        "DWSZDDM": code,
        "DWSZD": place,
        "GZZWLBDM": position,
        "DWLXR": "周经理",
        "LXRDH": f"133{k:08d}",
        "DWDZ": f"{place}青年路{k + 1}号",
        "DWYB": "430070",
    }


def plan_row(n: int) -> dict[str, str]:
    """What the ministry has of that graduate."""
    code, at = destination(n), dict(employer(n % EMPLOYERS))
    row = {
        "KSH": examinee_no(n) if n not in NO_EXAMINEE else "",
        "SFZH": id_number(n),
        "XM": name(n),
        "XH": student_no(n),
        "BYQXDM": code,
        "BYQX": DESTINATIONS[code],
    }
    if code == "700":
        return row
    if code in ("801", "85"):
        return row | {
            "DWMC": "华中科技大学" if code == "801" else "新加坡国立大学",
            "DWSZDDM": PLACES[0][0],
            "DWSZD": PLACES[0][1],
        }
    if code == "76":
        return row | {"DWSZDDM": PLACES[0][0], "DWSZD": PLACES[0][1]}
    row |= at | {
        "DAZJDWMC": f"{at['DWMC']}人力资源部",
        "DAZJDWDZ": at["DWDZ"],
        "DAZJDWYB": "430070",
        "HKQZDZ": at["DWDZ"],
    }
    if n in WRONG_NATURE:
        row["DWXZDM"] = "10"
    if n in CITY_ONLY:
        row |= {"DWSZDDM": row["DWSZDDM"][:4] + "00", "DWSZD": row["DWSZD"][:6]}
    if n in NO_POSITION:
        row["GZZWLBDM"] = ""
    if n in BAD_CREDIT:
        row["DWZZJGDM"] = row["DWZZJGDM"][:-1] + ("0" if row["DWZZJGDM"][-1] != "0" else "1")
    return row


def plan_book(more: list[dict[str, str]]) -> bytes:
    """Official field codes as headers, every cell a text; `more` are lines of graduates with a signing."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "plan"
    page.append(PLAN_HEADS)
    for row in [*(plan_row(n) for n in range(MANY)), *more]:
        page.append([row.get(head) or None for head in PLAN_HEADS])
    return as_bytes(book)
