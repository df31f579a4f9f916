from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.stack import Stack
from settings import NOTION_ORIGIN, Settings

REAL = {"notion_client_id": "id", "notion_client_secret": "secret"}


def stack(tmp_path: Path, **settings: object) -> Stack:
    return Stack(Settings.model_validate({"data_dir": tmp_path, **settings}), lambda text: None)


def test_the_stand_in_gets_a_secret_that_nobody_else_has_and_all_parts_know_their_addresses(tmp_path: Path):
    first, second = stack(tmp_path), stack(tmp_path)
    assert first.env["STEPS_NOTION_CLIENT_SECRET"] != second.env["STEPS_NOTION_CLIENT_SECRET"]
    assert first.env["STEPS_NOTION_ORIGIN"] == first.addresses.notion != NOTION_ORIGIN
    assert first.settings.public_url == first.env["STEPS_PUBLIC_URL"] == first.addresses.api


def test_with_real_credentials_the_stack_talks_to_notion_itself(tmp_path: Path):
    real = stack(tmp_path, **REAL)
    assert real.addresses.notion == NOTION_ORIGIN
    assert "STEPS_NOTION_CLIENT_SECRET" not in real.env  # the children read it where this process did


@pytest.mark.parametrize(("settings", "kept"), [(REAL, True), ({}, False)])
def test_an_address_that_notion_sends_browsers_back_to_is_kept(tmp_path: Path, settings: dict[str, str], kept: bool):
    address = "https://tunnel.example.com"
    assert (stack(tmp_path, public_url=address, **settings).settings.public_url == address) is kept


async def test_what_a_part_must_keep_secret_stands_in_no_list_of_processes(tmp_path: Path):
    made = stack(tmp_path)
    await made.start_notion()
    try:
        arguments = Path(f"/proc/{made.children['notion'].pid}/cmdline")
        if not arguments.exists():
            pytest.skip("this system has no /proc")
        assert made.env["STEPS_NOTION_CLIENT_SECRET"].encode() not in arguments.read_bytes()
    finally:
        await made.stop()


def test_with_port_0_no_part_takes_the_place_that_another_stack_wishes_for(tmp_path: Path):
    made = stack(tmp_path, api_port=0).addresses
    ports = {urlsplit(address if "//" in address else f"//{address}").port for address in vars(made).values()}
    assert len(ports) == 4
    assert not ports & {7233, 8233, 8000, 9100}
