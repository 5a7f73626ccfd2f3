"""Tokens: asked for, let in by a person, used, idle after two hours, dead at midnight in NY."""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from string import ascii_letters, ascii_uppercase, digits

from sandbox.clock import NEW_YORK, Clock

REQUEST_LIVES = timedelta(minutes=5)
IDLES_AFTER = timedelta(hours=2)
_SIGNS = ascii_letters + digits + "/+="


class Denied(Exception):
    """Why a token does not work, in OAuth's words."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request token, and the code once a person has let it in."""

    consumer: str
    secret: str
    at: datetime
    verifier: str | None = None


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token; dead at midnight, asleep when it was not used for two hours."""

    consumer: str
    secret: str
    ends: datetime
    used: datetime
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Tokens:
    """All of them, and the consumer keys with their secrets and registered callbacks."""

    clock: Clock
    seed: int = 0
    consumers: dict[str, str] = field(default_factory=dict)
    callbacks: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    _ids: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._ids = random.Random(f"{self.seed}:etrade")

    def ask(self, consumer: str) -> tuple[str, str]:
        """A request token and its secret."""
        token, secret = self._text(), self._text()
        self.asked[token] = Asked(consumer=consumer, secret=secret, at=self.clock())
        return token, secret

    def let_in(self, consumer: str, token: str) -> str:
        """What a person does on the page: the code to hand back. Denied if it is too late."""
        asked = self._asked(consumer, token)
        asked.verifier = "".join(self._ids.choices(ascii_uppercase + digits, k=5))
        return asked.verifier

    def redeem(self, consumer: str, token: str, verifier: str) -> tuple[str, str]:
        """An access token for a code, once; Denied otherwise."""
        asked = self._asked(consumer, token)
        if asked.verifier is None or asked.verifier != verifier:
            raise Denied("verifier_invalid")
        del self.asked[token]
        return self.issue(consumer)

    def issue(self, consumer: str) -> tuple[str, str]:
        """An access token and its secret, without asking anybody."""
        token, secret, now = self._text(), self._text(), self.clock()
        self.access[token] = Token(
            consumer=consumer, secret=secret, ends=next_midnight(now), used=now
        )
        return token, secret

    def of(self, consumer: str, name: str) -> Token:
        """A token as it was issued, dead or not; Denied if there is none."""
        token = self.access.get(name)
        if token is None or token.consumer != consumer:
            raise Denied("token_rejected")
        return token

    def use(self, token: Token) -> None:
        """Use it; Denied if it is dead or asleep."""
        self.check_alive(token)
        if self.clock() - token.used >= IDLES_AFTER:
            raise Denied("token_rejected")
        token.used = self.clock()

    def check_alive(self, token: Token) -> None:
        """Nothing if renewing it still helps; else Denied."""
        if self.clock() >= token.ends:
            raise Denied("token_expired")
        if token.revoked:
            raise Denied("token_rejected")

    def _asked(self, consumer: str, token: str) -> Asked:
        asked = self.asked.get(token)
        if asked is None or asked.consumer != consumer:
            raise Denied("token_rejected")
        if self.clock() - asked.at > REQUEST_LIVES:
            raise Denied("token_expired")
        return asked

    def _text(self) -> str:
        """As E*TRADE's are: with signs that have to be escaped."""
        return "".join(self._ids.choices(_SIGNS, k=42)) + "/+="


def next_midnight(moment: datetime) -> datetime:
    """When the day ends in New York."""
    tomorrow = moment.astimezone(NEW_YORK).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), NEW_YORK)
