"""Every command on a stack says in one line why AWS cannot be asked, and what to do about it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_text

NEEDED = {
    "first": "2026-03-05",
    "last": "2026-03-05",
    "before": "2026-03-05",
    "hour": "2026-03-05T09",
    "reason": "clock",
    "action": "block",
    "lasts": "2h",
    "state": "off",
    "tenant": "acme",
    "key": "AWSLogs/1",
    "every": True,
}
POLICY = 'version: "1"\n'
EXPIRED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
    b"<Message>The security token included in the request is expired</Message></Error>"
    b"</ErrorResponse>"
)


def commands_on_a_stack() -> Iterator[tuple[str, ...]]:
    """The words of every command that has --stack-name."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*words, name))
        if any("--stack-name" in parameter.opts for parameter in command.params):
            yield words

    yield from walk(typer.main.get_command(app), ())


def arguments_for(words: tuple[str, ...], policy: str) -> list[str]:
    """Words and values with which a command goes on to its stack."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    given = [*words]
    for parameter in command.params:
        value = policy if parameter.name == "file" else NEEDED.get(parameter.name)
        if value is None:
            continue
        if not parameter.opts[0].startswith("-"):
            given.append(str(value))
        else:
            given += [parameter.opts[0], *([] if value is True else [str(value)])]
    return given


COMMANDS = [words for words in commands_on_a_stack() if words[0] != "doctor"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> str:
    """Nothing is configured; gives the path of a policy file."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
                 "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "BEDROCK_METER_STACK"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "tenants.yaml").write_text(POLICY)
    (tmp_path / "overlay.tsv").write_text(overlay_text(Overlaid()))
    return str(tmp_path / "tenants.yaml")


def refusal(words: tuple[str, ...], policy: str, *more: str) -> str:
    if words == ("prices", "apply"):
        policy = policy.replace("tenants.yaml", "overlay.tsv")
    arguments = [*arguments_for(words, policy), "--stack-name", "meter", *more]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_there_are_commands_on_a_stack() -> None:
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_region_is_one_line_that_names_the_option(words: tuple[str, ...], nowhere: str) -> None:
    assert "no Region is configured: add --region" in refusal(words, nowhere)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_credentials_is_one_line_that_says_how_to_log_in(
    words: tuple[str, ...], nowhere: str
) -> None:
    assert "no AWS credentials: log in" in refusal(words, nowhere, "--region", "us-east-1")


@pytest.fixture
def expired() -> Iterator[str]:
    """An endpoint that takes nobody's credentials."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403)
            self.send_header("Content-Length", str(len(EXPIRED)))
            self.end_headers()
            self.wfile.write(EXPIRED)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_expired_credentials_are_one_line_that_says_to_log_in_again(
    expired: str, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "once")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "valid")

    told = refusal(("flags", "list"), nowhere, "--region", "us-east-1", "--endpoint-url", expired)

    assert "(ExpiredToken): they have expired or are not valid; log in again" in told


def test_an_endpoint_where_nobody_listens_is_one_line(
    nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    told = refusal(
        ("flags", "list"), nowhere, "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"
    )

    assert "AWS cannot be reached" in told
