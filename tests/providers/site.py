"""An OAuth server that others wrote: django-oauth-toolkit, with what it protects. `python -m tests.providers.site`."""

# pyright: basic

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

SECRET = "the secret of our client"
CLIENT = "steps"
PERSON, PASSWORD = "ada", "lovelace-1815"
_LOGIN = "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>Sign in</button></form>"


def configure(folder: Path, origin: str) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    apps = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"]
    settings.configure(
        SECRET_KEY="of this test",
        ALLOWED_HOSTS=["127.0.0.1", "api.acme.test"],
        ROOT_URLCONF="tests.providers.site",
        LOGIN_URL="/login/",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "site.db"),
                "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=apps,
        USE_TZ=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MIDDLEWARE=[
            "tests.providers.site.seen",
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
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": _LOGIN}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        OAUTH2_PROVIDER={
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
        },
    )


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
    from oauth2_provider.models import AccessToken
    from oauth2_provider.settings import oauth2_settings

    if "lifetime" in request.GET:
        oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS = int(request.GET["lifetime"])
    if "expire" in request.GET:
        AccessToken.objects.update(expires=timezone.now())
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
    configure(folder, origin)
    import django
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    User.objects.create_user(PERSON, password=PASSWORD)
    Application.objects.create(
        name="Durable Steps",
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(redirect_uris),
        algorithm=Application.RS256_ALGORITHM,
    )

    class Quiet(WSGIRequestHandler):
        def log_message(self, format, *args):
            pass

    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.daemon_threads = True
    server.request_queue_size = 100
    server.set_app(get_wsgi_application())
    sys.stdout.write(json.dumps({"origin": origin}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    sys.modules["tests.providers.site"] = sys.modules["__main__"]  # the one whose list is filled
    main(Path(sys.argv[1]), sys.argv[2:])
