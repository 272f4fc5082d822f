"""A month of data work with 8,000 graduates, played in the browser. `python -m tests.browser.month [FOLDER]`.

It starts the product (demo school, web, worker) and does, in Chinese at 1366 px, what an office does in a month:
graduates added by a workbook, a ministry's plan file matched, findings mended by a workbook, checks, report,
changes after it, the official workbook, the analysis workbook. `people` makes the files an office would have,
`libre` opens what comes out with LibreOffice, `hand` clicks and counts, `adding`, `mending` and `reporting` are the
story; at the end stands a table of steps. It takes half an hour, so it is no part of `make test`.
"""
