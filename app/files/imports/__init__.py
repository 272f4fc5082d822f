"""Bulk data: workbooks in and out by one declaration of their columns (BLK-01 to BLK-05).

A feature declares a `Sheet` in its `sheets.py`. From it come template, upload, checks, preview, apply,
error workbook, history and undo; see docs/bulk.md.
"""
