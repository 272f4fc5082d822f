"""The sheets of lists: an employer's send list, rows of the plan, tracking numbers."""

from __future__ import annotations

from datetime import date

from app.core import clock
from app.core.db import db
from app.people.students.models import Student
from app.plan.letters import letters
from app.plan.letters.models import ForwardingLetter
from app.plan.rows import reconciling
from app.plan.rows.models import PlanEntry
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
    NOT_WHOLE,
    SAME_AS,
    Table,
)

PEOPLE = ("classmate", "student", "neighbour")
NOBODY = (
    "按这四项没有找到可以签约的学生。请与学生逐项核对，错一个字也查不到；如果都正确，请学生询问学校。"
    "同一姓名一天内查错五次后，到次日之前都不再返回该姓名的结果。"
)


def _number(cast, n):
    return getattr(cast, PEOPLE[n]).id_number


def _renamed(name):
    """The student is called so."""

    def act(cast) -> None:
        cast.student.name = name
        db.session.commit()

    return act


def _committed(cast) -> None:
    cast.student.training_mode = "2"
    db.session.commit()


SEND_LIST = Table(
    sheet="send-list",
    user="employer",
    heads=["学校", "毕业届", "姓名", "身份证号或手机号"],
    good=lambda cast, n: {
        "学校": "青山大学",
        "毕业届": "2027",
        "姓名": getattr(cast, PEOPLE[n]).name,
        "身份证号或手机号": _number(cast, n),
    },
    cases={
        "no school": ({"学校": ""}, "school", MISSING),
        "an unknown school": ({"学校": "魔法大学"}, "school", NOT_LISTED.format("魔法大学")),
        "a school stored as a number that is none": ({"学校": 1}, "school", NOT_LISTED.format("1")),
        "another school": ({"学校": "碧水学院"}, "number", NOBODY),
        "no year": ({"毕业届": " "}, "year", MISSING),
        "a year in words": ({"毕业届": "二〇二七"}, "year", NOT_WHOLE),
        "a year stored as a date": ({"毕业届": date(2027, 7, 1)}, "year", NOT_WHOLE),
        "a year out of reach": ({"毕业届": "1927"}, "year", "应在 2000 与 2100 之间。"),
        "another year": ({"毕业届": "2026"}, "number", NOBODY),
        "no name": ({"姓名": ""}, "name", MISSING),
        "a name that is a number": ({"姓名": 12}, "name", NO_NAME),
        "a name that is too long": ({"姓名": "长" * 61}, "name", LONG.format(60)),
        "another name": ({"姓名": "黄河"}, "number", NOBODY),
        "no number": ({"身份证号或手机号": "\u200b"}, "number", MISSING),
        "an ID number stored as a number": ({"身份证号或手机号": 4.201e17}, "number", AS_NUMBER),
        "an ID number in scientific spelling": (
            {"身份证号或手机号": "4.2E+17"},
            "number",
            AS_NUMBER,
        ),
        "a number that is too long": ({"身份证号或手机号": "1" * 21}, "number", LONG.format(20)),
        "another student's number": (
            {"身份证号或手机号": lambda cast: cast.stranger.id_number},
            "number",
            NOBODY,
        ),
        "an error for a number": ({"身份证号或手机号": NA}, "number", ERROR),
        "a student who may not sign": ({}, "number", NOBODY, _committed),
        "a student of another row": (
            {"姓名": "李静", "身份证号或手机号": lambda cast: cast.classmate.phone},
            {3: [("number", SAME_AS.format("身份证号或手机号", 2))]},
        ),
    },
    mended={
        "full-width digits and blanks": (
            {
                "姓名": " 黄河水\u200b",
                "身份证号或手机号": lambda cast: " ".join(cast.student.phone),
            },
            {},
            {"name": 1, "number": 1},
        ),
        "a mobile stored as a number": (
            {"身份证号或手机号": lambda cast: int(cast.student.phone)},
            {},
            {},
        ),
        "a school by its code": ({"学校": "１０９９９"}, {}, {}),
    },
)

# -- the plan ---------------------------------------------------------------------------------------

UNKNOWN = "本校没有这个号码的学生。"


def _planned(cast) -> None:
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()


def _conflict(cast) -> None:
    """A signing met a row that staff had written."""
    from app.plan.rows.workflow import edit

    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    waiting = make.accept(make.invite(cast.employer, cast.student)[0])
    edit(entry.id, make.actor(cast.officer), {"destination_code": "76"})
    make.attest(waiting, cast.officer)


def _twin(cast) -> None:
    """Two students of the school with one examinee number."""
    for name in ("student", "neighbour"):
        getattr(cast, name).examinee_no = "23420101110001"
    db.session.commit()


PLAN = Table(
    sheet="plan",
    before=_planned,
    heads=[
        "学号",
        "姓名",
        "身份证号",
        "考生号",
        "院校代码",
        "毕业去向代码",
        "统一社会信用代码",
        "单位名称",
        "单位性质代码",
        "单位行业代码",
        "单位所在地代码",
        "工作职位类别代码",
        "联系人电话",
        "单位邮编",
        "单位地址",
    ],
    good=lambda cast, n: {
        "学号": getattr(cast, PEOPLE[n]).student_no,
        "毕业去向代码": "76",
        "姓名": getattr(cast, PEOPLE[n]).name,
    },
    cases={
        "a student number stored as a number": ({"学号": 4.2e17}, "student_no", AS_NUMBER),
        "no number at all": ({"学号": ""}, "student_no", "请填写学号、身份证号或考生号。"),
        "an unknown student number": ({"学号": "A9"}, "student_no", UNKNOWN),
        "a student of another school": ({"学号": "C1", "姓名": ""}, "student_no", UNKNOWN),
        "another student's name": ({"姓名": "李静"}, "name", "这个号码的学生姓名与此不符。"),
        "a name that is a number": ({"姓名": 7}, "name", NO_NAME),
        "another student's ID number": (
            {"身份证号": lambda cast: cast.stranger.id_number},
            "id_number",
            "这个学号的学生证件号码与此不符。",
        ),
        "an ID number stored as a number": ({"身份证号": 4.201e17}, "id_number", AS_NUMBER),
        "an ID number that is too long": ({"身份证号": "1" * 19}, "id_number", LONG.format(18)),
        "an ID number of nobody": (
            {"学号": "", "身份证号": "999999200401010001"},
            "id_number",
            UNKNOWN,
        ),
        "an examinee number of nobody": ({"学号": "", "考生号": "1"}, "examinee_no", UNKNOWN),
        "an examinee number of two": (
            {"学号": "", "姓名": "", "考生号": "23420101110001"},
            "examinee_no",
            "有多名学生使用这个号码，请补充学号。",
            _twin,
        ),
        "another school's code": ({"院校代码": "10998"}, "school_code", "这一行属于其他学校。"),
        "a school's code stored as a number": ({"院校代码": 10999}, "school_code", AS_NUMBER),
        "an unknown destination": (
            {"毕业去向代码": "没有的"},
            "destination_code",
            "“没有的”不是 2027 届的毕业去向。",
        ),
        "a destination of an older edition": (
            {"毕业去向代码": "50"},
            "destination_code",
            "“50”不是 2027 届的毕业去向。",
        ),
        "a destination stored as a date": (
            {"毕业去向代码": date(2027, 7, 1)},
            "destination_code",
            DATED,
        ),
        "a credit code stored as a number": ({"统一社会信用代码": 9e17}, "credit_code", AS_NUMBER),
        "a credit code that is too long": (
            {"统一社会信用代码": "9" * 19},
            "credit_code",
            LONG.format(18),
        ),
        "an unknown nature": ({"单位性质代码": "98"}, "employer_kind", NOT_LISTED.format("98")),
        "an unknown industry": ({"单位行业代码": "魔法"}, "industry", NOT_LISTED.format("魔法")),
        "an unknown region": ({"单位所在地代码": "洪山"}, "location", NOT_LISTED.format("洪山")),
        "an unknown kind of position": (
            {"工作职位类别代码": "0"},
            "position_kind",
            NOT_LISTED.format("0"),
        ),
        "a postcode stored as a number": ({"单位邮编": 430070}, "postcode", AS_NUMBER),
        "a postcode that is too long": ({"单位邮编": "4300700"}, "postcode", LONG.format(6)),
        "an error for an address": ({"单位地址": NA}, "address", ERROR),
        "a name that is too long": ({"单位名称": "名" * 121}, "employer_name", LONG.format(120)),
        "a student of another row": (
            {"学号": "", "姓名": "李静", "身份证号": lambda cast: cast.classmate.id_number},
            {3: [("student_no", SAME_AS.format("学号", 2))]},
        ),
        "a row that waits for a decision": (
            {"毕业去向代码": "12"},
            "student_no",
            "该条数据有待处理的变更，请先处理。",
            _conflict,
        ),
    },
    mended={
        "full-width digits and blanks": (
            {"学号": "Ａ１\u200b", "单位名称": " 星光　公司", "单位邮编": "４３００７０"},
            {"employer_name": "星光公司", "postcode": "430070"},
            {"student_no": 1, "employer_name": 1, "postcode": 1},
        ),
        "rare characters": ({"单位名称": "龘䶮㛃𬸘公司"}, {"employer_name": "龘䶮㛃𬸘公司"}, {}),
        "names for codes": (
            {"毕业去向代码": "自由职业", "单位所在地代码": "湖北省武汉市洪山区"},
            {"destination_code": "76", "location": "420111"},
            {},
        ),
        "a telephone stored as a number": (
            {"联系人电话": 13812345678},
            {"contact_phone": "13812345678"},
            {},
        ),
    },
)

# -- tracking numbers -------------------------------------------------------------------------------

NO_LETTER = "没有这个编号的档案转递单。"


def _numbered(cast) -> None:
    """Letters 2027-00001 to 2027-00003 of the three; another school's 2027-00004 and a void one."""
    _planned(cast)
    for name in PEOPLE:
        mine = db.session.query(PlanEntry).filter_by(student_id=getattr(cast, name).id).one()
        mine.archive_to = "人才中心"
        db.session.commit()
        letters.number_them(cast.school.id, {"year": 2027, "college": None})
    first = db.session.query(ForwardingLetter).first()
    for number, student, void in (
        ("2027-00004", cast.stranger, None),
        ("2027-00005", cast.student, clock.now()),
    ):
        db.session.add(_copy(first, student, number, void))
    db.session.commit()


def _copy(letter: ForwardingLetter, student: Student, number: str, void) -> ForwardingLetter:
    return ForwardingLetter(
        school_id=student.school_id,
        student_id=student.id,
        college_id=student.college_id,
        graduation_year=2027,
        number=number,
        archive_to=letter.archive_to,
        archive_address="",
        archive_postcode="",
        contact="",
        phone="",
        made_at=letter.made_at,
        void_at=void,
    )


def _tracked(number: str, of: str):
    """The letter was sent already, by that number."""

    def act(_cast) -> None:
        letter = db.session.query(ForwardingLetter).filter_by(number=of).one()
        letter.tracking_number = number
        db.session.commit()

    return act


COURIER = Table(
    sheet="courier",
    before=_numbered,
    heads=["转递单编号", "学生", "快递单号", "快递公司", "寄出日期"],
    good=lambda cast, n: {
        "转递单编号": f"2027-0000{n + 1}",
        "学生": getattr(cast, PEOPLE[n]).name,
        "快递单号": f"00{n}1234567890",
        "快递公司": "邮政特快专递",
        "寄出日期": "2027-07-01",
    },
    cases={
        "no letter number": ({"转递单编号": ""}, "number", MISSING),
        "a letter number stored as a date": ({"转递单编号": date(2027, 2, 1)}, "number", AS_NUMBER),
        "an unknown letter": ({"转递单编号": "2027-00009"}, "number", NO_LETTER),
        "another school's letter": ({"转递单编号": "2027-00004"}, "number", NO_LETTER),
        "a letter that is void": (
            {"转递单编号": "2027-00005"},
            "number",
            "该转递单因接收单位变更已作废，请使用该生新的转递单。",
        ),
        "a letter number that is too long": ({"转递单编号": "2" * 21}, "number", LONG.format(20)),
        "another student's name": ({"学生": "李静"}, "student", "这个号码的学生姓名与此不符。"),
        "a name that is a number": ({"学生": 7}, "student", NO_NAME),
        "no tracking number": ({"快递单号": "　"}, "tracking_number", MISSING),
        "a tracking number stored as a number": (
            {"快递单号": 1234567890123},
            "tracking_number",
            AS_NUMBER,
        ),
        "a tracking number that is too long": (
            {"快递单号": "1" * 41},
            "tracking_number",
            LONG.format(40),
        ),
        "an error for a tracking number": ({"快递单号": NA}, "tracking_number", ERROR),
        "a tracking number of another letter": (
            {"快递单号": "EMS77"},
            "tracking_number",
            "另一份转递单已使用该快递单号。",
            _tracked("EMS77", "2027-00005"),
        ),
        "a courier that is too long": ({"快递公司": "递" * 41}, "courier", LONG.format(40)),
        "a courier that is a date": ({"快递公司": date(2027, 7, 1)}, "courier", DATED),
        "a day that does not exist": ({"寄出日期": "2027-06-31"}, "sent_on", NO_DAY),
        "a day in the American order": ({"寄出日期": "07/01/2027"}, "sent_on", NO_DAY),
        "a letter of another row": (
            {"转递单编号": "2027－00001", "学生": "李静"},
            {3: [("number", SAME_AS.format("转递单编号", 2))]},
        ),
        "a tracking number of another row": (
            {"快递单号": "0001234567890"},
            {
                2: [("tracking_number", SAME_AS.format("快递单号", 3))],
                3: [("tracking_number", SAME_AS.format("快递单号", 2))],
            },
        ),
    },
    mended={
        "full-width digits and blanks": (
            {
                "转递单编号": "２０２７-00002",
                "学生": "黄河水\u200b",
                "快递单号": "ems 0077",
                "快递公司": "　顺丰",
            },
            {"number": "2027-00002", "tracking_number": "EMS0077", "courier": "顺丰"},
            {"number": 1, "student": 1, "tracking_number": 1, "courier": 1},
        ),
        "rare characters": ({"快递公司": "𬸘㛃䶮龘速递"}, {"courier": "𬸘㛃䶮龘速递"}, {}),
        **{
            f"a day spelled {n}": ({"寄出日期": spelled}, {"sent_on": "2027-07-01"}, {})
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
