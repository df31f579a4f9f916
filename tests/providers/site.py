"""An OAuth server that others wrote: django-oauth-toolkit, with what it protects. `python -m tests.providers.site`."""

# Django has no types.
# pyright: basic

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.oauth_server import configure, fill, serve

SECRET = "the secret of our client"
CLIENT = "steps"
PERSON, PASSWORD = "ada", "lovelace-1815"


def provider(origin: str) -> dict[str, object]:
    """Return the toolkit's settings: as strict as RFC 9700 wants them."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "ALWAYS_RELOAD_OAUTHLIB_CORE": True,  # which would keep the lifetime of its first call
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key.decode(),
        "OIDC_ISS_ENDPOINT": f"{origin}/o",
        "SCOPES": {"openid": "Know who you are", "contacts": "Read your contacts"},
        "OAUTH2_VALIDATOR_CLASS": "tests.providers.validator.Claims",
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    }


SEEN: list[dict[str, str]] = []


def seen(get_response):
    def note(request):
        if request.path == "/o/token/":
            SEEN.append({"path": request.path, "grant_type": request.POST.get("grant_type", "")})
        else:
            SEEN.append({"path": request.path, "grant_type": ""})
        return get_response(request)

    return note


def who(request):
    from django.http import JsonResponse
    from oauth2_provider.decorators import protected_resource

    @protected_resource(scopes=["contacts"])
    def answer(request):
        return JsonResponse({"name": request.resource_owner.username})

    answered = answer(request)
    if answered.status_code == 403:  # as most servers say it
        answered.status_code = 401
    return answered


def control(request):
    """Tell what was asked; `lifetime` is for the access tokens from now on, `expire` ends those that there are."""
    from django.http import JsonResponse
    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model
    from oauth2_provider.settings import oauth2_settings

    if "lifetime" in request.GET:
        vars(oauth2_settings)["ACCESS_TOKEN_EXPIRE_SECONDS"] = int(request.GET["lifetime"])
    if "expire" in request.GET:
        get_access_token_model().objects.update(expires=timezone.now())
    return JsonResponse(SEEN, safe=False)


def _urls():
    from django.contrib.auth.views import LoginView
    from django.urls import include, path

    return [
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
        path("login/", LoginView.as_view()),
        path("who", who),
        path("control", control),
    ]


def __getattr__(name: str):
    if name == "urlpatterns":  # once Django is configured
        return _urls()
    raise AttributeError(name)


def main(folder: Path, redirect_uris: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    configure(folder, "tests.providers.site", provider(origin), ["tests.providers.site.seen"])
    fill([PERSON], PASSWORD, CLIENT, SECRET, redirect_uris)
    server = serve(port)
    sys.stdout.write(json.dumps({"origin": origin}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    sys.modules["tests.providers.site"] = sys.modules["__main__"]  # the one whose list is filled
    main(Path(sys.argv[1]), sys.argv[2:])
