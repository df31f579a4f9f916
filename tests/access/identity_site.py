"""The OpenID server's addresses, and what it says of a person; Django loads it."""

# Django has no types.
# pyright: basic

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.oauth2_validators import OAuth2Validator

urlpatterns = [path("o/", include("oauth2_provider.urls")), path("login/", LoginView.as_view())]


class Claims(OAuth2Validator):
    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"groups": "email"}
    people: ClassVar[dict[str, dict[str, Any]]] = {}

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return dict(self.people[request.user.username])
