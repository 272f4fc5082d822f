"""One agreement with awkward names, its PDF, and ways to read a PDF back."""

import copy
import io
import os
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest

from app.documents import render

CODE = "7K3MQ8ZTX2VA"
AGREEMENT = {
    "number": "1202642010400123",
    "kind_label": "线上签约",
    "signed_on": "2026年5月18日",
    "school": {"name": "江城理工大学", "code": "420104"},
    "student": {
        "name": "买买提·吾布力卡斯木",
        "student_no": "2022010900123",
        "id_number": "110101*****0839",
        "college": "计算机科学与技术学院",
        "major": "计算机科学与技术（人工智能方向）",
        "class_name": "计科2204班",
        "education": "本科生毕业",
        "graduation_year": 2026,
        "phone": "13345675660",
        "email": "maimaiti@example.edu.cn",
        "address": "湖北省武汉市洪山区珞喻路1037号学生公寓东区12栋506室",
    },
    "employer": {
        "name": "武汉星光𬸘䶮智能制造股份有限公司",
        "credit_code": "91420100MA4KX0123X",
        "kind": "其他企业",
        "industry": "软件和信息技术服务业",
        "location": "湖北省武汉市洪山区",
        "address": "湖北省武汉市洪山区街道口珞狮路165号1708室",
        "postcode": "430070",
        "contact_name": "张㛃",
        "contact_phone": "027-87654321",
        "email": "hr@starlight.example.com",
    },
    "terms": {
        "position_kind": "工程技术人员",
        "position": "前端开发工程师",
        "probation_days": 60,
        "probation_pay": 6500,
        "regular_pay": 8000,
        "breach_penalty": 3000,
        "report_place": "湖北省武汉市洪山区",
        "report_by": "2026年7月10日",
        "workplace": "武汉市洪山区珞狮路165号",
        "contact_name": "张㛃",
        "contact_phone": "027-87654321",
        "reply_days": "5",
    },
    "archive": {
        "receiver": "签约单位接收",
        "to": "武汉市人才服务中心",
        "address": "湖北省武汉市江汉区新华路25号",
        "postcode": "430015",
        "contact": "黄先生",
        "phone": "13554445454",
    },
    "household": {"kind": "单位接收", "address": "武汉市洪山区珞南街派出所"},
    "clauses": [],
    "trace": [
        {"who": "用人单位", "at": "2026-05-18 09:02", "what": "发出邀约", "note": ""},
        {"who": "学生本人", "at": "2026-05-18 14:06", "what": "同意签约", "note": None},
        {"who": "王老师", "at": "2026-05-19 16:40", "what": "学校鉴证通过", "note": "材料齐全"},
    ],
    "code": CODE,
    "verify_url": f"https://sign.example.edu.cn/v/{CODE}",
    "data_sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    "printed_at": "2026-05-19 16:41",
}


@pytest.fixture
def agreement():
    """The data of an agreement, to be changed at will."""
    return copy.deepcopy(AGREEMENT)


@pytest.fixture(scope="session")
def sample_pdf():
    return render.render("agreement", AGREEMENT)


@pytest.fixture(scope="session")
def sample_text(sample_pdf):
    return text_of(sample_pdf)


def pages_of(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf)).pages


def text_of(pdf):
    """All text in one line without blanks: where a line breaks does not matter."""
    return "".join("".join(page.extract_text() for page in pages_of(pdf)).split())


def word_boxes(pdf: bytes, folder: Path) -> list[str]:
    """The lines of ``pdftotext -bbox``; skips where poppler is not installed."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("poppler is not installed")
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(
        [program, "-bbox", str(path), "-"], capture_output=True, check=True, env=os.environ
    )
    return done.stdout.decode().splitlines()
