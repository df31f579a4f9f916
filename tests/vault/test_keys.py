from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vault import KeyFileExposed, KeyFileInvalid, KeyRefused, KeyTextInvalid, LocalKeys, TamperedSecret, WrongKey

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def text_of(*keys: bytes) -> str:
    return "\n".join(base64.b64encode(key).decode() for key in keys)


def test_the_first_start_makes_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.key"
    made = LocalKeys.from_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["vault.key"]
    assert LocalKeys.from_file(path).key_ids == made.key_ids


def test_a_generous_umask_does_not_widen_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        LocalKeys.from_file(tmp_path / "vault.key")
    finally:
        os.umask(before)
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_appears_in_between_is_the_one_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vault.key"
    others: list[tuple[str, ...]] = []
    link = os.link

    def link_too_late(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        others.append(LocalKeys.from_file(path).key_ids)
        link(source, target)

    monkeypatch.setattr(os, "link", link_too_late)
    assert LocalKeys.from_file(path).key_ids == others[0]
    assert LocalKeys.from_file(path).key_ids == others[0]
    assert [file.name for file in tmp_path.iterdir()] == ["vault.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o777])
def test_an_exposed_file_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "vault.key"
    LocalKeys.from_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileExposed, match="chmod 600"):
        LocalKeys.from_file(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"short", b"\x00" * 32, b"\xff\xfe", base64.b64encode(b"a" * 31), text_of(OLD).encode()[:-2]],
)
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vault.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileInvalid, match="damaged"):
        LocalKeys.from_file(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "vault.key", tmp_path / ("n" * 300)):
        with pytest.raises(KeyRefused):
            LocalKeys.from_file(path)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    code = (
        "import sys; from pathlib import Path; from vault.keys import LocalKeys;"
        "print(LocalKeys.from_file(Path(sys.argv[1])).key_ids)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(path)]
    started = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = {process.communicate(timeout=60)[0] for process in started}
    assert answers == {f"{LocalKeys.from_file(path).key_ids}\n"}
    assert [file.name for file in tmp_path.iterdir()] == ["vault.key"]


NO_KEYS = ["", " ", "no", "A" * 42, "A" * 44, "ü" * 43, text_of(b"a" * 16), text_of(b"a" * 33), text_of(OLD) + " no"]


@pytest.mark.parametrize("text", NO_KEYS)
def test_text_that_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyTextInvalid) as refusal:
        LocalKeys.from_text(text)
    assert not text.strip() or text not in str(refusal.value)


def test_both_alphabets_and_white_space_are_read() -> None:
    key = b"\xfb\xff" * 16
    standard, url_safe = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()
    assert standard != url_safe
    assert LocalKeys.from_text(f" {standard}\n").key_ids == LocalKeys.from_text(url_safe).key_ids


def test_no_key_and_a_short_key_are_refused() -> None:
    for ring in ([], [b""], [OLD, b"short"]):
        with pytest.raises(KeyRefused):
            LocalKeys(ring)


async def test_a_new_key_wraps_and_the_old_one_still_unwraps() -> None:
    wrapped = await LocalKeys([OLD]).wrap(b"data key", b"context")
    both = LocalKeys.from_text(text_of(NEW, OLD))
    assert await both.unwrap(wrapped, b"context") == b"data key"
    assert (await both.wrap(b"data key", b"context")).key_id == LocalKeys([NEW]).key_ids[0]


async def test_another_key_or_context_does_not_unwrap() -> None:
    wrapped = await LocalKeys([OLD]).wrap(b"data key", b"context")
    with pytest.raises(WrongKey):
        await LocalKeys([NEW]).unwrap(wrapped, b"context")
    with pytest.raises(TamperedSecret):
        await LocalKeys([OLD]).unwrap(wrapped, b"another")


async def test_two_wraps_of_one_key_differ() -> None:
    ring = LocalKeys([OLD])
    assert await ring.wrap(b"data key", b"context") != await ring.wrap(b"data key", b"context")
