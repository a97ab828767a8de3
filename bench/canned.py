"""A server that answers every request of S3, DynamoDB and SQS at once, and always alike.

    python -m bench.canned

Prints its address. It is there to be talked to over real sockets by something that is measured.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.logs.spool import EvidenceSpool

KEYS_A_PAGE = 1_000
ROWS_A_PAGE = 2_500
"""What S3 lists at once; how many rows of the wait list are a megabyte, what DynamoDB reads."""

_PLACE = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/21/09"


def the_key(number: int) -> str:
    """Return the key of a log object as Bedrock names it."""
    return f"{_PLACE}/20261121T09{number:06d}000Z_0123456789abcdef.json.gz"


def _evidence() -> bytes:
    one = Evidence(
        1, "", "2026-11-21T09:30:00Z", "111122223333", "us-east-1", "Converse",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:sts::111122223333:assumed-role/app/worker", {"tenantId": "tenant-001"},
        {"input_tokens": 900, "output_tokens": 90}, PRESENT, None, "standard", None, 900, None, [],
    )  # fmt: skip
    spool = EvidenceSpool()
    calls = (one._replace(line=n + 1, request_id=f"{n:032x}") for n in range(20))
    spool.add(Hour("2026-11-21T09:15"), calls)
    (file,) = spool.files().values()
    return file.read()


def _listing() -> bytes:
    rows = "".join(
        f"<Contents><Key>evidence/2026-11-21T09/0/15/{the_key(n)}</Key>"
        "<LastModified>2026-11-21T09:20:00.000Z</LastModified>"
        "<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>"
        "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
        "<Size>3012</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for n in range(KEYS_A_PAGE)
    )
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    head = f'<ListBucketResult xmlns="{space}"><Name>data</Name><IsTruncated>false</IsTruncated>'
    return f"{head}{rows}</ListBucketResult>".encode()


def _total() -> dict[str, Any]:
    def number(value: str) -> dict[str, str]:
        return {"N": value}

    model = {"requests": number("40"), "tokens": number("36000"), "cost_usd": number("0.004")}
    counted = {"input_tokens": number("99000"), "output_tokens": number("9000")}
    rows = ("requests", "errors", "tokens", "unpriced_requests", "unpriced_tokens", "conflicts")
    return {
        **{row: number("120") for row in rows},
        "cost_usd": number("0.0123456789"),
        "usage": {"M": counted},
        "unpriced": {"M": {}},
        "models": {"M": {f"global.anthropic.claude-{n}": {"M": model} for n in range(3)}},
        "rules": {"M": {"request_metadata": number("120")}},
        "latency": {"M": {"calls": number("120"), "sum_ms": number("360000")}},
        "version": number("3"),
        "epoch": number("7"),
        "mask": number("1"),
    }


def _usage(asked: dict[str, Any]) -> list[dict[str, Any]]:
    prefix = next(value["S"] for value in asked.values() if value["S"][1] == "#" != value["S"][0])
    if prefix.startswith("H#"):
        return [_total() | {"sk": {"S": f"{prefix}{hour:02d}"}} for hour in range(24)]
    return [_total() | {"sk": {"S": f"{prefix}{day:02d}"}} for day in range(1, 31)]


def _waiting() -> bytes:
    rows = [
        {
            "pk": {"S": "W#1"},
            "sk": {"S": f"O#logs/{the_key(n)}"},
            "bucket": {"S": "logs"},
            "key": {"S": the_key(n)},
            "announced": {"S": "2026-11-21T09:20:00Z"},
            "holds": {"BOOL": True},
        }
        for n in range(ROWS_A_PAGE)
    ]
    return json.dumps({"Items": rows, "Count": ROWS_A_PAGE}).encode()


EVIDENCE, LISTING, WAITING = _evidence(), _listing(), _waiting()


def _dynamodb(operation: str, asked: dict[str, Any]) -> bytes:
    if operation == "Query" and asked["TableName"] == "Partials":
        return WAITING
    answer: dict[str, Any] = {}
    if operation == "Query":
        answer = {"Items": _usage(asked["ExpressionAttributeValues"])}
    elif operation == "BatchGetItem":
        keys = asked["RequestItems"]["Partials"]["Keys"]
        found = {"settled": {"BOOL": True}, "aside": {"S": ""}}
        rows = [{"object_id": {"S": key["pk"]["S"][2:]}, **found} for key in keys]
        answer = {"Responses": {"Partials": rows}, "UnprocessedKeys": {}}
    elif operation == "GetItem" and asked["TableName"] == "Hours":
        answer = {"Item": {"pk": asked["Key"]["pk"], "epoch": {"N": "1"}, "dirty": {"N": "1"}}}
    elif operation == "GetItem" and asked["Key"]["sk"]["S"] != "COSTS":
        answer = {"Item": _total() | {"masks": {"M": {}}, **asked["Key"]}}
    return json.dumps(answer).encode()


def _sqs(asked: dict[str, Any]) -> bytes:
    sent = [
        {"Id": entry["Id"], "MessageId": "5fea7756-0ea4-451a-a703-a558b933e274"}
        for entry in asked["Entries"]
    ]
    return json.dumps({"Successful": sent, "Failed": []}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def handle_expect_100(self) -> bool:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, answer = self._found(self.headers.get("X-Amz-Target", ""), body)
        self.send_response(status)
        self.send_header("ETag", '"0"')
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _found(self, target: str, body: bytes) -> tuple[int, bytes]:
        service, _, operation = target.partition(".")
        if service.startswith("DynamoDB"):
            return 200, _dynamodb(operation, json.loads(body))
        if service:
            return 200, _sqs(json.loads(body))
        if self.command != "GET":
            return 200, b""
        if "missing" in self.path:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, LISTING if "list-type" in self.path else EVIDENCE

    do_GET = do_PUT = do_POST = _answer


def main() -> None:
    """Serve until this process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
