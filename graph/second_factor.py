"""Enrolling an authenticator app, proving that one has it, and giving it up."""

from collections.abc import Awaitable
from datetime import datetime

import pyotp
import segno
import strawberry

from domain.errors import ErrorCode, Problem
from graph.context import Context, Info
from graph.errors import USER_ERRORS, UserError, outcome
from graph.viewer import IN_PERSON
from trading.connect import FRESH_SIGN_IN

ISSUER = "Brokergraph"
_LONGEST_CODE, _LONGEST_LABEL = 64, 40


@strawberry.input(description="A code of the authenticator app, or a recovery code.")
class CodeInput:
    """Each code counts once."""

    code: str = strawberry.field(description="As it is shown; spaces and dashes do not matter.")


@strawberry.input(description="How the authenticator app is to show it.")
class EnrolSecondFactorInput:
    """Of use to whoever has more than one server."""

    label: str = strawberry.field(default=ISSUER, description="What the app shows it under.")


@strawberry.type(description="What an authenticator app has to be given.")
class EnrolSecondFactorPayload:
    """Of enrolSecondFactor."""

    secret: str | None = strawberry.field(
        description="To be typed into the app where nothing can be scanned; shown this once."
    )
    uri: str | None = strawberry.field(description="The same for the app: `otpauth://`.")
    qr: str | None = strawberry.field(
        description="The same to be scanned: an SVG image as a `data:` URL."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="Codes that each stand in for the app once: keep them elsewhere.")
class RecoveryCodesPayload:
    """Of confirmSecondFactor and replaceRecoveryCodes."""

    recovery_codes: list[str] = strawberry.field(description="Shown this once.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="That the second factor was proven in this sign-in.")
class ProveSecondFactorPayload:
    """Of proveSecondFactor."""

    proven_at: datetime | None = strawberry.field(description="When; good for ten minutes.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="Whether there is no second factor any more.")
class DisableSecondFactorPayload:
    """Of disableSecondFactor."""

    disabled: bool = strawberry.field(description="Whether it is gone.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type
class SecondFactorMutation:
    """All for a person who has signed in; none ever tells the secret again."""

    @strawberry.mutation(
        description="Begin to use an authenticator app; ends with confirmSecondFactor.",
        metadata=IN_PERSON,
    )
    async def enrol_second_factor(
        self, info: Info, input: EnrolSecondFactorInput
    ) -> EnrolSecondFactorPayload:
        """Takes the place of one that was never confirmed."""
        viewer, factors = info.context.viewer, info.context.services.second_factors
        label = "".join(filter(str.isprintable, input.label))[:_LONGEST_LABEL] or ISSUER

        async def work() -> str:
            _check_fresh(info.context)
            return await factors.enrol(viewer.user_id)

        secret, errors = await outcome(work())
        if secret is None:
            return EnrolSecondFactorPayload(secret=None, uri=None, qr=None, user_errors=errors)
        uri = pyotp.TOTP(secret).provisioning_uri(name=viewer.name, issuer_name=label)
        qr = segno.make(uri, micro=False).svg_data_uri(scale=4, encode_minimal=True)
        return EnrolSecondFactorPayload(secret=secret, uri=uri, qr=qr, user_errors=[])

    @strawberry.mutation(
        description="Show by a first code that the app has it; codes are asked for from now on.",
        metadata=IN_PERSON,
    )
    async def confirm_second_factor(self, info: Info, input: CodeInput) -> RecoveryCodesPayload:
        """Proves it in this sign-in, too."""

        async def work() -> tuple[str, ...]:
            context = info.context
            factors, user = context.services.second_factors, context.viewer.user_id
            codes = await factors.confirm(user, _checked(input.code))
            await context.services.sign_ins.prove(user, context.viewer.subject)
            return codes

        return await _codes(work())

    @strawberry.mutation(
        description="Prove it in this sign-in, as trading real money takes.", metadata=IN_PERSON
    )
    async def prove_second_factor(self, info: Info, input: CodeInput) -> ProveSecondFactorPayload:
        """Wrong codes are counted, and slowed down."""

        async def work() -> datetime:
            await _prove(info.context, input.code)
            viewer, sign_ins = info.context.viewer, info.context.services.sign_ins
            return await sign_ins.prove(viewer.user_id, viewer.subject)

        at, errors = await outcome(work())
        return ProveSecondFactorPayload(proven_at=at, user_errors=errors)

    @strawberry.mutation(
        description="New recovery codes in place of all earlier ones.", metadata=IN_PERSON
    )
    async def replace_recovery_codes(self, info: Info, input: CodeInput) -> RecoveryCodesPayload:
        """Takes a code, so that a browser left open is not enough."""

        async def work() -> tuple[str, ...]:
            await _prove(info.context, input.code)
            factors = info.context.services.second_factors
            return await factors.replace_codes(info.context.viewer.user_id)

        return await _codes(work())

    @strawberry.mutation(
        description="Use none any more; real money cannot be traded then.", metadata=IN_PERSON
    )
    async def disable_second_factor(
        self, info: Info, input: CodeInput
    ) -> DisableSecondFactorPayload:
        """Takes a code; whoever has none left asks whoever runs the server."""

        async def work() -> bool:
            await _prove(info.context, input.code)
            await info.context.services.second_factors.remove(info.context.viewer.user_id)
            return True

        done, errors = await outcome(work())
        return DisableSecondFactorPayload(disabled=bool(done), user_errors=errors)


def _check_fresh(context: Context) -> None:
    """So that a browser left open cannot be given a second factor that its owner does not have."""
    at = context.viewer.signed_in_at
    if at is None or context.services.clock.now() - at > FRESH_SIGN_IN:
        raise Problem(ErrorCode.FORBIDDEN, "sign in again, then enrol")


async def _prove(context: Context, code: str) -> None:
    await context.services.second_factors.prove(context.viewer.user_id, _checked(code))


def _checked(code: str) -> str:
    if len(code) > _LONGEST_CODE:
        raise Problem(ErrorCode.BAD_INPUT, "that is no code: it is too long", field="code")
    return code


async def _codes(work: Awaitable[tuple[str, ...]]) -> RecoveryCodesPayload:
    codes, errors = await outcome(work)
    return RecoveryCodesPayload(recovery_codes=list(codes or ()), user_errors=errors)
