"""What signing in at the OpenID provider cannot do; the hierarchy is drawn in `api/problems.py`.

None is shown at the address that the provider sent the browser to, which holds a code: the sign-in page shows it.
"""

from __future__ import annotations

from typing import ClassVar

from api.problems import ApiError


class OpenIdFailed(ApiError):
    """Ask to try again; also the base of the others."""

    type, title, status = "openid-failed", "Signing in has failed here", 503
    advice: ClassVar[str] = "Try again; the log of the API says why."


class OpenIdStateInvalid(OpenIdFailed):
    """Ask to begin again, in one browser."""

    type, title, status = "openid-state-invalid", "This attempt to sign in is no longer good", 400
    advice = "Press the button again, and stay in this browser. If somebody sent you a link, do not use it."


class OpenIdDeclined(OpenIdFailed):
    """Say that the provider sent the browser back without a code."""

    type, title, status = "openid-declined", "The provider did not sign you in", 403
    advice = "Try again, and allow it there."


class OpenIdTokenInvalid(OpenIdFailed):
    """Tell the log alone what is wrong with the provider's answer."""

    type, title, status = "openid-token-invalid", "The provider's answer is not good", 403
    advice = "Nobody was signed in; the log of the API says why."


class OpenIdNotAllowed(OpenIdFailed):
    """Say that somebody must allow the person first."""

    type, title, status = "openid-not-allowed", "You may not use this service", 403
    advice = "Ask whoever runs it to name you in STEPS_OIDC_ACCESS. It counts only an e-mail address that is verified."


class OpenIdUnreachable(OpenIdFailed):
    """Say that the provider's answer was missing or could not be read."""

    type, title, status = "openid-unreachable", "The OpenID provider did not answer", 502
    advice = "Try again; the log of the API says why."


REFUSALS: dict[str, type[OpenIdFailed]] = {
    cls.type: cls
    for cls in (
        OpenIdFailed,
        OpenIdStateInvalid,
        OpenIdDeclined,
        OpenIdTokenInvalid,
        OpenIdNotAllowed,
        OpenIdUnreachable,
    )
}
