"""A key file that several processes share while its keys change."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.vault.test_keys import NEW, OLD, text_of
from vault import KeyFileExposed, KeyFileInvalid, LocalKeys, WrongKey, keyring
from vault.key_errors import KeyNotRotatable
from vault.opening import open_rotator

ROOT = Path(__file__).parents[2]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "vault.key"
    LocalKeys.from_file(path)
    return path


async def test_a_new_key_stands_in_front_in_a_private_file(path: Path) -> None:
    before, keys = lines(path), LocalKeys.from_file(path)
    made = await keys.rotate()
    assert lines(path)[1:] == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["vault.key"]
    assert made == keys.key_ids[0] == LocalKeys.from_file(path).key_ids[0]


async def test_another_process_wraps_with_the_new_key_from_then_on(path: Path) -> None:
    rotator, other = LocalKeys.from_file(path), LocalKeys.from_file(path)
    old = await other.wrap(b"data key", b"context")
    made = await rotator.rotate()
    assert (await other.wrap(b"data key", b"context")).key_id == made != old.key_id
    assert await other.current() == made
    assert await other.unwrap(old, b"context") == b"data key"


async def test_another_process_opens_what_it_has_no_key_for_yet(path: Path) -> None:
    rotator, other = LocalKeys.from_file(path), LocalKeys.from_file(path)
    await rotator.rotate()
    wrapped = await rotator.wrap(b"data key", b"context")
    assert await other.unwrap(wrapped, b"context") == b"data key"


async def test_an_unknown_key_is_looked_for_in_the_file_and_refused(path: Path) -> None:
    with pytest.raises(WrongKey):
        await LocalKeys.from_file(path).unwrap(await LocalKeys([OLD]).wrap(b"data key", b"context"), b"context")


async def test_a_rewrapped_key_opens_under_the_new_one_alone(path: Path) -> None:
    keys = LocalKeys.from_file(path)
    old = await keys.wrap(b"data key", b"context")
    made = await keys.rotate()
    (anew,) = await keys.rewrap([(old, b"context")])
    await keys.retire(before=made)
    assert anew.key_id == made
    assert await LocalKeys.from_file(path).unwrap(anew, b"context") == b"data key"
    with pytest.raises(WrongKey):
        await keys.unwrap(old, b"context")


async def test_retiring_keeps_the_key_and_what_is_newer(path: Path) -> None:
    keys, other = LocalKeys.from_file(path), LocalKeys.from_file(path)
    second = await keys.rotate()
    third = await other.rotate()
    await keys.retire(before=second)
    assert keys.key_ids == LocalKeys.from_file(path).key_ids == (third, second)
    with pytest.raises(WrongKey):
        await keys.retire(before="unknown")
    assert len(lines(path)) == 2


def test_a_key_that_is_made_while_another_one_is_does_not_undo_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_draft = keyring.write_draft
    second = threading.Thread(target=lambda: asyncio.run(LocalKeys.from_file(path).rotate()))

    def slowly(target: Path, content: bytes) -> Path:
        monkeypatch.setattr(keyring, "write_draft", write_draft)
        second.start()
        second.join(timeout=1)  # it has to wait for the lock, and is over at once where there is none
        return write_draft(target, content)

    monkeypatch.setattr(keyring, "write_draft", slowly)
    before = lines(path)
    asyncio.run(LocalKeys.from_file(path).rotate())
    second.join()
    assert len(lines(path)) == 3
    assert lines(path)[2:] == before


def test_rotations_by_two_processes_at_once_lose_no_key(path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from vault.keys import LocalKeys\n"
        "keys = LocalKeys.from_file(Path(sys.argv[1]))\n"
        "for _ in range(50): asyncio.run(keys.rotate())"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert len(set(lines(path))) == 101


def gone(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    path.write_text("no key\n", encoding="utf-8")


@pytest.mark.parametrize("harm", [gone, damaged])
async def test_nothing_is_wrapped_with_a_key_that_the_file_has_no_more_and_readers_go_on(
    path: Path, harm: Callable[[Path], None]
) -> None:
    keys = LocalKeys.from_file(path)
    wrapped = await keys.wrap(b"data key", b"context")
    harm(path)
    with pytest.raises(KeyFileInvalid):
        await keys.wrap(b"data key", b"context")
    assert await keys.unwrap(wrapped, b"context") == b"data key"


async def test_a_file_that_others_can_read_by_now_is_refused(path: Path) -> None:
    keys = LocalKeys.from_file(path)
    await LocalKeys.from_file(path).rotate()
    path.chmod(0o644)
    with pytest.raises(KeyFileExposed):
        await keys.wrap(b"data key", b"context")


@pytest.mark.parametrize("call", ["rename", "fsync"])
async def test_a_file_that_cannot_be_replaced_is_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before, keys = path.read_bytes(), LocalKeys.from_file(path)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(KeyFileInvalid, match="Input/output error"):
        await keys.rotate()
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["vault.key"]


async def test_a_new_key_is_on_the_disk_before_it_takes_the_files_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*given: Any) -> None:
            done.append(name)
            real(*given)

        return call

    monkeypatch.setattr(os, "fsync", noted("fsync", os.fsync))
    monkeypatch.setattr(os, "rename", noted("rename", os.rename))
    await LocalKeys.from_file(path).rotate()
    assert done == ["fsync", "rename", "fsync"]


async def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.key"
    link.symlink_to(path)
    made = await LocalKeys.from_file(link).rotate()
    assert link.is_symlink()
    assert LocalKeys.from_file(path).key_ids[0] == made


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_a_file_of_another_user_stays_that_users(path: Path) -> None:
    os.chown(path, 1234, 1234)
    await LocalKeys.from_file(path).rotate()
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1234)


async def test_a_file_that_has_not_changed_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = LocalKeys.from_file(path)
    monkeypatch.setattr(os, "open", None)
    for _ in range(3):
        await keys.wrap(b"data key", b"context")


async def test_a_key_given_as_text_is_for_the_operator_to_replace() -> None:
    with pytest.raises(KeyNotRotatable, match="openssl rand"):
        await LocalKeys.from_text(text_of(OLD)).rotate()


async def test_of_a_text_with_two_keys_the_first_is_the_new_one() -> None:
    wrapped = await LocalKeys([OLD]).wrap(b"data key", b"context")
    both = LocalKeys.from_text(text_of(NEW, OLD))
    made = await both.rotate()
    assert made == LocalKeys([NEW]).key_ids[0] == await both.current()
    (anew,) = await both.rewrap([(wrapped, b"context")])
    assert await LocalKeys([NEW]).unwrap(anew, b"context") == b"data key"
    await both.retire(before=made)
    assert both.key_ids == (made,)


async def test_a_rotator_makes_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid):
        open_rotator(None, tmp_path / "mistyped.key")
    assert not (tmp_path / "mistyped.key").exists()


async def test_the_old_file_kept_aside_opens_nothing_new(path: Path, tmp_path: Path) -> None:
    aside = Path(shutil.copy(path, tmp_path / "aside.key"))
    keys = LocalKeys.from_file(path)
    await keys.rotate()
    with pytest.raises(WrongKey):
        await LocalKeys.from_file(aside).unwrap(await keys.wrap(b"data key", b"context"), b"context")
