from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from vault.errors import KeyFileExposed, KeyFileInvalid, KeyTextInvalid

KEY_BYTES = 32
_LARGEST_FILE = 64 * 1024
_MAKE_ONE = "Make one with `openssl rand -base64 32`."


def decode_key(text: str) -> bytes:
    """Return the 32 bytes that the base64 text stands for (the standard or the URL-safe alphabet).

    Raises:
        KeyTextInvalid: the text is anything else.
    """
    try:
        key = base64.b64decode(text.strip().encode("ascii").replace(b"-", b"+").replace(b"_", b"/"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise KeyTextInvalid(f"A key must be the base64 of {KEY_BYTES} random bytes. {_MAKE_ONE}") from None
    if len(key) != KEY_BYTES:
        raise KeyTextInvalid(f"A key must be the base64 of {KEY_BYTES} bytes; this one has {len(key)}. {_MAKE_ONE}")
    return key


def read_keys(path: Path) -> list[bytes]:
    """Return the keys of the file, one a line; at the first start, make the file with one new key.

    Raises:
        KeyFileExposed: others than its owner can read or write the file.
        KeyFileInvalid: it cannot be read or made, or a line is not a key.
    """
    make_keys(path)
    return load_keys(path)[0]


def make_keys(path: Path) -> None:
    """Make the file with one new key, if there is none.

    Raises:
        KeyFileInvalid: it cannot be made.
    """
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise unusable(path, error) from error


def load_keys(path: Path) -> tuple[list[bytes], os.stat_result]:
    """Return the keys of the file, and which file it was that they were in.

    Raises:
        KeyFileExposed: others than its owner can read or write the file.
        KeyFileInvalid: it is not there or cannot be read, or a line is not a key.
    """
    try:
        text, status = _read(path)
    except OSError as error:
        raise unusable(path, error) from error
    return _keys_in(path, text), status


def write_draft(path: Path, content: bytes) -> Path:
    """Write the content, durably, to a new file beside `path` that its owner alone can read."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        draft.unlink()
        raise
    return draft


def encode_keys(keys: Sequence[bytes]) -> bytes:
    """Return what stands in the file for the keys."""
    return b"".join(base64.b64encode(key) + b"\n" for key in keys)


def sync_directory(path: Path) -> None:
    """Make durable which files are in the directory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keys_in(path: Path, text: bytes) -> list[bytes]:
    try:
        keys = [decode_key(line) for line in text.decode("ascii").splitlines() if line.strip()]
    except (KeyTextInvalid, UnicodeDecodeError):
        keys = []
    if not keys:
        raise KeyFileInvalid(
            f"The key file {path} is damaged. Put it back from a backup; what was sealed with it opens with no other."
        )
    return keys


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        # Asked of the open file, so that nobody can swap it between the question and the reading.
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            raise KeyFileExposed(f"Other users can read the key file {path}. Run `chmod 600 {path}`.")
        return file.read(_LARGEST_FILE), status


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = write_draft(path, encode_keys([secrets.token_bytes(KEY_BYTES)]))
    try:
        # A link appears whole or not at all, and never replaces: of two processes, one wins and both read its key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    sync_directory(path.parent)


def unusable(path: Path, error: OSError) -> KeyFileInvalid:
    """Say why the file does not serve."""
    return KeyFileInvalid(f"The key file {path} cannot be used: {error.strerror}.")
