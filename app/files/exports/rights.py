"""Who may export at all, and who whole personal numbers (RPT-05): asked again when the file is written."""

from __future__ import annotations

from app.core.errors import NotYours
from app.core.registry import stores
from app.fab.security import manager
from app.files.exports.models import Export
from app.files.exports.tables import ExportTable

VIEW = "Exports"


def may_export() -> bool:
    """Whether the person asking may export lists."""
    return manager().has_access("can_begin", VIEW)


def may_clear() -> bool:
    """Whether the person asking may export whole personal numbers."""
    return manager().has_access("can_clear", VIEW)


def table_of(record: Export) -> ExportTable:
    """The table of an export as the person asking may see it now. Raises NotYours."""
    if not may_export() or (record.clear and not may_clear()):
        raise NotYours(f"export {record.uid}")
    return stores().export_sources[record.what].table(record.asked, record.clear)
