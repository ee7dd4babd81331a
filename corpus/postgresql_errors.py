"""What PostgreSQL and its driver say when they refuse, as lines that say what to do."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from corpus.errors import LibraryError, RecordUnreachable, StorageError
from corpus.i18n import tr
from corpus.redaction import redacted

# SQLSTATE codes: the server shuts down, was crashed, starts, has no connection left; two
# transactions waited for each other.
_AWAY = {"57P01", "57P02", "57P03", "53300", "40001", "40P01"}
_LONGEST = 300


def server_error(
    error: DBAPIError | PendingRollbackError | psycopg.Error, place: str
) -> LibraryError:
    """Return an error of the driver as ours; `place` is the host, the port and the database.

    RecordUnreachable where the same may succeed later: then nothing of it was done.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None) or ""
    reason = redacted(" ".join(str(original).split()))[:_LONGEST]
    if refused := _refused(state, reason, place):
        return refused
    # The second: what is asked within a transaction whose connection had broken before.
    lost = isinstance(error, PendingRollbackError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
    silent = not state and isinstance(original, psycopg.OperationalError)
    if lost or silent or state[:2] == "08" or state in _AWAY:
        return RecordUnreachable(
            tr(
                "the database server {place} does not answer ({reason}); check that it runs, and "
                "the address in BRIEFING_RECORD or --to",
                place=place,
                reason=reason,
            )
        )
    return LibraryError(
        tr("the database {place} refused a request ({reason})", place=place, reason=reason)
    )


def _refused(state: str, reason: str, place: str) -> StorageError | None:
    """Return the error for what a person must change; None for anything else.

    Where the server refuses a connection the driver gives its words and no code.
    """
    # "does not exist" is also said of tables, with a code.
    if state in {"28P01", "28000"} or (not state and _about_sign_in(reason)):
        return StorageError(
            tr(
                "the database server {place} does not take this user or password; correct "
                "BRIEFING_RECORD or --to, or give the password in PGPASSWORD",
                place=place,
            )
        )
    if state == "3D000" or (not state and "FATAL" in reason and "does not exist" in reason):
        return StorageError(
            tr(
                "the server has no such database: {place}; make it with createdb, or correct "
                "BRIEFING_RECORD or --to",
                place=place,
            )
        )
    if state == "53100":
        return StorageError(
            tr("the disk of {place} is full: free some space there and try again", place=place)
        )
    if state == "25006":
        return StorageError(
            tr("{place} can only be read: it is a standby, or set to be read-only", place=place)
        )
    if state == "55P03":
        return StorageError(
            tr(
                "another process or machine is changing the library at {place}; wait for it to "
                "finish, and try again",
                place=place,
            )
        )
    if state == "57014":
        return StorageError(
            tr("{place} took too long for a request; try again when it is less busy", place=place)
        )
    return not_allowed(place) if state == "42501" else None


def not_allowed(place: str) -> StorageError:
    """Return the error for a user who may not make tables."""
    return StorageError(
        tr(
            "the user of {place} may not make tables there; as its owner: GRANT USAGE, CREATE ON "
            "SCHEMA public TO that user",
            place=place,
        )
    )


def _about_sign_in(reason: str) -> bool:
    signs = ("password authentication failed", "no password supplied", "no pg_hba.conf entry")
    return any(one in reason for one in signs) or ("role" in reason and "does not exist" in reason)
