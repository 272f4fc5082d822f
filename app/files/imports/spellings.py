"""How people and official files spell the headers of a table: one list for imports and official workbooks.

Keys are the names of our fields; «field:name» is the column that has a code's name instead of the code.
Source: the official layout (`codes/tables/plan_columns.csv`), the editions of its workbooks, our own exports.
"""

from __future__ import annotations

# what a plan row says of the destination
DESTINATION = {
    "destination_code": ("BYQXDM", "毕业去向代码", "毕业去向类别代码", "毕业去向类型代码"),
    "destination_code:name": ("BYQX", "毕业去向", "毕业去向类型", "毕业去向类别"),
    "employer_name": ("DWMC", "单位名称"),
    "credit_code": (
        "DWZZJGDM",
        "统一社会信用代码",
        "单位统一社会信用代码",
        "单位组织机构代码",
        "单位组织机构代码（统一社会信用代码）",
        "组织机构代码",
    ),
    "employer_kind": ("DWXZDM", "单位性质代码"),
    "employer_kind:name": ("DWXZ", "单位性质"),
    "industry": ("DWHYDM", "单位行业代码"),
    "industry:name": ("DWHY", "单位行业"),
    "location": ("DWSZDDM", "单位所在地代码"),
    "location:name": ("DWSZD", "单位所在地"),
    "position_kind": ("GZZWLBDM", "工作职位类别代码"),
    "position_kind:name": ("GZZWLB", "工作职位类别"),
    "contact_name": ("DWLXR", "单位联系人", "联系人"),
    "contact_phone": ("LXRDH", "联系人电话", "联系电话"),
    "address": ("DWDZ", "单位地址"),
    "postcode": ("DWYB", "单位邮编"),
    "archive_to": ("DAZJDWMC", "档案转寄单位名称", "档案转递单位名称"),
    "archive_address": ("DAZJDWDZ", "档案转寄单位地址", "档案转递地址"),
    "archive_postcode": ("DAZJDWYB", "档案转寄单位邮编", "档案转递邮编"),
    "household_address": ("HKQZDZ", "户口迁转地址"),
    "mobile": ("LXRSJ", "联系人手机"),
}
# who it is
PERSON = {
    "student_no": ("XH", "学号"),
    "id_kind": ("SFZJLX", "ZJLX", "证件类型", "证件种类", "身份证件类型"),
    "id_number": ("SFZH", "SFZJH", "身份证号", "身份证号码", "证件号码", "证件号", "身份证件号"),
    "examinee_no": ("KSH", "考生号"),
    "name": ("XM", "姓名", "学生姓名"),
    "sex": ("XBDM", "性别代码"),
    "sex:name": ("XB", "性别"),
    "nation": ("MZDM", "民族代码"),
    "nation:name": ("MZ", "民族"),
    "school_code": ("YXDM", "院校代码", "学校代码"),
    "school": ("YXMC", "院校名称", "学校名称"),
    "education": ("XLDM", "学历代码"),
    "education:name": ("XL", "学历", "学历层次"),
    "major_code": ("ZYDM", "专业代码"),
    "major": ("ZY", "专业", "专业名称"),
    "training_mode": ("PYFSDM", "培养方式代码"),
    "training_mode:name": ("PYFS", "培养方式"),
    "origin": ("SYSZDDM", "生源所在地代码"),
    "origin:name": ("SYSZD", "生源所在地"),
    "college": ("SZYX", "所在院系", "院系", "学院"),
    "class_name": ("SZBJ", "所在班级", "班级"),
    "year": ("BYNF", "毕业年份", "毕业届"),
}
# further ones that only people use, or our own exports; never those of official workbooks
PEOPLE = {
    "student_no": ("学生学号", "学籍号", "学生编号", "student id", "student no", "student no."),
    "name": ("名字", "学生名字", "full name"),
    "id_number": (
        "身份证",
        "身份证号码（18位）",
        "公民身份证号",
        "identity number",
        "id no",
        "id no.",
    ),
    "college": (
        "院系名称",
        "学院名称",
        "二级学院",
        "所属学院",
        "所在学院",
        "所属院系",
        "培养单位",
        "系部",
        "系别",
        "院（系）",
        "department",
        "faculty",
        "school or department",
    ),
    "major": ("专业名称", "所学专业", "专业（全称）", "programme", "program"),
    "class_name": ("所在班级", "行政班", "行政班级", "班级名称"),
    "graduation_year": (
        "毕业年度",
        "毕业年份",
        "毕业届别",
        "届",
        "届次",
        "年届",
        "毕业年",
        "毕业年级",
        "year",
    ),
    "year": ("毕业年度", "毕业届别", "届", "届次", "毕业年"),
    "education": ("培养层次", "层次", "学历（层次）", "学生类别", "degree level"),
    "sex": ("gender",),
    "nation": ("ethnic group", "ethnicity"),
    "phone": (
        "联系方式",
        "电话",
        "移动电话",
        "本人手机",
        "本人电话",
        "手机号码",
        "联系手机",
        "mobile",
        "mobile phone",
        "telephone",
    ),
    "email": ("email", "e-mail", "mail", "邮箱号", "电子邮箱地址"),
    "origin": ("生源地", "生源地区", "生源所在地区", "高考所在地", "户籍所在地（高考）"),
    "examinee_no": ("考号", "高考考号", "考生编号"),
    "training_mode": ("培养类型", "培养类别"),
    "credit_code": ("信用代码", "社会信用代码", "机构代码", "纳税人识别号"),
    "employer_name": ("企业名称", "公司名称", "用人单位", "用人单位名称", "签约单位"),
    "destination_code": ("去向", "去向类型", "就业去向"),
}


def official() -> dict[str, tuple[str, ...]]:
    """Field, or «field:name» → the headers of official files."""
    return {**DESTINATION, **PERSON}


def of_field(name: str) -> tuple[str, ...]:
    """Every further header of one of our fields, codes and names alike."""
    whole = official()
    own = (*whole.get(name, ()), *whole.get(f"{name}:name", ()), *PEOPLE.get(name, ()))
    return (*own, *PERSON["year"]) if name == "graduation_year" else own
