"""A place in a list as a sealed text for the address: it cannot be made up or changed by hand."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from app.fab.bad_request import Odd
from app.fab.interface import Order, Place

_READERS: dict[str, Any] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "m": Decimal,
    "u": uuid.UUID,
}


def seal(view: str, order: Order, place: Place) -> str:
    """The place as a text that only this list in this order takes back."""
    content = [order.column, order.ascending, _plain(place.value), _plain(place.key)]
    return str(_serializer(view, current_app.secret_key or "").dumps(content))


def unseal(view: str, order: Order, text: str, kind: object) -> Place:
    """The place again; raises Odd when it was changed or belongs to another list or order.

    `kind` is the order column's type: it turns the stored name of an enumeration into its member.
    """
    try:
        column, ascending, value, key = _serializer(view, current_app.secret_key or "").loads(text)
        if (column, ascending) != (order.column, order.ascending):
            raise BadData("another order")
        return Place(_value(value, kind), _value(key, None))
    except (BadData, ValueError, TypeError, KeyError) as error:
        raise Odd(_("This page of the list no longer exists. Open the list anew.")) from error


@lru_cache(maxsize=200)
def _serializer(view: str, secret: str | bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"fab.cursor.{view}")


def _plain(value: object) -> object:
    """JSON knows text, numbers, truth and nothing; the rest is marked with its kind."""
    if isinstance(value, enum.Enum):
        return ["e", value.name]
    for mark, kind in (("t", datetime), ("d", date), ("m", Decimal), ("u", uuid.UUID)):
        if isinstance(value, kind):
            return [mark, str(value)]
    return value


def _value(stored: Any, kind: Any) -> Any:
    if not isinstance(stored, list):
        return stored
    mark, text = stored
    return kind.enum_class[text] if mark == "e" else _READERS[mark](text)
