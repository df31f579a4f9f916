from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from vault.keyfile import KEY_BYTES, encode_keys, load_keys, make_keys, sync_directory, unusable, write_draft


class _Stamp(NamedTuple):
    """What tells one state of the file from the next; a file that takes its place has another inode or time."""

    inode: int
    changed_at: int
    size: int


class KeyRing:
    """A file of keys, one a line, the newest first, which several processes share.

    It is replaced whole, so that nobody reads half of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: _Stamp | None = None

    def open(self) -> list[bytes]:
        """Return the keys; at the first start, make the file with one new key.

        Raises:
            KeyFileExposed: others than its owner can read or write the file.
            KeyFileInvalid: it cannot be read or made, or a line is not a key.
        """
        make_keys(self._path)
        return self.read()

    def read(self) -> list[bytes]:
        """Return the keys that are in the file now.

        Raises:
            KeyFileExposed: others than its owner can read or write the file.
            KeyFileInvalid: it is gone or cannot be read, or a line is not a key.
        """
        keys, status = load_keys(self._path)
        self._seen = _stamp(status)
        return keys

    def changed(self) -> bool:
        """Tell whether the file is another one than that which was read last; this costs one look at its inode.

        Raises:
            KeyFileInvalid: it is gone: what is sealed from now on could not be opened after a restart.
        """
        try:
            return _stamp(os.stat(self._path)) != self._seen
        except OSError as error:
            raise unusable(self._path, error) from error

    def add(self) -> list[bytes]:
        """Put a new key in front, durably, and return all keys.

        Raises:
            KeyFileInvalid: the file cannot be replaced; it is as it was.
        """
        with self._alone():
            return self._replace([secrets.token_bytes(KEY_BYTES), *self.read()])

    def keep(self, wanted: Sequence[bytes]) -> list[bytes]:
        """Remove every other key, durably, and return those that are left; what was added meanwhile stays in front.

        Raises:
            KeyFileInvalid: the file cannot be replaced; it is as it was.
        """
        with self._alone():
            keys = self.read()
            newest = next((place for place, key in enumerate(keys) if key in wanted), len(keys))
            return self._replace([*keys[:newest], *(key for key in keys[newest:] if key in wanted)])

    def _replace(self, keys: Sequence[bytes]) -> list[bytes]:
        try:
            path = self._path.resolve()  # a link stays one
            status = os.stat(path)
            draft = write_draft(path, encode_keys(keys))
            try:
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    # An operator may be root; the processes that share the file must still be able to read it.
                    os.chown(draft, status.st_uid, status.st_gid)
                os.rename(draft, path)
            except BaseException:
                draft.unlink()
                raise
            sync_directory(path.parent)
        except OSError as error:
            raise unusable(self._path, error) from error
        return self.read()

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Hold the folder's lock: of two that read, change and write, neither must undo the other."""
        try:
            descriptor = os.open(self._path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise unusable(self._path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _stamp(status: os.stat_result) -> _Stamp:
    return _Stamp(status.st_ino, status.st_mtime_ns, status.st_size)
