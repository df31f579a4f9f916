from __future__ import annotations

from settings import Settings
from vault.scopes import SCOPES
from vault.sessions import Person, Session


def scopes_of(settings: Settings, session: Session) -> tuple[str, ...]:
    """Return what a session may do now: what its key may, or what the settings allow the person."""
    return session.scopes if session.person is None else granted(settings, session.person)


def granted(settings: Settings, person: Person) -> tuple[str, ...]:
    """Return the scopes that STEPS_OIDC_ACCESS gives a person; nobody has any who is not named there."""
    if person.issuer != settings.oidc_issuer:
        return ()
    names = {f"sub:{person.subject}", *(f"group:{group}" for group in person.groups)}
    if person.email is not None:
        names.add(person.email.lower())
    held = {scope for who, scope in settings.oidc_access_rules if who in names}
    return tuple(scope for scope in SCOPES if scope in held)
