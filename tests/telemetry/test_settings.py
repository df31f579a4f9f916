"""What cannot be meant is refused at the start, with the name of the setting."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from settings import Settings, read_settings
from telemetry.core import core_runtime
from telemetry.families import OF_WORKERS
from telemetry.recording import recorder, recording


def made(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own


@pytest.mark.parametrize(
    "address", ["9464", "localhost", "localhost:", ":9464", "localhost:0", "localhost:70000", "a:b"]
)
@pytest.mark.parametrize("name", ["metrics_address", "temporal_metrics_address"])
def test_an_address_without_host_or_port_is_refused(name: str, address: str):
    with pytest.raises(SystemExit, match=rf"STEPS_{name.upper()}: .*must be host:port"):
        read_settings(**{name: address})


@pytest.mark.parametrize("url", ["collector:4318", "grpc://collector:4317", "http://", "http://me:secret@collector"])
def test_an_address_that_no_trace_can_be_sent_to_is_refused_and_not_repeated(url: str):
    with pytest.raises(SystemExit, match=r"STEPS_TRACES_URL: .*must be an address") as refused:
        read_settings(traces_url=url)
    assert "secret" not in str(refused.value)


def test_headers_that_are_none_are_refused_and_not_repeated():
    with pytest.raises(SystemExit, match=r"STEPS_TRACES_HEADERS: .*must be name=value") as refused:
        read_settings(traces_headers="secret-without-a-name")
    assert "secret-without" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://hosted.example/otlp/v1/traces", "https://hosted.example/otlp/v1/traces"),
    ],
)
def test_spans_go_to_the_usual_path_unless_another_is_named(url: str, endpoint: str):
    assert made(traces_url=url).traces_endpoint == endpoint


def test_headers_are_read_by_name():
    assert made(traces_headers="authorization=Basic a=b==, x-team=shop").traces_header_values == {
        "authorization": "Basic a=b==", "x-team": "shop",
    }  # fmt: skip


def test_what_is_empty_is_unset():
    assert made(metrics_address="", traces_url="", traces_headers="").traces_endpoint is None


def test_without_an_address_nobody_listens():
    before = recorder()
    with recording(made(), OF_WORKERS, "tests"):
        assert recorder() is before
    assert core_runtime(made()) is None


def test_an_address_that_is_taken_ends_the_start_with_its_name():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        listening = recording(made(metrics_address=address), OF_WORKERS, "tests")
        with pytest.raises(SystemExit, match=f"STEPS_METRICS_ADDRESS: nothing can listen at {address}"), listening:
            pass
        with pytest.raises(SystemExit, match=f"STEPS_TEMPORAL_METRICS_ADDRESS: nothing can listen at {address}"):
            core_runtime(made(temporal_metrics_address=address))
