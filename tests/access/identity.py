"""An OpenID server that we have not written, django-oauth-toolkit, with its own sign-in pages: run as a process.

`python -m tests.access.identity PORT FOLDER` reads `people.json` there, and serves at /o.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.oauth_server import configure, fill, serve


def main(port: int, folder: Path) -> None:
    given: dict[str, Any] = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback alone
    provider = {
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
        "OIDC_RSA_PRIVATE_KEY": given["key"],
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "Sign in", "email": "Your e-mail address"},
        "OAUTH2_VALIDATOR_CLASS": "tests.access.identity_site.Claims",
    }
    configure(folder, "tests.access.identity_site", provider)
    from tests.access.identity_site import Claims

    Claims.people = given["people"]
    fill(given["people"], given["password"], given["client_id"], given["client_secret"], given["redirect_uris"])
    serve(port).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
