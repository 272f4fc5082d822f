"""One decision on many records: done by the worker, with progress and a result for each (AGR-07, BLK-04)."""
