"""OAuth 1.0a as E*TRADE takes it: the signer is authlib's, time and keys are handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from authlib.common.security import generate_token
from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.errors import InsecureTransportError
from authlib.oauth1.rfc5849.parameters import prepare_headers

from domain.errors import NotPermitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What signs: the app's own key and, once there is one, a token; none of it is in a repr.

    `callback` and `verifier` go with the two steps of signing in alone.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    token_secret: str = field(default="", repr=False)
    callback: str | None = None
    verifier: str | None = field(default=None, repr=False)


def signed(keys: Keys, method: str, url: str, at: datetime) -> Mapping[str, str]:
    """The header that signs a request to exactly this URL, its query included, not its body.

    Raises NotPermitted for plain HTTP to another machine, which authlib signs nothing for.
    """
    auth = ClientAuth(
        keys.consumer_key,
        keys.consumer_secret,
        token=keys.token or None,
        token_secret=keys.token_secret or None,
        redirect_uri=keys.callback,
        verifier=keys.verifier,
    )
    told = auth.get_oauth_params(generate_token(), str(int(at.timestamp())))
    try:
        signature = auth.get_oauth_signature(method, url, prepare_headers(told, {}), b"")
    except InsecureTransportError:
        raise NotPermitted("E*TRADE's addresses have to begin with https://") from None
    headers: Mapping[str, str] = prepare_headers([*told, ("oauth_signature", signature)], {})
    return headers
