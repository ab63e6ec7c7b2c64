"""Checksums of instances: of every file, and of the tables as a whole.

``SHA256SUMS`` beside an instance lists its files in the format of the program ``sha256sum``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SUMS", "checksum", "checksums", "digest", "recorded_checksums", "sums_text"]

SUMS = "SHA256SUMS"
TEXT = (".csv", ".toml")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; that of text does not depend on how its lines end."""
    content = path.read_bytes()
    if path.suffix in TEXT:
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every table and document of an instance, by path below its folder."""
    found = [*folder.glob("*.csv"), *folder.glob("variants/*/*.csv"), folder / "instance.toml"]
    paths = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: digest(paths[name]) for name in sorted(paths)}


def recorded_checksums(folder: Path) -> dict[str, str]:
    """Return what ``SHA256SUMS`` of a folder lists, by path."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


def sums_text(sums: Mapping[str, str]) -> str:
    """Return the content of ``SHA256SUMS``."""
    return "".join(f"{value}  {name}\n" for name, value in sorted(sums.items()))


def checksum(sums: Mapping[str, str], variant: str | None = None) -> str:
    """Return one SHA-256 of an instance's tables: what an answer is an answer to.

    ``instance.toml`` is left out, so that a source can be named better without a new answer.

    Parameters
    ----------
    sums : mapping
        As :func:`checksums` returns them.
    variant : str, optional
        Name of the variant whose tables take the place of the instance's own.
    """
    tables = {name: value for name, value in sums.items() if "/" not in name}
    prefix = f"variants/{variant}/"
    others = {n.removeprefix(prefix): v for n, v in sums.items() if n.startswith(prefix)}
    total = hashlib.sha256()
    for name, value in sorted((tables | others).items()):
        if name.endswith(".csv"):
            total.update(name.encode() + b"\0" + bytes.fromhex(value))
    return total.hexdigest()
