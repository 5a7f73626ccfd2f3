"""Everything that is recorded of Interactive Brokers is read: a file without a reader fails.

Frames of server version 200 whose layout changed after 178, which no library of ours speaks, are
told apart by their kind; their sequences are replayed from the transcripts.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from app.clock import RealClock
from brokers.ibkr import codes, said
from brokers.ibkr.book import Book
from brokers.ibkr.decoder import Exact
from brokers.ibkr.ears import Ears, Key
from brokers.ibkr.flex import _SOON, _refused
from brokers.ibkr.statement import _READERS, document, statement
from domain.errors import BrokerError, Refused
from domain.facts import OrderReport, facts_of, join
from domain.sums import summed
from tests.recordings import RECORDINGS, needs_recordings, reader_of

RECORDED = RECORDINGS / "ibkr"
# What is laid out alike at the versions that the libraries speak and at 200.
ALIKE = {"1", "2", "9", "15", "49", "52", "53", "57", "58", "61", "62", "63", "64", "106", "107"}
pytestmark = needs_recordings


FILLED, FIVE, CANCELED = ("FILLED", 1, 1), ("FILLED", 5, 5), ("CANCELED", 0, 0)


class Heard:
    """What a decoder told."""

    def __init__(self, version: int) -> None:
        self.words: list[said.Said] = []
        self.unreadable = 0
        self.decoder = Exact(Ears(self._hear, self._count, lambda: None))
        self.decoder.serverVersion = version

    def _hear(self, key: Key | None, word: said.Said) -> None:
        del key
        self.words.append(word)

    def _count(self) -> None:
        self.unreadable += 1


def flex(text: str) -> None:
    for sample in json.loads(text):
        root = document(sample["xml"])
        if root.tag in _READERS:
            part = sample["xml"].replace('accountId="', 'was="')
            whole = document(f'<Q><FlexStatement accountId="A"><X>{part}</X></FlexStatement></Q>')
            told = statement(whole, "A").transactions
            skipped = root.tag == "OptionEAE" and root.get("transactionType") == "Buy"
            assert len(told) == (0 if skipped else 1), sample["xml"]
            for one in told:
                assert one.currency
                assert one.instrument is None or one.instrument.symbol
        elif root.tag == "EquitySummaryByReportDateInBase":
            part = f'<AccountInformation currency="CHF"/>{sample["xml"]}'
            whole = document(f'<Q><FlexStatement accountId="A">{part}</FlexStatement></Q>')
            (day,) = statement(whole, "A").days
            assert (day.currency, str(day.day)) == ("CHF", root.get("reportDate"))
            assert day.equity == Decimal(root.get("total"))


def flex_errors(text: str) -> None:
    for code, words in json.loads(text).items():
        error = _refused(code, words)
        assert isinstance(error, Refused)
        assert (code in _SOON) == ("shortly" in words and code != "1018"), code


def frames(text: str) -> None:
    for recorded in json.loads(text):
        if "Encode" not in recorded.get("func", "") and recorded["fields"][0] in ALIKE:
            heard = Heard(178)
            heard.decoder.interpret(list(recorded["fields"])[:-1])
            assert not heard.unreadable, recorded["fields"]


def interactions(text: str) -> None:
    version = re.search(r"server_version: (\d+)", text)
    assert version is not None
    told = re.findall(r'^  - raw: "(.*)"$', text, re.MULTILINE)
    assert len(told) > 5
    heard = Heard(int(version.group(1)))
    for raw in told:
        heard.decoder.interpret(raw.split("\\0")[:-1])
    assert not heard.unreadable
    held = [word for word in heard.words if isinstance(word, said.Position)]
    assert [(one.quantity, one.average_cost) for one in held][:1] == [
        (Decimal(-110), Decimal("201.8829709"))
    ]


def error_classes(text: str) -> None:
    """LEAN has used its classes for years: what invalidates an order there is no notice here."""
    classes = json.loads(text)
    for name, numbers in classes.items():
        for code in numbers:
            word = said.Complaint(id=1, code=code, text="words")
            assert isinstance(codes.meaning(word), BrokerError), (name, code)
    invalidating = next(each for name, each in classes.items() if "nvalidating" in name)
    assert [code for code in invalidating if codes.is_notice(code)] == []


def client_errors(text: str) -> None:
    for each in json.loads(text):
        word = said.Complaint(id=1, code=each["code"], text=each["msg"])
        assert isinstance(codes.meaning(word), BrokerError)


def grounded(text: str) -> None:
    names = json.loads(text)["grounded"]
    there = {path.name for path in (RECORDED / "ibkr-go" / "transcripts").glob("*.txt")}
    assert there & set(names)


# How orders of recorded sessions end, by order id: status, units filled, units executed.
ENDS: Mapping[str, Mapping[int, tuple[str, int, int]]] = {
    "api_client_id0_order_observation_aapl": {295: CANCELED},
    "api_completed_orders_variants_aapl": {297: FIVE, 298: FIVE},
    "api_dollar_cost_averaging_aapl": {282: FIVE, 283: FIVE, 284: FIVE, 285: ("FILLED", 15, 15)},
    "api_future_campaign_mes": {289: FILLED, 290: FILLED},
    "api_order_handle_reconnect_cancel_aapl": {294: CANCELED},
    "api_order_rest_cancel_aapl": {1: CANCELED},
    "api_reconnect_active_order_aapl": {294: CANCELED},
    "api_stop_loss_management_aapl": {275: FILLED, 276: CANCELED, 277: FILLED},
    "api_transmit_false_then_transmit_aapl": {293: CANCELED},
    "direct_cancel_order": {1: CANCELED},
    "place_order_fill_native_execution_time": {1: FILLED},
}


def transcript(text: str) -> None:
    """By the session's own last words of each order, the fills each once."""
    book, orders, reports = Book(RealClock(), lambda: 1), dict[int, int](), list[OrderReport]()
    last: dict[int, tuple[str, Decimal]] = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        name, _, fields = rest.partition(" ")
        if kind != "server" or name not in WORDS:
            continue
        told = json.loads(fields)
        if name == "order_status":
            orders[told["order_id"]] = int(told["perm_id"])
            last[told["order_id"]] = (told["status"], Decimal(told["filled"]))
        word = WORDS[name](told, orders)
        for _ in range(2):  # they like to say things twice
            if (touched := book.heard(word)) is not None:
                reports += book.reports(touched[0], {}, touched[1] or "")
    for order_id, (word_, done) in last.items():
        said_ = [one for one in reports if one.broker_order_id == str(orders[order_id])]
        if said_:
            sums = summed(reduce(join, map(facts_of, said_)))
            assert _fits(word_, sums.status.value), (order_id, word_, sums.status)
            assert sums.filled >= done
            assert sum(one.quantity for one in sums.executions) <= sums.filled


def _fits(word: str, ours: str) -> bool:
    wanted = {
        "Filled": {"FILLED"},
        "Cancelled": {"CANCELED", "REJECTED"},
        "PreSubmitted": {"NEW", "PARTIALLY_FILLED", "FILLED"},
        "Submitted": {"NEW", "PARTIALLY_FILLED", "FILLED"},
        "PendingCancel": {"PENDING_CANCEL"},
        "Inactive": {"SUSPENDED", "REJECTED", "CANCELED"},
    }
    return ours in wanted.get(word, {ours})


def _contract(told: Mapping[str, Any]) -> said.Contract:
    given = told.get("contract", told)
    return said.Contract(
        con_id=int(given.get("con_id") or 0),
        symbol=given.get("symbol", ""),
        sec_type=given.get("sec_type", "STK"),
        currency=given.get("currency", "USD"),
    )


def _open(told: Mapping[str, Any], _: dict[int, int]) -> said.OpenOrder:
    order = said.Order(
        order_id=told["order_id"],
        client_id=int(told.get("client_id") or 1),
        perm_id=int(told.get("perm_id") or 0),
        account=told.get("account", ""),
        action=told["action"],
        quantity=Decimal(told["quantity"]),
        type=told["order_type"],
        limit=Decimal(told.get("lmt_price") or 0),
        tif=told.get("tif", "DAY"),
    )
    return said.OpenOrder(
        contract=_contract(told), order=order, status=told.get("status", "PreSubmitted")
    )


def _status(told: Mapping[str, Any], _: dict[int, int]) -> said.Status:
    return said.Status(
        order_id=told["order_id"],
        client_id=int(told.get("client_id") or 1),
        perm_id=int(told["perm_id"]),
        status=told["status"],
        filled=Decimal(told["filled"]),
        average=Decimal(told["avg_fill_price"]) or None,
        why_held=told.get("why_held", ""),
    )


def _execution(told: Mapping[str, Any], orders: dict[int, int]) -> said.Execution:
    return said.Execution(
        contract=_contract(told),
        exec_id=told["exec_id"],
        time=told["time"].replace("-", "").replace("T", "-").rstrip("Z"),
        account=told["account"],
        exchange="",
        side=told["side"],
        quantity=Decimal(told["shares"]),
        price=Decimal(told["price"]),
        perm_id=orders.get(told.get("order_id", 0), 1),
        client_id=1,
        order_id=told.get("order_id", 0),
        cumulative=Decimal(0),
        average=None,
        ref="",
    )


def _commission(told: Mapping[str, Any], _: dict[int, int]) -> said.Commission:
    amount = Decimal(told["commission"])
    return said.Commission(exec_id=told["exec_id"], amount=amount, currency=told["currency"])


def _error(told: Mapping[str, Any], _: dict[int, int]) -> said.Complaint:
    return said.Complaint(id=told["req_id"], code=told["code"], text=told["message"])


WORDS: Mapping[str, Callable[[Mapping[str, Any], dict[int, int]], said.Said]] = {
    "open_order": _open,
    "order_status": _status,
    "execution_detail": _execution,
    "commission_report": _commission,
    "api_error": _error,
}
READERS: Mapping[str, Callable[[str], None]] = {
    "INDEX.md": lambda text: None,
    "ibflex/flex_xml_samples.json": flex,
    "ibflex/flex_error_codes.json": flex_errors,
    "ibkr-go/captured_frames.json": frames,
    "ibkr-go/GROUNDED.json": grounded,
    "ibkr-go/transcripts/*.txt": transcript,
    "rust-ibapi/*.yaml": interactions,
    "lean/*.json": error_classes,
    "scmhub-ibapi/*.json": client_errors,
}


def found() -> list[str]:
    paths = (path for path in RECORDED.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(RECORDED)) for path in paths)


@pytest.mark.parametrize("name", found())
def test_what_was_recorded_is_read(name: str) -> None:
    reader_of(name, READERS.items())((RECORDED / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(ENDS))
def test_a_recorded_session_leaves_its_orders_as_it_did(name: str) -> None:
    book, orders, reports = Book(RealClock(), lambda: 1), dict[int, int](), list[OrderReport]()
    text = (RECORDED / "ibkr-go" / "transcripts" / f"{name}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        what, _, fields = rest.partition(" ")
        if kind == "server" and what in WORDS:
            told = json.loads(fields)
            if "perm_id" in told:
                orders[told["order_id"]] = int(told["perm_id"])
            if (touched := book.heard(WORDS[what](told, orders))) is not None:
                reports += book.reports(touched[0], {}, touched[1] or "")
    for order_id, end in ENDS[name].items():
        own = [one for one in reports if one.broker_order_id == str(orders[order_id])]
        sums = summed(reduce(join, map(facts_of, own)))
        executed = sum(one.quantity for one in sums.executions)
        assert (sums.status.value, int(sums.filled), int(executed)) == end
