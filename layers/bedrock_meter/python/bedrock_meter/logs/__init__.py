"""Reading invocation logs: bytes of a log object in, plain evidence and rejects out.

In reading order: `gunzip` (bytes), `lines` (blocks of whole lines), `values` (JSON that does not
keep to lines), `records` (what is read of a record, and as what type), `decode` (blocks to
records), `shapes`, `counts`, `media`, `guardrail` (a record's usage), `evidence` (one record), `log`
(a whole object), `meter` (a whole object, fast), `spool` (charges files).
"""
