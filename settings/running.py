from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from codec.keys import read_keys
from settings.base import Options
from settings.places import ROOT


class RunningOptions(Options):
    """How runs are carried out, and what Temporal keeps of them."""

    task_queue: str = Field(default="steps", min_length=1, description="Temporal's task queue for runs and calls.")
    workflows_dir: Path = Field(default=ROOT / "workflows", description="The folder that the workflows are read from.")
    payload_keys: SecretStr | None = Field(
        default=None, description="Keys that encrypt what Temporal keeps, `id:base64`; the first one encrypts."
    )
    max_running_steps: int = Field(default=100, ge=1, description="Steps and calls that one worker runs at once.")
    shutdown_seconds: float = Field(default=20, ge=0, description="How long a stopping worker waits for its calls.")

    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least level to log."
    )
    log_format: str = Field(default="text", pattern="^(text|json)$", description="How a log line is written.")

    @field_validator("payload_keys")
    @classmethod
    def _keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_keys(value.get_secret_value())
        return value

    @property
    def payload_keys_text(self) -> str:
        """The keys that encrypt payloads; empty where there are none."""
        return self.payload_keys.get_secret_value() if self.payload_keys is not None else ""
