"""Sign-in at an OpenID server."""

from __future__ import annotations

from tests.controls import Control, Controls

_SIGNING_IN = "tests/access/test_signing_in.py"
_TOKENS = "tests/access/test_id_tokens.py"
_PROVIDER = "tests/access/test_openid_provider.py"

CONTROLS: Controls = [
    Control(
        threat="A stranger who has an account at the OpenID provider gets in",
        control="Nobody gets in whom no rule of STEPS_OIDC_ACCESS names",
        test=f"{_SIGNING_IN}::test_nobody_gets_in_by_default",
        path="api/oidc_signin.py",
        present="        if not granted(services.settings, person):\n",
        absent="        if person is None:\n",
    ),
    Control(
        threat="Somebody types another's e-mail address in at the OpenID provider",
        control="An address counts only if the provider says that it is verified",
        test=f"{_SIGNING_IN}::test_nobody_else_gets_in",
        path="api/id_tokens.py",
        present='claims.get("email_verified") is True and',
        absent="",
    ),
    Control(
        threat="An account at another provider is taken for the one that a rule names",
        control="A person's rights are those of the issuer that is set now",
        test="tests/access/test_settings.py::test_who_may_what",
        path="api/persons.py",
        present="    if person.issuer != settings.oidc_issuer:\n",
        absent="    if person.issuer is None:\n",
    ),
    Control(
        threat="A browser is made to finish somebody else's sign-in",
        control="The state is bound to the browser by a cookie of its own",
        test=f"{_SIGNING_IN}::test_an_attempt_is_finished_once_and_by_the_browser_that_began_it",
        path="api/oidc_signin.py",
        present='put(_PURPOSE, {"page": page}, ttl=STATE_TTL, browser=browser)',
        absent='put(_PURPOSE, {"page": page}, ttl=STATE_TTL)',
    ),
    Control(
        threat="A stolen code signs in another browser",
        control="PKCE: the provider takes the code with this attempt's verifier alone",
        test=f"{_SIGNING_IN}::test_a_stolen_code_is_worth_nothing_in_another_attempt",
        path="api/oidc_signin.py",
        present='verifier=sign("oidc", state)',
        absent='verifier=sign("oidc", "")',
    ),
    Control(
        threat="An id token is signed by nobody, or with a secret that others have",
        control="Signatures by a private key alone: RS, PS and ES",
        test=f"{_TOKENS}::test_a_bad_token_signs_nobody_in",
        path="api/id_tokens.py",
        present="        claims = jwt.decode(token, key, algorithms=[algorithm]).claims\n",
        absent='        claims = __import__("json").loads(jws.extract_compact(token.encode()).payload)\n',
    ),
    Control(
        threat="An id token that was made for another service, another attempt or another time is used here",
        control="Issuer, audience, times, nonce and subject must fit",
        test=f"{_TOKENS}::test_a_bad_token_signs_nobody_in",
        path="api/id_tokens.py",
        present="    if wrong:\n",
        absent="    if not checks:\n",
    ),
    Control(
        threat="Another provider's answer is taken for that of ours",
        control="The way back must name the issuer where the provider says that it does (RFC 9207)",
        test=f"{_PROVIDER}::test_a_provider_that_says_who_it_is_must",
        path="api/openid.py",
        present="        if missing or (told is not None and told != self.issuer):\n",
        absent="        if missing and not missing:\n",
    ),
    Control(
        threat="A discovery document leads codes and the client secret elsewhere",
        control="It must name exactly the issuer that is set",
        test=f"{_PROVIDER}::test_a_provider_that_says_strange_things_of_itself_is_not_used",
        path="api/openid.py",
        present='        if status != 200 or told.get("issuer") != self.issuer:\n',
        absent="        if status != 200:\n",
    ),
    Control(
        threat="Codes and the client secret cross a network in plain text",
        control="The provider's end points must be https, or on this machine",
        test=f"{_PROVIDER}::test_a_provider_that_says_strange_things_of_itself_is_not_used",
        path="api/openid.py",
        present="    if not isinstance(value, str) or not is_safe(value, query=True):\n",
        absent="    if not isinstance(value, str):\n",
    ),
    Control(
        threat="A code stays in the browser's history after a sign-in that failed",
        control="Whatever comes of it, the browser is sent on to an address without it",
        test=f"{_PROVIDER}::test_whatever_fails_the_browser_ends_at_a_clean_address",
        path="api/oidc_signin.py",
        present="    except Exception as failure:  # whatever",
        absent="    except ZeroDivisionError as failure:  # whatever",
    ),
]
