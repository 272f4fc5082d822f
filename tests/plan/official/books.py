"""An official workbook as the ministry gives it out: note, headers in row 2, lists on sheets of their own."""

import io

import openpyxl
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

HEADS = [
    "考生号",
    "身份证号",
    "姓名",
    "学号",
    "毕业去向",
    "单位统一社会信用代码",
    "单位名称",
    "单位性质",
    "单位行业代码",
    "单位所在地",
    "工作职位类别",
    "单位邮编",
    "联系人电话",
    "合计",
    "备注",
]
CODES = [
    ("10", "签就业协议形式就业", "39", "其他企业", "11", "公务员"),
    ("12", "其他录用形式就业", "31", "国有企业", "13", "工程技术人员"),
    ("76", "自由职业", "32", "外商投资企业", "24", "教学人员"),
]
REGIONS = [("420000", "湖北省"), ("420100", "湖北省/武汉市"), ("420111", "湖北省/武汉市/洪山区")]


def workbook(people, *, heads=HEADS, both=False, ready=0, offers=True):
    """The .xlsx; `people` are dicts by header, `ready` formatted rows below them wait to be filled."""
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active["A1"] = "请勿修改本表结构"
    page = book.create_sheet("就业方案")
    page["A1"] = "注：请按代码表填写，日期为文本。"
    page["A1"].font = Font(bold=True, color="FFFF0000")
    page.merge_cells("A1:F1")
    for n, head in enumerate(heads, 1):
        page.cell(2, n, head).fill = PatternFill("solid", fgColor="FFDDEEFF")
    for row in range(3, 3 + len(people) + ready):
        for n, head in enumerate(heads, 1):
            cell = page.cell(row, n)
            cell.number_format = "@"
            if row - 3 < len(people) and head in people[row - 3]:
                cell.value = people[row - 3][head]
        if row - 3 < len(people):
            page.cell(row, heads.index("合计") + 1).value = f'=IF(G{row}="",0,1)'
    lists = book.create_sheet("代码表")
    lists.append(["毕业去向代码", "毕业去向", "单位性质代码", "单位性质", "职位代码", "职位"])
    for row in CODES:
        lists.append(row)
    if both:
        lists["I1"] = "毕业去向"
        for n, row in enumerate(CODES, 2):
            lists.cell(n, 9).value = f"{row[0]} {row[1]}"
    areas = book.create_sheet("地区")
    for row in REGIONS:
        areas.append(row)
    column = "I" if both else "B"
    for where, source in (
        ("E", f"代码表!${column}$2:${column}$4"),
        ("H", "代码表!$D$2:$D$4"),
        ("J", "地区!$B$1:$B$3"),
        ("K", '"公务员,工程技术人员,教学人员"'),
    ):
        if not offers:
            break
        rule = DataValidation(type="list", formula1=source)
        rule.add(f"{where}3:{where}2000")
        page.add_data_validation(rule)
    page.conditional_formatting.add("G3:G99", CellIsRule(operator="equal", formula=['""']))
    page.freeze_panes = "A3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def cells(data, row):
    """Header → value of a row of the data sheet."""
    page = opened(data)["就业方案"]
    return {page.cell(2, n).value: page.cell(row, n).value for n in range(1, page.max_column + 1)}
