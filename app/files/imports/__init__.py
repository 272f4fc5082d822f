"""Bulk data in: workbooks by one declaration of their columns (BLK-01 to BLK-09).

A feature declares a `Sheet` in its `sheets.py`. From it come template, upload, checks, preview, apply,
error workbook, history and undo; see docs/bulk.md. A file's way through the modules:

    declared    sheet · columns · spellings (usual headers) · cells (one cell to a value) ·
                template (to fill in)
    brought     views · pages · requests · answers · list_views (history) · word_views (kept words) · queries
    read        intake, and in the child: reading · guard · kinds_of_file · text_tables · dbf_tables ·
                markup · xml_sheets · old_excel · biff · marks · headers · table_cells · no_rows · tables;
                back in the worker: frames
    understood  guess_headers · guesses · lists · mapping · decisions (what a person said, and is kept)
    checked     checking · distinct · staging · compare (with the data) · changes (improbable) · errors_book
    shown       presentation · preview · row_pages · groups (of problems) · trouble_presentation ·
                mapping_presentation · mapping_sentences
    written     workflow (the rules) · effects · writing (and back) · tasks (the worker) · notices · models ·
                row_models · word_models
"""
