"""An OpenID server that we have not written, django-oauth-toolkit, with its own sign-in pages: run as a process.

`python tests/access/identity.py PORT FOLDER` reads `people.json` there, and serves at /o.
"""

# Django has no types.
# pyright: basic

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
GIVEN: dict[str, Any] = json.loads((FOLDER / "people.json").read_text(encoding="utf-8"))
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback alone

import django  # noqa: E402
from django.conf import settings  # noqa: E402

LOGIN = "<!doctype html><title>Log in</title><form method=post>{% csrf_token %}{{ form }}<button>Log in</button></form>"

settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "identity.db")}},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    ROOT_URLCONF=__name__,
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{PORT}/o",
        "OIDC_RSA_PRIVATE_KEY": GIVEN["key"],
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "Sign in", "email": "Your e-mail address"},
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Claims",
    },
)  # fmt: skip
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402

urlpatterns = [path("o/", include("oauth2_provider.urls")), path("accounts/login/", LoginView.as_view())]


class Claims(OAuth2Validator):
    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"groups": "email"}

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return {name: value for name, value in GIVEN["people"][request.user.username].items()}


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


def prepare() -> None:
    call_command("migrate", verbosity=0)
    for name in GIVEN["people"]:
        User.objects.create_user(name, password=GIVEN["password"])
    Application = get_application_model()
    Application.objects.create(
        name="Durable Steps",
        client_id=GIVEN["client_id"],
        client_secret=GIVEN["client_secret"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(GIVEN["redirect_uris"]),
        algorithm=Application.RS256_ALGORITHM,
    )


if __name__ == "__main__":
    prepare()
    application: Any = get_wsgi_application()
    make_server("127.0.0.1", PORT, application, server_class=Server, handler_class=Quiet).serve_forever()
