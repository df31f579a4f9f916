"""Whether an id token of the OpenID provider is good, and whom it names."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from api.oidc_problems import OpenIdTokenInvalid
from vault.sessions import Person

LEEWAY = 60
"""Seconds by which two clocks may differ."""
LONGEST_AGE = 600
"""Seconds for which a token is good at most: it was made for an attempt that lives no longer."""
_LARGEST = 32_768
_LONGEST_NAME = 255
_MOST_GROUPS = 500
_LEAST_RSA_BITS = 2048
# Signatures by a private key alone: not `none`, and none by a secret that we have ourselves.
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
ALGORITHMS = tuple(f"{kind}{bits}" for kind in _KINDS for bits in (256, 384, 512))

Key = RSAKey | ECKey


class KeyNotFound(Exception):
    """None of the keys is the token's; the provider may have new ones."""


@dataclass(frozen=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    now: float


def read_keys(document: Mapping[str, Any]) -> list[Key]:
    """Return the keys of a JWKS that signatures can be checked by; others are passed over."""
    listed = document.get("keys")
    found: list[Key] = []
    for item in cast("list[Any]", listed) if isinstance(listed, list) else []:
        if not isinstance(item, dict):
            continue
        told = cast("dict[str, Any]", item)
        if told.get("kty") in _KINDS.values() and told.get("use", "sig") == "sig" and (key := _key(told)) is not None:
            found.append(key)
    return found


def verify(token: object, keys: Sequence[Key], expected: Expected, groups_claim: str) -> Person:
    """Return whom the token names.

    Raises:
        KeyNotFound: it is signed with another key, if with any.
        OpenIdTokenInvalid: it is not good.
    """
    if not isinstance(token, str) or len(token) > _LARGEST or not token.isascii():
        raise OpenIdTokenInvalid("The answer has no id token")
    try:
        header = jws.extract_compact(token.encode()).headers()
        algorithm = str(header.get("alg"))
        if algorithm not in ALGORITHMS:
            raise OpenIdTokenInvalid("The id token is not signed with an algorithm that is allowed")
        key = _choose(keys, algorithm, header.get("kid"))
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError) as error:
        raise OpenIdTokenInvalid(f"The id token does not verify: {type(error).__name__}") from None
    _check(claims, expected)
    return _person(claims, groups_claim)


def _choose(keys: Iterable[Key], algorithm: str, kid: object) -> Key:
    kind = _KINDS[algorithm[:2]]
    fitting = [
        key
        for key in keys
        if key.key_type == kind and key.get("alg") in (None, algorithm) and (kid is None or key.kid == kid)
    ]
    if len(fitting) != 1:
        raise KeyNotFound
    return fitting[0]


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    audience = claims.get("aud")
    audiences = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    issued, expires = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    not_before = _seconds(claims.get("nbf", 0))
    nonce = claims.get("nonce")
    checks = {
        "iss": claims.get("iss") == expected.issuer,
        "aud": expected.client_id in audiences,
        # Of several audiences, or where it is said, we are the one that it was issued to.
        "azp": claims.get("azp", expected.client_id if len(audiences) == 1 else None) == expected.client_id,
        "exp": expires is not None and expected.now - LEEWAY < expires,
        "iat": issued is not None and expected.now - LONGEST_AGE - LEEWAY < issued < expected.now + LEEWAY,
        "nbf": not_before is not None and not_before < expected.now + LEEWAY,
        "nonce": isinstance(nonce, str)
        and hmac.compare_digest(nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode()),
        "sub": _is_name(claims.get("sub")),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise OpenIdTokenInvalid(f"The id token has a wrong {', '.join(wrong)}")


def _person(claims: Mapping[str, Any], groups_claim: str) -> Person:
    email, groups = claims.get("email"), claims.get(groups_claim)
    # Whoever may type an address in there without reading its mail would be anybody.
    verified = claims.get("email_verified") is True and _is_name(email) and "@" in str(email)
    listed = cast("list[Any]", groups) if isinstance(groups, list) else []
    return Person(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=str(email) if verified else None,
        groups=tuple(group for group in listed[:_MOST_GROUPS] if _is_name(group)),
    )


def _key(told: dict[str, Any]) -> Key | None:
    try:
        key = import_key(told)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    if isinstance(key, RSAKey):
        return key if key.raw_value.key_size >= _LEAST_RSA_BITS else None
    return key if isinstance(key, ECKey) else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()
