"""What the tests' two servers of django-oauth-toolkit share: settings, an application, and how they are served."""

# Django has no types, and is imported only in the server's own process, once it is configured.
# pyright: basic

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_LOGIN = "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>Sign in</button></form>"


def configure(folder: Path, urls: str, provider: dict[str, Any], middleware: Iterable[str] = ()) -> None:
    """Set Django up with `provider` as the toolkit's own settings, `urls` as the module of its addresses."""
    import django
    from django.conf import settings

    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / "oauth.db"),
        "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
    }
    login = ("django.template.loaders.locmem.Loader", {"registration/login.html": _LOGIN})
    templates = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request"],
            "loaders": [login, "django.template.loaders.app_directories.Loader"],
        },
    }
    settings.configure(
        SECRET_KEY=os.urandom(32).hex(),
        ALLOWED_HOSTS=["127.0.0.1", "api.acme.test"],
        ROOT_URLCONF=urls,
        LOGIN_URL="/login/",
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider",
        ],
        USE_TZ=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MIDDLEWARE=[
            *middleware,
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[templates],
        OAUTH2_PROVIDER=provider,
    )  # fmt: skip
    django.setup()


def fill(people: Iterable[str], password: str, client: str, secret: str, redirect_uris: Iterable[str]) -> None:
    """Make the tables, the people, and the application that we are."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for name in people:
        User.objects.create_user(name, password=password)
    Application.objects.create(
        name="Durable Steps",
        client_id=client,
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(redirect_uris),
        algorithm=Application.RS256_ALGORITHM,
    )


def serve(port: int) -> Any:
    """Return the server, which listens from now on; it serves in `serve_forever()`."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...

    server: Any = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    return server
