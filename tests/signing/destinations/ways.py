"""What the tests of destinations share: drafts filled in, files as a phone sends them."""

from __future__ import annotations

import io
import re
from html import unescape

from PIL import Image

from app.core.db import db
from app.files.documents.models import Attachment
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.destinations.queries import draft_of
from app.signing.destinations.workflow import begin, save, submit
from tests.factories import actor, someone, uploaded

STUDY = {
    "school": "华中科技大学",
    "place": "420111",
    "major": "计算机科学与技术",
    "degree": "11",
    "begins": "2027-09-01",
    "archive_to": "华中科技大学档案馆",
    "archive_postcode": "430074",
}
CONTRACT = {
    "employer": "江城软件有限公司",
    "credit_code": "91110000600037341L",
    "nature": "39",
    "industry": "34",
    "place": "420111",
    "position_kind": "13",
    "contact": "张先生",
    "phone": "02787654321",
    "since": "2027-07-01",
    "pay": "6,500",
}


def picture(name: str = "photo.jpg", size: tuple[int, int] = (60, 40)):
    """A photo as a form sends it."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "JPEG")
    out.seek(0)
    return out, name


def attach_proof(draft: Destination, key: str, name: str = "录取通知书.jpg") -> Attachment:
    """A proof of the draft, without decoding anything."""
    file = uploaded(name)
    found = Attachment(
        record_kind="destination",
        record_id=draft.id,
        owner_user_id=someone(),
        size=1,
        mime=file.mime,
        original_name=name,
        sha256=file.sha256,
        school_id=draft.student.school_id,
        file_key=f"ab/{draft.id:032x}.jpg",
    )
    db.session.add(found)
    db.session.flush()
    db.session.add(DestinationFile(destination_id=draft.id, attachment_id=found.id, proof=key))
    db.session.commit()
    db.session.refresh(draft)
    return found


def filled(student, kind: str = "SX_YJS", proof: str = "admission", **values) -> Destination:
    """A draft with everything that its kind asks for."""
    who = actor(student)
    draft = begin(who, kind)
    known = {"SX_YJS": STUDY, "LDHT": CONTRACT}.get(kind, {})
    draft = save(who, draft.id, draft.version, known | values)
    if proof:
        attach_proof(draft, proof)
    return draft_of(student.id)


def registered(student, kind: str = "SX_YJS", proof: str = "admission", **values):
    """A destination, submitted through the real functions."""
    draft = filled(student, kind, proof, **values)
    return submit(actor(student), draft.id, draft.version)


def unsettled(student, kind: str = "NSX"):
    """A registration that settles nothing."""
    return registered(student, kind, "", stage="700")


def text(answer) -> str:
    """The page as a person reads it."""
    body = unescape(answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def hidden(answer) -> dict[str, str]:
    """The hidden fields of the page's form: draft and version."""
    body = answer.get_data(as_text=True)
    return dict(re.findall(r'<input type="hidden" name="(draft|version)" value="(\d+)">', body))
