"""The Chinese of a word: one label for one thing, glossary words as the glossary has them."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from babel.messages.extract import extract_from_dir

from app.messages import KEYWORDS, ROOT, catalogue

# Beside the glossary's words, what means the same wherever it stands; all else that two packages share needs
# a context (pgettext).
SAME = {
    # people and places: the glossary's words in the plural, the facts of a person or an employer
    "Account",
    "Accounts",
    "Colleges",
    "Contact",
    "E-mail",
    "Employers",
    "Industry",
    "Location",
    "Majors",
    "Name",
    "Nationality",
    "Nature",
    "Password",
    "Phone",
    "Postcode",
    "Region",
    "Regions",
    "Role",
    "Schools",
    "Sex",
    "Students",
    "Studies",
    # our records; `Kind` is that of a signing
    "Agreement",
    "Destination",
    "Disowned",
    "Evidence",
    "Finding",
    "Invitations",
    "Kind",
    "Rates",
    "Reports",
    "Restriction",
    "Restrictions",
    "Signing",
    "Signings",
    "Snapshot",
    "Terminated",
    "Terminations",
    # buttons, and what they do
    "Act",
    "Actions",
    "Back",
    "Cancel",
    "Change",
    "Confirm",
    "Continue",
    "Copy",
    "Delete",
    "Download",
    "Edit",
    "Enter",
    "Home",
    "Invite",
    "More",
    "Preview",
    "Save",
    "Search",
    "Show",
    "Sign",
    "Upload",
    "Withdraw",
    # heads of tables; `Address` is where somebody lives, `Code` that of a table, `Read` when it was
    "About",
    "Address",
    "After",
    "Before",
    "Changes",
    "Channel",
    "Code",
    "Column",
    "Count",
    "Day",
    "Deliveries",
    "Device",
    "Differences",
    "Field",
    "File",
    "From",
    "Latest",
    "List",
    "Made",
    "Messages",
    "Note",
    "Notices",
    "Ours",
    "Problem",
    "Progress",
    "Purpose",
    "Read",
    "Required",
    "Row",
    "Rows",
    "Setting",
    "Settings",
    "Sheet",
    "Source",
    "State",
    "Subject",
    "Text",
    "Total",
    "Until",
    "When",
    # what became of it; yes and no
    "All",
    "Approved.",
    "Changed",
    "Confirmed",
    "Decided",
    "Faulty",
    "No",
    "Unchanged",
    "Yes",
    "no",
    "sent",
    "whole",
    "yes",
    # who, which way, how long
    "Qingqian",
    "System",
    "days",
    "mail",
    "phone",
}

# English of the glossary → its Chinese (style: one English word for one Chinese word)
GLOSSARY = {
    "Employer": "单位",
    "Student": "学生",
    "School": "学校",
    "College": "学院",
    "Major": "专业",
    "Class": "班级",
    "Level of education": "学历",
    "Graduation year": "毕业届",
    "Send list": "签约发送列表",
    "Invitation": "邀约",
    "Invitation letter": "邀请函",
    "Online signing": "线上签约",
    "Offline signing": "线下签约",
    "Accept": "同意",
    "Decline": "拒绝",
    "Cooling-off period": "冷静期",
    "Refuse": "不通过",
    "Awaiting attestation": "等待签约鉴证",
    "Reason": "原因",
    "Agreement number": "协议书编号",
    "In force": "已生效",
    "Not in force": "未生效",
    "Notice before signing": "签约须知",
    "Agree to terminate": "同意解约",
    "Leave for now": "暂不处理",
    "Termination letter": "解约函",
    "Forced termination": "强制解除",
    "Breach penalty": "违约金",
    "Enter an agreement": "录入协议书",
    "Other destination": "其他去向",
    "Further study": "升学",
    "Flexible employment": "灵活就业",
    "Freelance": "自由职业",
    "Own business": "自主创业",
    "Seeking work": "待就业",
    "Employment plan": "就业方案",
    "Employment registration": "就业信息登记",
    "Place of origin": "生源地",
    "Training mode": "培养方式",
    "Probation period": "试用期",
    "Pay on probation": "试用起薪",
    "Pay after probation": "转正起薪",
    "Position": "拟聘用职位",
    "Kind of position": "职位类别",
    "Unified social credit code": "统一社会信用代码",
    "Signing contact": "签约联系人",
    "Telephone": "联系电话",
    "Student number": "学号",
    "Examinee number": "考生号",
    "Restrict": "限制签约",
    "To do": "待办",
    "Import": "导入",
    "Export": "导出",
    "Provincial centre": "省中心",
    "Placement": "去向",
    "Attested": "签约鉴证通过",
    "History": "处理记录",
}
# what a word of the glossary must not be called: false friends and older names
NEVER = {"Attest": "审核", "Attestation": "审核", "Awaiting attestation": "审核"}


WORD = re.compile(r"[A-Za-z][A-Za-z-]*[.…]?")


def shared() -> dict[str, set[str]]:
    """One-word ids without context → the top packages that have them, where these are several."""
    found = defaultdict(set)
    for folder, ways in (("app", [("**.py", "python")]), ("templates", [("**.html", "jinja2")])):
        options = {"**.html": {"silent": "false", "encoding": "utf-8"}}
        for name, _line, ids, _comments, context in extract_from_dir(
            ROOT / folder, ways, options, keywords=KEYWORDS
        ):
            first = ids if isinstance(ids, str) else ids[0]
            if context is None and WORD.fullmatch(first):
                found[first].add(name.split("/")[0].removesuffix(".py").removesuffix(".html"))
    return {word: places for word, places in found.items() if len(places) > 1}


def chinese(word: str) -> set[str]:
    """The Chinese of an id without context, however it is capitalised."""
    return {
        str(m.string)
        for m in catalogue()
        if isinstance(m.id, str) and m.id.casefold() == word.casefold() and not m.context
    }


def test_a_word_that_two_packages_share_has_a_context_unless_it_means_the_same():
    places, known = shared(), SAME | set(GLOSSARY)
    assert len(places) > 50  # they are found at all
    assert not {word: sorted(where) for word, where in places.items() if word not in known}


def test_every_word_that_is_allowed_still_stands_somewhere():
    ids = {m.id for m in catalogue() if not m.context}
    assert not SAME - ids


@pytest.mark.parametrize("word", sorted(GLOSSARY))
def test_a_word_of_the_glossary_is_called_as_there(word):
    assert chinese(word) <= {GLOSSARY[word]}, word


def test_the_glossary_is_of_words_that_stand_in_the_interface():
    assert not [word for word in GLOSSARY if not chinese(word)]


def test_no_word_is_called_by_its_older_name():
    assert not [word for word, banned in NEVER.items() if any(banned in t for t in chinese(word))]


@pytest.mark.parametrize(
    ("word", "contexts"),
    [
        ("Review", {"signing", "record"}),
        ("Answer", {"of the server", "of the office"}),
        ("Address", {"network", "message", None}),
        ("Read", {"how far a message came", None}),
        ("Sheet", {"worksheet", None}),
        ("Code", {"of an error", None}),
    ],
)
def test_one_word_for_two_things_has_two_names(word, contexts):
    said = {m.context: m.string for m in catalogue() if m.id == word}
    assert contexts <= set(said)
    assert len({said[context] for context in contexts}) == len(contexts)


def test_what_is_shown_for_a_read_message_is_a_state_and_no_head_of_a_column(app, session):
    from app.notices.fates import FATES, Fate

    with app.test_request_context():
        assert str(FATES[Fate.READ]) == "已读"
        assert not [str(text) for text in FATES.values() if re.search("时间", str(text))]
