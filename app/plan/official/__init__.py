"""Official workbooks: one of the ministry or province is filled from the plan (PLN-09)."""
