"""Files that a person names: read whole, or replaced whole; one line says why that cannot be."""

from __future__ import annotations

from pathlib import Path

from bedrock_meter.cli.output import refuse


def bytes_of(path: Path) -> bytes:
    """Return what a file holds; ends the command when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as bad:
        refuse(f"{path}: cannot be read: {bad.strerror}")


def text_of(path: Path) -> str:
    """Return the text of a file, with or without a byte order mark."""
    try:
        return bytes_of(path).decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        refuse(f"{path}: cannot be read: byte {bad.start} is not UTF-8")


def replace(path: Path, text: str, option: str = "") -> None:
    """Write a file whole, beside the old one and then in its place."""
    draft = path.with_name(path.name + ".draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as bad:
        refuse(f"{option}{path}: cannot be written: {bad.strerror}")
