"""What keeps an order back, as GraphQL tells it."""

import json
import re
from pathlib import Path
from typing import Any

from domain.access import Scope
from tests.flow.orders import (
    CANCEL,
    PLACE,
    RESOLVE,
    RESTING,
    place,
    ticket,
    trading_account,
)
from tests.flow.world import Api, World

ROOT = Path(__file__).resolve().parents[2]
CANCEL_ALL = """
mutation A($input: CancelAllOrdersInput!) { cancelAllOrders(input: $input) {
  over { id status } unconfirmed { order { id } code message } userErrors { code }
} }
"""
HALT = """
mutation H($input: HaltInput!) { halt(input: $input) {
  standing { scope id state since reason } inFlight { id } over { id } unconfirmed { code }
  exits { id state kind } notFlattened { accountId code message } userErrors { code message }
} }
"""
RESUME = """
mutation E($input: ResumeInput!) { resume(input: $input) {
  standing { state } userErrors { code }
} }
"""
LIMITS = """
mutation L($input: SetRiskLimitsInput!) { setRiskLimits(input: $input) {
  riskLimits { scope id orderQuantity blockedSymbols duplicateWindowSeconds }
  userErrors { code field message }
} }
"""
OPTIONS = """
query O($account: ID!) {
  ticketOptions(accountId: $account, instrument: { assetClass: EQUITY, symbol: "AAPL" }) {
    fractional notional shortable marketOpen orderClasses
    choices { type timeInForce extendedHours refusal }
  }
}
"""
COIN = """
query O($account: ID!) {
  ticketOptions(accountId: $account, instrument: { assetClass: CRYPTO, symbol: "BTC/USD" }) {
    tradable shortable tick lot minimum
  }
}
"""


async def test_a_halt_stops_and_a_resume_goes_on(made: World, api: Api) -> None:
    account = await trading_account(api)
    placed = await place(api, account, "open", **RESTING)
    made.box.exchange.work()
    made.box.tick_every(0.05)
    target = {"scope": "ACCOUNT", "id": account}
    halted = (await api.ask(HALT, input={"target": target, "reason": "lunch"}))["halt"]
    assert halted["userErrors"] == []
    assert halted["standing"]["state"] == "HALTED"
    assert halted["standing"]["id"] == account
    assert [order["id"] for order in halted["over"]] == [placed["outcome"]["order"]["id"]]
    denied = await place(api, account, "no", **RESTING)
    assert denied["outcome"] is None
    assert [error["code"] for error in denied["userErrors"]] == ["TRADING_HALTED"]
    states = (await api.ask("{ tradingStates { scope id state reason } }"))["tradingStates"]
    assert {"scope": "ACCOUNT", "id": account, "state": "HALTED", "reason": "lunch"} in states
    await api.ask(RESUME, input={"target": target})
    assert (await place(api, account, "no", **RESTING))["outcome"]["__typename"] == "OrderPlaced"
    swept = (await api.ask(CANCEL_ALL, input={"accountId": account}))["cancelAllOrders"]
    assert len(swept["over"]) == 1
    whole = {"target": {"scope": "SERVER"}}
    refused = (await api.ask(HALT, input=whole))["halt"]
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]


async def test_limits_are_set_and_kept(api: Api) -> None:
    account = await trading_account(api)
    given = {"target": {"scope": "ACCOUNT", "id": account}, "orderQuantity": "2"}
    limits = {**given, "blockedSymbols": ["MSFT"], "duplicateWindowSeconds": 5}
    set_ = (await api.ask(LIMITS, input=limits))["setRiskLimits"]
    assert set_["riskLimits"]["blockedSymbols"] == ["MSFT"]
    shown = (await api.ask("{ riskLimits { scope id orderQuantity } }"))["riskLimits"]
    assert shown == [{"scope": "ACCOUNT", "id": account, "orderQuantity": "2"}]
    denied = await place(api, account, "k", quantity="3")
    assert [error["code"] for error in denied["userErrors"]] == ["RISK_ORDER_QUANTITY"]
    wrong = (await api.ask(LIMITS, input={**given, "dailyLoss": "-1"}))["setRiskLimits"]
    assert [error["code"] for error in wrong["userErrors"]] == ["BAD_INPUT"]


async def test_every_combination_is_offered_or_refused_with_a_reason(api: Api) -> None:
    account = await trading_account(api)
    options = (await api.ask(OPTIONS, account=account))["ticketOptions"]
    taken = {
        (each["type"], each["timeInForce"], each["extendedHours"])
        for each in options["choices"]
        if each["refusal"] is None
    }
    assert ("LIMIT", "GTC", True) in taken
    assert ("MARKET", "DAY", False) in taken
    assert ("MARKET", "DAY", True) not in taken
    assert options["fractional"]
    coin = (await api.ask(COIN, account=account))["ticketOptions"]
    assert (coin["tradable"], coin["shortable"], coin["minimum"]) == (True, False, "0.000000002")
    assert coin["tick"]
    assert coin["lot"]
    unknown = await api.answer(COIN.replace("BTC/USD", "NONE/USD"), account=account)
    assert unknown["errors"][0]["extensions"]["code"] == "INSTRUMENT_NOT_FOUND"


async def test_another_user_and_a_token_that_reads_trade_nothing(made: World, api: Api) -> None:
    account = await trading_account(api)
    placed = await place(api, account, "mine", **RESTING)
    bob = Api(url=api.url, token=made.tokens["bob"], http=api.http)
    foreign = await place(bob, account, "his", **RESTING)
    assert [error["code"] for error in foreign["userErrors"]] == ["NOT_FOUND"]
    order = {"orderId": placed["outcome"]["order"]["id"]}
    kept = (await bob.ask(CANCEL, input=order))["cancelOrder"]
    assert [error["code"] for error in kept["userErrors"]] == ["ORDER_NOT_FOUND"]
    given = {"intentId": placed["outcome"]["intent"]["id"], "outcome": "NOT_PLACED", "note": "x"}
    assert [
        error["code"]
        for error in (await bob.ask(RESOLVE, input=given))["resolveOrder"]["userErrors"]
    ] == ["NOT_FOUND"]
    await made.add_user("eve", Scope.READ)
    eve = Api(url=api.url, token=made.tokens["eve"], http=api.http)
    answer = await eve.answer(PLACE, input={"idempotencyKey": "k", "ticket": ticket(account)})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def _table() -> list[tuple[dict[str, Any], str]]:
    """The lines of the page's table of bad orders."""
    page = (ROOT / "docs" / "api.md").read_text().partition("### Bad orders")[2]
    found = re.findall(r"^\| `(\{.*\})` \| `([A-Z_]+)` \|$", page, re.MULTILINE)
    return [(json.loads(changed), code) for changed, code in found]


async def test_every_bad_input_of_the_page_gets_its_code(api: Api) -> None:
    account = await trading_account(api)
    rows = _table()
    assert len(rows) > 20
    for number, (changed, code) in enumerate(rows):
        key = changed.pop("idempotencyKey", f"bad-{number}")
        given = {"idempotencyKey": key, "ticket": ticket(account, **changed)}
        answer = await api.answer(PLACE, input=given)
        assert _code(answer) == code, (changed, answer)


def _code(answer: dict[str, Any]) -> str | None:
    """Where the failure is told: as a user error, as a refusal, or of the document."""
    if answer.get("errors"):
        told: str = answer["errors"][0]["extensions"]["code"]
        return told
    payload = answer["data"]["placeOrder"]
    if payload["userErrors"]:
        return str(payload["userErrors"][0]["code"])
    return payload["outcome"].get("code")  # type: ignore[no-any-return]  # JSON
