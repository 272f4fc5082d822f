"""The sheets of a school's people and parts: colleges, majors, employers, restrictions."""

from __future__ import annotations

from datetime import date

from app.core import clock
from app.people.employers.workflow import EMPLOYERS as RECORDS
from app.people.students.workflow import restrict
from tests import factories as make
from tests.files.imports.bad import (
    AS_NUMBER,
    DATED,
    ERROR,
    LONG,
    MISSING,
    NA,
    NO_DAY,
    NO_NAME,
    NOT_LISTED,
    SAME_AS,
    Table,
)

TAKEN = "本校已有同名的学院。"

COLLEGES = Table(
    sheet="colleges",
    heads=["学院代码", "学院名称"],
    good=lambda _cast, n: {"学院代码": f"1{n}", "学院名称": f"第{n}学院"},
    cases={
        "a code stored as a number": ({"学院代码": 5}, "code", AS_NUMBER),
        "a code stored as a date": ({"学院代码": date(2026, 7, 1)}, "code", AS_NUMBER),
        "a code that a formula made": ({"学院代码": ("formula", "=1+1", 2)}, "code", AS_NUMBER),
        "no code": ({"学院代码": "　"}, "code", MISSING),
        "a code that is too long": ({"学院代码": "0" * 21}, "code", LONG.format(20)),
        "an error for a code": ({"学院代码": NA}, "code", ERROR),
        "no name": ({"学院名称": "\u200b"}, "name", MISSING),
        "a name that is too long": ({"学院名称": "院" * 61}, "name", LONG.format(60)),
        "a name that is a date": ({"学院名称": date(2026, 7, 1)}, "name", DATED),
        "a code of another row": (
            {"学院代码": "１２"},
            {4: [("code", SAME_AS.format("学院代码", 3))]},
        ),
        "a name of another row": (
            {"学院名称": "第2学院"},
            {
                3: [("name", SAME_AS.format("学院名称", 4))],
                4: [("name", SAME_AS.format("学院名称", 3))],
            },
        ),
        "the name of another college of the school": (
            {"学院名称": "法学院"},
            "name",
            TAKEN,
        ),
    },
    mended={
        "full-width digits and blanks": (
            {"学院代码": " ０１\u200b", "学院名称": "\ufeff信息 学院　"},
            {"code": "01", "name": "信息 学院"},
            {"code": 1, "name": 1},
        ),
        "rare characters": ({"学院名称": "龘䶮㛃𬸘学院"}, {"name": "龘䶮㛃𬸘学院"}, {}),
        "the name of another school's college": (
            {"学院名称": "外国语学院"},
            {"name": "外国语学院"},
            {},
        ),
    },
)

MAJORS = Table(
    sheet="majors",
    heads=["学院", "专业代码", "专业名称"],
    good=lambda _cast, n: {"学院": "计算机学院", "专业代码": f"09{n:02d}", "专业名称": f"专业{n}"},
    cases={
        "a code stored as a number": ({"专业代码": 80901}, "code", AS_NUMBER),
        "a code in scientific spelling": ({"专业代码": 8.0901e15}, "code", AS_NUMBER),
        "no code": ({"专业代码": ""}, "code", MISSING),
        "a code that is too long": ({"专业代码": "0" * 11}, "code", LONG.format(10)),
        "no name": ({"专业名称": "　 "}, "name", MISSING),
        "a name that is too long": ({"专业名称": "专" * 61}, "name", LONG.format(60)),
        "an error for a name": ({"专业名称": NA}, "name", ERROR),
        "no college": ({"学院": ""}, "college", MISSING),
        "an unknown college": ({"学院": "魔法学院"}, "college", NOT_LISTED.format("魔法学院")),
        "a college of another school": (
            {"学院": "外国语学院"},
            "college",
            NOT_LISTED.format("外国语学院"),
        ),
        "a college's code whose zero was lost": ({"学院": 1}, "college", NOT_LISTED.format("1")),
        "a code of another row of the college": (
            {"专业代码": "0900"},
            {3: [("code", SAME_AS.format("专业代码", 2))]},
        ),
    },
    mended={
        "full-width digits and blanks": (
            {"学院": "０１", "专业代码": "０８\u200b０１", "专业名称": " 软件　工程"},
            {"code": "0801", "name": "软件 工程"},
            {"code": 1, "name": 1},
        ),
        "rare characters": ({"专业名称": "𬸘㛃䶮龘学"}, {"name": "𬸘㛃䶮龘学"}, {}),
        "a code that another college has, too": (
            {"学院": "法学院", "专业代码": "0900"},
            {"code": "0900"},
            {},
        ),
    },
)

ODD = make.credit_code(990_001)[:17] + "0"
if make.credit_code(990_001) == ODD:
    ODD = ODD[:17] + "1"
NO_CODE = "统一社会信用代码为 18 位字母和数字。"
ODD_MARK = "信用代码校验位不符，请与营业执照核对；如执照上确实如此，请注明已核对。"
NOT_YOURS = "该单位已有不同的信息，且不由本校维护。请在其详情页更正，或去掉此行。"


def _far_register(_cast) -> None:
    """An employer that another school has put on the register."""
    from app.people.employers.register import list_employer

    values = {"credit_code": make.credit_code(990_002), "name": "别校登记公司"}
    list_employer(values, make.actor(_cast.other_officer))


def _blocked(cast) -> None:
    RECORDS.perform("block", cast.employer.id, make.actor(cast.officer), reason="虚假岗位")


EMPLOYERS = Table(
    sheet="employers",
    heads=[
        "统一社会信用代码",
        "代码已核对",
        "单位名称",
        "单位性质",
        "单位行业",
        "单位所在地",
        "通讯地址",
        "邮编",
        "签约联系人",
        "邮箱",
    ],
    good=lambda _cast, n: {
        "统一社会信用代码": make.credit_code(990_010 + n),
        "单位名称": f"第{n}公司",
        "单位性质": "39",
        "单位行业": "34",
        "单位所在地": "420111",
        "邮编": "430070",
    },
    cases={
        "a code stored as a number": ({"统一社会信用代码": 914201e12}, "credit_code", AS_NUMBER),
        "no code": ({"统一社会信用代码": ""}, "credit_code", MISSING),
        "a code of 17 characters": ({"统一社会信用代码": ODD[:17]}, "credit_code", NO_CODE),
        "a code of 19 characters": (
            {"统一社会信用代码": ODD + "1"},
            "credit_code",
            LONG.format(18),
        ),
        "a code with a dash": (
            {"统一社会信用代码": ODD[:8] + "-" + ODD[9:]},
            "credit_code",
            NO_CODE,
        ),
        "a code whose mark does not fit": ({"统一社会信用代码": ODD}, "credit_code", ODD_MARK),
        "a mark that somebody has not compared": (
            {"统一社会信用代码": ODD, "代码已核对": "否"},
            "credit_code",
            ODD_MARK,
        ),
        "a comparison in other words": (
            {"代码已核对": "好像"},
            "compared",
            NOT_LISTED.format("好像"),
        ),
        "no name": ({"单位名称": ""}, "name", MISSING),
        "a name that is too long": ({"单位名称": "名" * 121}, "name", LONG.format(120)),
        "an unknown nature": ({"单位性质": "98"}, "kind", NOT_LISTED.format("98")),
        "an unknown industry": ({"单位行业": "魔法业"}, "industry", NOT_LISTED.format("魔法业")),
        "an unknown region": ({"单位所在地": "999999"}, "location", NOT_LISTED.format("999999")),
        "a postcode of five digits": ({"邮编": "43007"}, "postcode", "邮编为 6 位数字。"),
        "a postcode stored as a number": ({"邮编": 430070}, "postcode", AS_NUMBER),
        "an e-mail without a host": (
            {"邮箱": "hr@"},
            "email",
            "这不是邮箱地址：只能用英文字母、数字和符号，例如 name@example.com。",
        ),
        "a contact that is too long": ({"签约联系人": "人" * 61}, "contact_name", LONG.format(60)),
        "an error for an address": ({"通讯地址": NA}, "address", ERROR),
        "a code of another row": (
            {"统一社会信用代码": make.credit_code(990_010)},
            {3: [("credit_code", SAME_AS.format("统一社会信用代码", 2))]},
        ),
        "an employer that keeps its facts itself": (
            {"统一社会信用代码": lambda cast: cast.employer.credit_code},
            "credit_code",
            NOT_YOURS,
        ),
        "an employer of another school's register": (
            {"统一社会信用代码": make.credit_code(990_002)},
            "credit_code",
            NOT_YOURS,
            _far_register,
        ),
        "an employer that is blocked": (
            {"统一社会信用代码": lambda cast: cast.employer.credit_code},
            "credit_code",
            NOT_YOURS,
            _blocked,
        ),
    },
    mended={
        "full-width digits and blanks": (
            {
                "统一社会信用代码": "\u200b" + " ".join(make.credit_code(990_003)).lower(),
                "邮编": "４３００７０",
                "单位名称": "星光　公司 ",
            },
            {"credit_code": make.credit_code(990_003), "postcode": "430070", "name": "星光公司"},
            {"credit_code": 1, "postcode": 1, "name": 1},
        ),
        "rare characters": (
            {"单位名称": "龘䶮㛃𬸘公司", "签约联系人": "买买提·吾布力"},
            {"name": "龘䶮㛃𬸘公司", "contact_name": "买买提·吾布力"},
            {},
        ),
        "a mark that somebody has compared": (
            {"统一社会信用代码": ODD, "代码已核对": "是"},
            {"credit_code": ODD},
            {},
        ),
        "names for codes": (
            {"单位性质": "39 其他企业", "单位所在地": "湖北省武汉市洪山区"},
            {"kind": "39", "location": "420111"},
            {},
        ),
    },
)


def _restricted(cast) -> None:
    restrict(cast.student, make.actor(cast.officer), "旧", since=clock.today())


NO_SUCH = "本校没有该学号的学生。"
PEOPLE = ("classmate", "student", "neighbour")
RESTRICTIONS = Table(
    sheet="restrictions",
    heads=["学号", "姓名", "操作", "限制类型", "开始日期", "结束日期", "原因"],
    good=lambda cast, n: {
        "学号": getattr(cast, PEOPLE[n]).student_no,
        "操作": "限制",
        "原因": "学费未缴清",
        "姓名": getattr(cast, PEOPLE[n]).name,
    },
    cases={
        "a student number stored as a number": ({"学号": 4.2e17}, "student_no", AS_NUMBER),
        "no student number": ({"学号": ""}, "student_no", MISSING),
        "an unknown student number": ({"学号": "A9"}, "student_no", NO_SUCH),
        "a student of another school": (
            {"学号": "C1", "姓名": "买买提·吾布力"},
            "student_no",
            NO_SUCH,
        ),
        "another student's name": ({"姓名": "李静"}, "name", "姓名与该学号的学生不符。"),
        "a name that is a number": ({"姓名": 7}, "name", NO_NAME),
        "no act": ({"操作": ""}, "act", MISSING),
        "an unknown act": ({"操作": "删除"}, "act", NOT_LISTED.format("删除")),
        "an unknown kind": ({"限制类型": "全部都"}, "kind", NOT_LISTED.format("全部都")),
        "a release of one who is free": ({"操作": "解除"}, "act", "该生未被这样限制。"),
        "a restriction that is there": ({}, "act", "该生已被这样限制。", _restricted),
        "a day that does not exist": ({"开始日期": "2027-02-30"}, "since", NO_DAY),
        "a day in words": ({"结束日期": "年底"}, "until", NO_DAY),
        "an end before the beginning": (
            {"开始日期": "2027-05-01", "结束日期": "2027-04-01"},
            "until",
            "限制的结束日期早于开始日期。",
        ),
        "no reason": ({"原因": " "}, "reason", MISSING),
        "a reason that is too long": ({"原因": "因" * 201}, "reason", LONG.format(200)),
        "an error for a reason": ({"原因": NA}, "reason", ERROR),
        "a student of another row": (
            {"学号": "A2", "姓名": "李静"},
            {3: [("student_no", SAME_AS.format("学号", 2))]},
        ),
    },
    mended={
        "full-width digits and blanks": (
            {"学号": "Ａ１\u200b", "姓名": "\ufeff黄河水 ", "原因": "学费　未缴清"},
            {"student_no": "A1", "name": "黄河水", "reason": "学费 未缴清"},
            {"student_no": 1, "name": 1, "reason": 1},
        ),
        "rare characters": ({"原因": "欠𬸘㛃䶮龘"}, {"reason": "欠𬸘㛃䶮龘"}, {}),
        **{
            f"a day spelled {n}": (
                {"开始日期": spelled, "结束日期": "2027-08-01"},
                {"since": "2027-07-01"},
                {},
            )
            for n, spelled in enumerate(
                (
                    "2027-07-01",
                    "2027/7/1",
                    "2027.07",
                    "20270701",
                    "2027年7月1日",
                    date(2027, 7, 1),
                    46569,
                ),
                1,
            )
        },
    },
)
