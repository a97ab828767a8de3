"""Hours in columns: a close without a Python object for every call. Needs pyarrow.

`gather` reads blocks of evidence into columns, `repeats` finds request ids that come more than
once, `verdicts` values what differs once, `sums` adds up by group, `table` writes the Parquet;
`derive` joins them. `jobs/derive_calls.py` says the same row by row: tests hold both together.
"""
