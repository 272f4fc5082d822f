"""What a field of a kind can ask for, and which columns of the plan it fills."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l


class FieldType(StrEnum):
    """What a field of a kind asks for, and so how it is checked and shown."""

    TEXT = "text"
    LONG = "long"
    NAME = "name"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CODE = "code"
    REGION = "region"
    CREDIT_CODE = "credit_code"
    PHONE = "phone"
    POSTCODE = "postcode"


FIELD_TYPES = {
    FieldType.TEXT: _l("Line of text"),
    FieldType.LONG: _l("Longer text"),
    FieldType.NAME: _l("Name of a school or employer"),
    FieldType.NUMBER: _l("Whole number"),
    FieldType.MONEY: _l("Amount in yuan"),
    FieldType.DATE: _l("Day"),
    FieldType.CODE: _l("Choice from a code table"),
    FieldType.REGION: _l("Administrative region"),
    FieldType.CREDIT_CODE: _l("Credit code of an employer"),
    FieldType.PHONE: _l("Telephone"),
    FieldType.POSTCODE: _l("Postcode"),
}
TEXTS = (FieldType.TEXT, FieldType.LONG, FieldType.NAME)
NUMBERS = (FieldType.NUMBER, FieldType.MONEY)
PLAN = {  # column of the plan row → the types (and the code table) that may fill it, most characters
    "employer_name": (TEXTS, "", 120),
    "credit_code": ((FieldType.CREDIT_CODE,), "", 18),
    "employer_kind": ((FieldType.CODE,), "dwxz", 2),
    "industry": ((FieldType.CODE,), "dwhy", 2),
    "location": ((FieldType.REGION,), "", 6),
    "position_kind": ((FieldType.CODE,), "gzzwlb", 2),
    "contact_name": (TEXTS, "", 60),
    "contact_phone": ((FieldType.PHONE,), "", 20),
    "address": (TEXTS, "", 200),
    "postcode": ((FieldType.POSTCODE,), "", 6),
    "archive_to": (TEXTS, "", 120),
    "archive_address": (TEXTS, "", 200),
    "archive_postcode": ((FieldType.POSTCODE,), "", 6),
    "household_address": (TEXTS, "", 200),
    "destination_code": ((FieldType.CODE,), "byqx", 3),
}
