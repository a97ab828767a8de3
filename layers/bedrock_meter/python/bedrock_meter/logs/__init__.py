"""Reading invocation logs: bytes of a log object in, plain evidence and rejects out.

In reading order: `gunzip` (bytes), `lines` (blocks of whole lines), `values` (JSON that does not
keep to lines), `records` (what is read of a record, and as what type), `lenient` (field by field),
`fields` (what a reject may keep), `forms` (what CloudWatch puts around records), `decode` (blocks
to records), `bodies` (those that are not there as objects); `shapes`, `counts`, `cache_points`,
`media`, `grounding`, `guardrail`, `tiers` (a record's usage), `evidence` (one record), `log` (a
whole object). Then the same in one quick pass for the ingest: `callers`, `naming`, `sums`,
`clock`, `plain`, `rows`, `meter`, `spool` (evidence files), `reading`.
"""
