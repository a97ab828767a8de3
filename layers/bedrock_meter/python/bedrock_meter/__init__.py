"""Bedrock Meter: who used what on Amazon Bedrock, and what it cost, from Bedrock's own logs.

Read the rooms in the order a call passes through them:

1. `logs/`     one streamed pass over a log object: records become evidence, the rest rejects
2. `domain/`   pure rules: attribution, rates, evidence, partials, slot totals, closed hours, levels
3. `jobs/`     the verbs (ingest, fold, plan, close, assess) written against `ports`
4. `columns/`  an hour derived in columns, for the close; `jobs/` has the same row by row
5. `aws/`      the ports on AWS; `local/` the same ports in memory
6. `compose/`  the one place that makes adapters and joins jobs to them
7. `cli/`      the command `bedrock-meter`
"""
