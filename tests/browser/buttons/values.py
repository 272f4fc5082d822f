"""What a person would write into a field, by its type and name; and small files that are what they say."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import cache

import openpyxl
from PIL import Image

from app.core import clock
from tests.factories import credit_code, id_number

PASSWORD, NEW_PASSWORD = "Demo-2026!", "春眠不觉晓处处闻啼鸟"
BY_NAME = (  # the first piece found in the name, or in the label, decides
    (("email", "mail", "邮箱"), "zhang.san@example.com"),
    (("id_number", "身份证"), id_number(77)),
    (("credit_code", "uscc", "信用代码"), credit_code(4711)),
    (("postcode", "邮编"), "430070"),
    (("phone", "mobile", "tel", "手机", "电话"), "13900001234"),
    (("again", "new_password"), NEW_PASSWORD),
    (("password",), PASSWORD),
    (("who",), "student1"),
    (("address", "地址"), "武汉市洪山区珞喻路1号"),
    (("region", "location", "place", "地区", "所在地"), "武汉市"),
    (("student_no", "学号"), "2027000777"),
    (("examinee_no", "考生号"), "27420101150777"),
    (("number", "编号", "单号"), "20270001"),
    (("employer", "单位"), "星光集团有限公司"),
    (("pay", "salary", "薪"), "6000"),
    (("days", "hours", "天"), "3"),
    (("year", "年"), "2027"),
    (("name", "姓名", "联系人"), "王小明"),
    (("q",), "张"),
)
PROSE = "因工作安排需要，特此说明。"


def value_for(kind: str, name: str, label: str, low: str, high: str) -> str:
    """A value of a field: its type, name and label as the page has them, and its limits where it has some."""
    days = clock_days()
    fixed = {
        "date": days[0] if "since" in name or "from" in name or "start" in name else days[1],
        "datetime-local": f"{days[1]}T10:00",
        "time": "10:00",
        "month": days[1][:7],
        "url": "https://example.com/",
        "color": "#1456b8",
        "textarea": PROSE,
    }
    if kind == "date" and high and high < days[1]:
        return high
    if kind in fixed:
        return fixed[kind]
    if kind == "number":
        return low or (high if high and float(high) < 3 else "3")
    text = f"{name} {label}".lower()
    return next((value for words, value in BY_NAME if any(w in text for w in words)), "测试")


@cache
def clock_days() -> tuple[str, str]:
    """Today and a month later, as date fields take them."""
    from datetime import datetime

    today = datetime.now(clock.SHANGHAI).date()
    return today.isoformat(), (today + timedelta(days=30)).isoformat()


@cache
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (600, 400), (200, 210, 220)).save(out, "JPEG")
    return out.getvalue()


@cache
def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "名单"  # a page that names the sheet is Chinese throughout
    for row in (("学号", "姓名", "手机"), ("2027000777", "王小明", "13900001234")):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def file_for(name: str, accept: str) -> dict[str, object]:
    """A file the field takes."""
    if "xls" in accept or "csv" in accept:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return {"name": "名单.xlsx", "mimeType": kind, "buffer": workbook()}
    return {"name": "扫描件.jpg", "mimeType": "image/jpeg", "buffer": picture()}
