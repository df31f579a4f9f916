from __future__ import annotations

from steps.resume_token import PURPOSE, make_token
from steps.wait import OpenedWait, WaitRequest
from vault import Signer


def open_wait(signer: Signer, public_url: str, run_id: str, request: WaitRequest) -> OpenedWait:
    """Return the token of a run's wait, and the address that resumes it. Whoever knows either can."""
    token = make_token(run_id, request.wait_id, lambda text: signer.sign(PURPOSE, text))
    return OpenedWait(token=token, resume_url=f"{public_url}/resume/{token}")
