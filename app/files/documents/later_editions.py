"""The full edition of documents that were issued before there was one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.errors import Refused
from app.files.documents.full_editions import keep_full, read_full
from app.files.documents.issued import kept
from app.files.documents.models import Document

NO_FULL = _l(
    "This document was issued before there were full editions, and the record has changed since: "
    "only the edition as it was issued can be had."
)


@dataclass(frozen=True)
class Later:
    """The full edition of documents of one kind that were issued before there was one (DOC-08).

    `data` gives all that is printed of a record as of a moment, `whole` the same with whole numbers, `ask`
    has the worker call `make` with the record of that id.
    """

    kind: str
    record_kind: str
    data: Callable[[Any, str, datetime], dict[str, Any]]
    whole: Callable[[Any, dict[str, Any]], dict[str, Any]]
    ask: Callable[[int], object]

    def read(self, record: Any) -> bytes | None:
        """The full edition of the document of record; None while the worker makes it. Commits.

        Raises Refused where it cannot be made any more, ValueError where the file was changed.
        """
        document = kept(self.kind, self.record_kind, record.id)
        if document is None:
            return None
        pdf = read_full(document)
        if pdf is None:
            if self._as_issued(record, document) is None:
                raise Refused(str(NO_FULL))
            self.ask(record.id)
            db.session.commit()
        return pdf

    def make(self, record: Any) -> None:
        """Make it of the locked record where it can still be made, and end the transaction."""
        document = kept(self.kind, self.record_kind, record.id)
        if document is not None and document.full_key is None:
            data = self._as_issued(record, document)
            if data is not None:
                keep_full(document, self.whole(record, data))
        db.session.commit()

    def _as_issued(self, record: object, document: Document) -> dict[str, object] | None:
        """What the document printed when it was issued; None where the record says otherwise by now."""
        data = self.data(record, document.code, document.created_at)
        return data if data["data_sha256"] == document.data_sha256 else None
