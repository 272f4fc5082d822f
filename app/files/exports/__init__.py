"""Everything that goes out: any list as it is narrowed, the plan; .csv at once, .xlsx and .dbf by the worker.

Nothing is cut, formulas are harmless, numbers are masked unless granted; see docs/exports.md.
"""
