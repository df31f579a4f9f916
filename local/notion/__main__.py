from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn

from local.notion import Workspace, create_app

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """Say where the stand-in listens, once it does: with --port 0 the system chooses."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"Notion stand-in listening on http://{HOST}:{port}\n")
            sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the stand-in on this machine alone."""
    options = _parser().parse_args(arguments)
    workspace = Workspace(
        options.client_id, options.client_secret, options.token_prefix, tuple(options.redirect_uri) or None
    )
    # No access log: its lines would hold the codes of the OAuth redirects.
    config = uvicorn.Config(
        create_app(workspace),
        host=HOST,
        port=options.port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,  # a slow answer that someone asked for must not hold up the end
    )
    Server(config).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.notion", description="A stand-in for Notion.")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--client-id", default="local-client")
    # From the environment where it matters: arguments stand in the list of processes.
    parser.add_argument("--client-secret", default=os.environ.get("LOCAL_NOTION_CLIENT_SECRET", "local-secret"))
    parser.add_argument("--token-prefix", default="ntn_")
    parser.add_argument("--redirect-uri", action="append", default=[], help="allow this one; repeat for more")
    return parser


if __name__ == "__main__":
    main()
