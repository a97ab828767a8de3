"""The evidence of large hours, written quickly: files of 2,000 calls as a spool would leave them."""

from datetime import timedelta
from pathlib import Path

from isal import igzip_lib

from bedrock_meter.domain.hours import Hour, part_of, start_of, text_of
from bedrock_meter.logs.spool import empty_evidence
from bench.pretend import FolderS3

CALLS_A_FILE = 2_000
MODELS = (
    "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "global.anthropic.claude-opus-4-5-20251101-v1:0",
    "amazon.nova-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
)
_HOUR = timedelta(hours=1)


def write_hour(
    s3: FolderS3, hour: Hour, calls: int, tenants: int, parts: tuple[str, ...] = ("00", "15", "45")
) -> int:
    """Write an hour's calls as evidence files of these parts; give the bytes written.

    Calls are spread evenly over the hour, over callers and tenants.
    """
    begun, size = start_of(hour), 0
    header = igzip_lib.decompress(empty_evidence(), igzip_lib.DECOMP_GZIP)
    for first in range(0, calls, CALLS_A_FILE):
        part = part_of(begun + _HOUR * first / calls)
        if part[14:] not in parts:
            continue
        count = min(CALLS_A_FILE, calls - first)
        lines = (_line(hour, first + n, n + 1, calls, tenants) for n in range(count))
        body = igzip_lib.compress(header + "".join(lines).encode(), 1, igzip_lib.COMP_GZIP)
        file: Path = s3.path("data", f"evidence/{hour}/0/{part[14:]}/logs/object-{first:09d}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        size += len(body)
    return size


def _line(hour: Hour, number: int, line: int, calls: int, tenants: int) -> str:
    at = text_of(start_of(hour) + _HOUR * number / calls)
    scattered = number * 2_654_435_761 % 4_294_967_296  # so that neighbours have nothing in common
    return (
        f'[{line},"{scattered:08x}{number:016x}{hour[8:10]}{hour[11:]}","{at}","111122223333",'
        f'"us-east-1","Converse","{MODELS[scattered % 4]}",'
        f'"arn:aws:sts::111122223333:assumed-role/app/{scattered % 20}",'
        f'{{"tenantId":"tenant-{number % tenants:06d}","application":"chat"}},'
        f'{{"input_tokens":{1 + scattered % 9_000},"output_tokens":{scattered % 900}}},'
        f'"present",null,"standard",null,{200 + scattered % 8_800},null,[]]\n'
    )
