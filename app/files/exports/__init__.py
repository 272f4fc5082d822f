"""Everything that goes out: any list as it is narrowed, the plan; .csv at once, .xlsx and .dbf by the worker.

Nothing is cut, formulas are harmless, numbers are masked unless granted; see docs/exports.md. By modules:

    asked for   views · forms · requests · rights (who may, and whole numbers) · queries · list_views (log)
    gathered    tables (what goes out) · lists (any list) · row_proxy (plain rows) · readers (into texts)
    written     csv_out · xlsx_out · dbf_out · analysis_out with analysis_pivots and
                pivoting · writing · tasks (the worker)
    kept, sent  fetching (the file is kept in core/vault) · presentation
    rules       workflow · notices · models
"""
