"""What the test's OAuth server says of a person; Django loads it."""

# Django has no types.
# pyright: basic

from __future__ import annotations

from oauth2_provider.oauth2_validators import OAuth2Validator


class Claims(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request):
        return {"name": request.user.username}
