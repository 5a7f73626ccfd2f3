"""Authenticator apps (RFC 6238) and the recovery codes that stand in for them."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TypeVar

import pyotp

from domain.access import SecondFactor
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.access_models import RecoveryCodeRow, SecondFactorRow
from store.credentials import Credentials
from store.models import CredentialRow
from store.unit import Unit
from store.writer import Writer

T = TypeVar("T")

STEP_SECONDS = 30
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 16
_DIGITS = 6
# A clock may be one step off either way.
_WINDOW = (-1, 0, 1)
# So many wrong codes are free; then each doubles the wait for the next, up to a quarter of an hour.
_FREE, _FIRST_WAIT, _LONGEST_WAIT = 5, 30, 900


class SecondFactors:
    """Enrolled, confirmed by a code, then asked for; the secret is sealed as credentials are."""

    def __init__(self, writer: Writer, credentials: Credentials) -> None:
        self._writer, self._credentials = writer, credentials

    async def of(self, user: UserId) -> SecondFactor | None:
        """The user's, confirmed or not."""
        row = await SecondFactorRow.get_or_none(user_id=user)
        if row is None:
            return None
        left = await RecoveryCodeRow.filter(user_id=user).count()
        return SecondFactor(user_id=user, confirmed_at=row.confirmed_at, recovery_codes=left)

    async def required(self, user: UserId) -> bool:
        """Whether the user is to be asked for a code."""
        factor = await self.of(user)
        return factor is not None and factor.confirmed_at is not None

    async def enrol(self, user: UserId) -> str:
        """A new secret in base32, in place of one that was never confirmed."""
        secret = pyotp.random_base32()

        async def job(unit: Unit) -> None:
            row = await SecondFactorRow.get_or_none(user_id=user)
            if row is not None and row.confirmed_at is not None:
                raise Problem(ErrorCode.CONFLICT, "there is one already: disable it first")
            await _erase(unit)
            await SecondFactorRow.create(user_id=user)
            await self._credentials.put(user, sealed_as(user), {"secret": secret}, persist=True)

        await self._writer.write(user, job)
        return secret

    async def confirm(self, user: UserId, code: str) -> tuple[str, ...]:
        """Show by a code that the app has the secret; the recovery codes, shown this once."""

        async def job(unit: Unit) -> tuple[str, ...] | Problem:
            row = await SecondFactorRow.get_or_none(user_id=user)
            if row is None or row.confirmed_at is not None:
                return Problem(ErrorCode.CONFLICT, "there is none to confirm: enrol one first")
            if fault := await self._by_app(unit, row, code):
                return fault
            row.confirmed_at = unit.now
            await row.save(update_fields=["confirmed_at"])
            return await _new_codes(user)

        return _told(await self._writer.write(user, job))

    async def prove(self, user: UserId, code: str) -> None:
        """Take a code of the app or a recovery code, each once; Problem if it is neither."""

        async def job(unit: Unit) -> bool | Problem:
            row = await SecondFactorRow.get_or_none(user_id=user)
            if row is None or row.confirmed_at is None:
                return Problem(ErrorCode.CONFLICT, "enrol a second factor first")
            if await RecoveryCodeRow.filter(digest=_digest(user, code)).delete():
                return True
            return await self._by_app(unit, row, code) or True

        _told(await self._writer.write(user, job))

    async def replace_codes(self, user: UserId) -> tuple[str, ...]:
        """New recovery codes in place of all earlier ones; prove a code before."""

        async def job(_: Unit) -> tuple[str, ...]:
            return await _new_codes(user)

        return await self._writer.write(user, job)

    async def remove(self, user: UserId) -> None:
        """Have none any more; prove a code before, unless nobody can."""
        await self._writer.write(user, _erase)

    async def _by_app(self, unit: Unit, row: SecondFactorRow, code: str) -> Problem | None:
        """Why the code is not taken, None if it is; a wrong one is counted, so nothing raises."""
        wait = _wait(row, unit)
        if wait > timedelta():
            message = f"too many wrong codes: try again in {wait.seconds + 1} seconds"
            return Problem(ErrorCode.TOO_MANY_REQUESTS, message, field="code")
        values = await self._credentials.of(unit.user, sealed_as(unit.user))
        step = _step(values["secret"], code, unit, row.last_step)
        if step is None:
            row.failures, row.failed_at = row.failures + 1, unit.now
            await row.save(update_fields=["failures", "failed_at"])
            message = "this code is wrong, too old or was used already: type the next one"
            return Problem(ErrorCode.SECOND_FACTOR_REQUIRED, message, field="code")
        row.last_step, row.failures = step, 0
        await row.save(update_fields=["last_step", "failures"])
        return None


def sealed_as(user: UserId) -> ConnectionId:
    """The name under which the vault keeps it, so that keys are rotated for it, too."""
    return ConnectionId(f"second-factor:{user}")


async def _erase(unit: Unit) -> None:
    await SecondFactorRow.filter(user_id=unit.user).delete()
    await RecoveryCodeRow.filter(user_id=unit.user).delete()
    await CredentialRow.filter(connection_id=sealed_as(unit.user)).delete()


async def _new_codes(user: UserId) -> tuple[str, ...]:
    await RecoveryCodeRow.filter(user_id=user).delete()
    codes = tuple(_recovery_code() for _ in range(_RECOVERY_CODES))
    rows = [RecoveryCodeRow(digest=_digest(user, code), user_id=user) for code in codes]
    await RecoveryCodeRow.bulk_create(rows)
    return codes


def _recovery_code() -> str:
    """128 random bits in base32, in groups that can be typed."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().rstrip("=").lower()
    return "-".join(text[at : at + 5] for at in range(0, len(text), 5))


def _digest(user: UserId, code: str) -> str:
    """No salt but the user: 128 random bits cannot be guessed from their digest."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(f"{user}|{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def _step(secret: str, code: str, unit: Unit, newest: int) -> int | None:
    """The time step that the code is of, if one near now and after the newest taken."""
    typed, totp = code.replace(" ", ""), pyotp.TOTP(secret)
    if len(typed) != _DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    now = int(unit.now.timestamp()) // STEP_SECONDS
    steps = [now + off for off in _WINDOW if now + off > newest]
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)]
    return max(fitting, default=None)


def _wait(row: SecondFactorRow, unit: Unit) -> timedelta:
    if row.failures < _FREE or row.failed_at is None:
        return timedelta()
    doubled = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.failures - _FREE, 10))
    until: timedelta = row.failed_at + timedelta(seconds=doubled) - unit.now
    return until


def _told(made: T | Problem) -> T:
    if isinstance(made, Problem):
        raise made
    return made
