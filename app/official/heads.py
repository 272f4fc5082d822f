"""The headers of official workbooks: by field code and by the names in use (PLN-09)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.bulk.heads import normal
from app.plan.models import OFFICIAL

NUMBERS = ("student_no", "id_number", "examinee_no")  # the better one first
NAMED = {"destination_code": ("BYQX", "毕业去向", "毕业去向类型", "毕业去向类别"),
         "employer_kind": ("DWXZ", "单位性质"),
         "industry": ("DWHY", "单位行业"), "location": ("DWSZD", "单位所在地"),
         "position_kind": ("GZZWLB", "工作职位类别")}  # fmt: skip
HEADS = {
    "destination_code": ("毕业去向代码", "毕业去向类别代码", "毕业去向类型代码"),
    "employer_name": ("单位名称",),
    "credit_code": ("统一社会信用代码", "单位统一社会信用代码", "单位组织机构代码",
                    "单位组织机构代码（统一社会信用代码）", "组织机构代码"),
    "employer_kind": ("单位性质代码",), "industry": ("单位行业代码",), "location": ("单位所在地代码",),
    "position_kind": ("工作职位类别代码",), "contact_name": ("单位联系人", "联系人"),
    "contact_phone": ("联系人电话", "联系电话"), "address": ("单位地址",), "postcode": ("单位邮编",),
    "archive_to": ("档案转寄单位名称", "档案转递单位名称"),
    "archive_address": ("档案转寄单位地址", "档案转递地址"),
    "archive_postcode": ("档案转寄单位邮编", "档案转递邮编"), "household_address": ("户口迁转地址",),
    "mobile": ("LXRSJ", "联系人手机"),
}  # fmt: skip
PERSON = {
    "student_no": ("XH", "学号"), "id_kind": ("SFZJLX", "ZJLX", "证件类型", "证件种类", "身份证件类型"),
    "id_number": ("SFZH", "SFZJH", "身份证号", "身份证号码", "证件号码", "证件号", "身份证件号"),
    "examinee_no": ("KSH", "考生号"), "name": ("XM", "姓名", "学生姓名"), "sex": ("XBDM", "性别代码"),
    "sex:name": ("XB", "性别"), "nation": ("MZDM", "民族代码"), "nation:name": ("MZ", "民族"),
    "school_code": ("YXDM", "院校代码", "学校代码"), "school": ("YXMC", "院校名称", "学校名称"),
    "education": ("XLDM", "学历代码"), "education:name": ("XL", "学历", "学历层次"),
    "major_code": ("ZYDM", "专业代码"), "major": ("ZY", "专业", "专业名称"),
    "training_mode": ("PYFSDM", "培养方式代码"), "training_mode:name": ("PYFS", "培养方式"),
    "origin": ("SYSZDDM", "生源所在地代码"), "origin:name": ("SYSZD", "生源所在地"),
    "college": ("SZYX", "所在院系", "院系", "学院"), "class_name": ("SZBJ", "所在班级", "班级"),
    "year": ("BYNF", "毕业年份", "毕业届"),
}  # fmt: skip


def _names() -> dict[str, str]:
    """Header → field."""
    known = {
        **{name: (OFFICIAL.get(name, ""), *heads) for name, heads in HEADS.items()},
        **{f"{name}:name": heads for name, heads in NAMED.items()},
        **PERSON,
    }
    return {normal(head): name for name, heads in known.items() for head in heads if head}


def known_heads(of: Collection[str] = ()) -> list[str]:
    """Every header that means something here, or those of some fields."""
    return sorted(head for head, name in _names().items() if not of or name in of)


def places(heads: Sequence[str]) -> dict[int, str]:
    """Cell → field; of a field that stands twice the first."""
    names = _names()
    found: dict[int, str] = {}
    for n, head in enumerate(heads):
        name = names.get(normal(head))
        if name and name not in found.values():
            found[n] = name
    return found
