"""What signing in and connecting an account cannot do; the hierarchy is drawn in `api/problems.py`."""

from __future__ import annotations

from api.problems import ApiError


class StateInvalid(ApiError):
    """Ask to begin the connection again."""

    type, title, status = "state-invalid", "This connection attempt is no longer good", 400


class SignInLinkInvalid(ApiError):
    """Ask for a new sign-in link."""

    type, title, status = "signin-link-invalid", "This sign-in link is no longer good", 400


class StateForeign(ApiError):
    """Refuse to finish what another browser began."""

    type, title, status = "state-foreign", "Another browser began this connection", 403


class IssuerForeign(ApiError):
    """Refuse an answer that another authorization server gave."""

    type, title, status = "issuer-foreign", "The answer came from somewhere else", 403


class ProviderRefused(ApiError):
    """Repeat the provider's own code and words, bounded."""

    type, title, status = "provider-refused", "The provider refused the connection", 502


class ProviderUnreachable(ApiError):
    """Say that the provider's answer was missing or could not be read."""

    type, title, status = "provider-unreachable", "The provider did not answer", 502


class ProviderNotConfigured(ApiError):
    """Name the settings that are missing."""

    type, title, status = "provider-not-configured", "The provider is not set up", 503
