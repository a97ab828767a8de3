"""DuckDB doing the same work to the same exact answer, as a process of its own, one thread.

python -m bench.duck TABLE.csv OUT.json FILE…
"""

import json
import sys

import duckdb

COLUMNS = """{
  'timestamp': 'VARCHAR', 'modelId': 'VARCHAR', 'region': 'VARCHAR',
  'identity': 'STRUCT(arn VARCHAR)', 'requestMetadata': 'MAP(VARCHAR, VARCHAR)',
  'input': 'STRUCT(inputTokenCount BIGINT, cacheReadInputTokenCount BIGINT,
                   cacheWriteInputTokenCount BIGINT)',
  'output': 'STRUCT(outputTokenCount BIGINT, outputBodyJson JSON)'}"""

# The 1-hour part of cache writes: Converse names it by TTL (5m and 1h at most), Anthropic bodies by
# field, streams in their first chunk. One pass over the body, and only where anything was written.
PATHS = """[
  '$.usage.cacheDetails[0].ttl', '$.usage.cacheDetails[0].inputTokens',
  '$.usage.cacheDetails[1].ttl', '$.usage.cacheDetails[1].inputTokens',
  '$.usage.cache_creation.ephemeral_1h_input_tokens',
  '$[0].message.usage.cache_creation.ephemeral_1h_input_tokens']"""
LONG = """case when p is null then 0 when p[1] is not null
    then (case when p[1] = '1h' then p[2]::BIGINT else 0 end)
       + (case when p[3] = '1h' then p[4]::BIGINT else 0 end)
    else coalesce(p[5]::BIGINT, p[6]::BIGINT, 0) end"""

QUERY = """
with lines as (
  select coalesce(requestMetadata['TenantID'], split_part(identity.arn, '/', 2)) tenant,
    modelId model, region, timestamp[1:13] as hour,
    coalesce(input.inputTokenCount, 0) i, coalesce("output".outputTokenCount, 0) o,
    coalesce(input.cacheReadInputTokenCount, 0) cr,
    coalesce(input.cacheWriteInputTokenCount, 0) w, "output".outputBodyJson body
  from read_json($files, format = 'newline_delimited', compression = 'gzip',
                 maximum_object_size = 33554432, columns = {columns})),
found as (select * exclude (body), case when w > 0 and body is not null
    then json_extract_string(body, {paths}) end p from lines),
split as (select * exclude (p), {long} c1 from found),
counted as (select *, w - c1 c5, i + cr + w context from split)
select tenant, counted.model, hour, count(*), sum(counted.i)::BIGINT, sum(counted.o)::BIGINT,
  sum(counted.cr)::BIGINT, sum(counted.c5)::BIGINT, sum(counted.c1)::BIGINT,
  sum(case when context > threshold
    then counted.i::HUGEINT * hi + counted.o::HUGEINT * ho + counted.cr::HUGEINT * hcr
       + counted.c5::HUGEINT * hc5 + counted.c1::HUGEINT * hc1
    else counted.i::HUGEINT * t.i + counted.o::HUGEINT * t.o + counted.cr::HUGEINT * t.cr
       + counted.c5::HUGEINT * t.c5 + counted.c1::HUGEINT * t.c1 end)::VARCHAR
from counted join rates t on t.model = counted.model and t.region = counted.region
group by all"""


def main(table: str, out: str, files: list[str]) -> None:
    """Meter the files and write the sums by `tenant|model|hour`."""
    base = duckdb.connect()
    base.execute("set threads = 1")
    base.execute("set preserve_insertion_order = false")
    base.execute("create table rates as select * from read_csv($table)", {"table": table})
    parts = {"{columns}": COLUMNS, "{paths}": PATHS, "{long}": LONG}
    query = QUERY
    for name, part in parts.items():
        query = query.replace(name, part)
    rows = base.execute(query, {"files": files}).fetchall()
    sums = {"|".join(row[:3]): [*row[3:9], int(row[9])] for row in rows}
    with open(out, "w") as file:
        json.dump(sums, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
