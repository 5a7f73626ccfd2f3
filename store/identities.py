"""Who people are at OpenID Connect providers: by issuer and subject, never by name or address."""

from domain.access import Identity
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.access_models import IdentityRow
from store.unit import Unit
from store.writer import Writer

_LONGEST = 255


class Identities:
    """Each is one person's; a person may have several."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def holder(self, identity: Identity) -> UserId | None:
        """Whose it is."""
        row = await IdentityRow.get_or_none(issuer=identity.issuer, subject=identity.subject)
        return None if row is None else UserId(row.user_id)

    async def of(self, user: UserId) -> tuple[Identity, ...]:
        """The user's, oldest first."""
        rows = await IdentityRow.filter(user_id=user).order_by("id")
        return tuple(Identity(issuer=row.issuer, subject=row.subject) for row in rows)

    async def link(self, user: UserId, identity: Identity) -> None:
        """It is the user's from now on; Problem if it is somebody else's."""
        if len(identity.issuer) > _LONGEST or not 0 < len(identity.subject) <= _LONGEST:
            raise Problem(ErrorCode.BAD_INPUT, "the provider's name for this person is too long")

        async def job(unit: Unit) -> None:
            holder = await self.holder(identity)
            if holder is None:
                await IdentityRow.create(
                    user_id=user,
                    issuer=identity.issuer,
                    subject=identity.subject,
                    created_at=unit.now,
                )
            elif holder != user:
                message = "somebody else here is linked to this sign-in at the provider"
                raise Problem(ErrorCode.CONFLICT, message)

        await self._writer.write(user, job)

    async def unlink(self, user: UserId, identity: Identity) -> None:
        """It lets nobody in any more; Problem if the user has none such."""

        async def job(_: Unit) -> None:
            mine = IdentityRow.filter(
                user_id=user, issuer=identity.issuer, subject=identity.subject
            )
            if not await mine.delete():
                raise Problem(ErrorCode.NOT_FOUND, "there is no such sign-in")

        await self._writer.write(user, job)
