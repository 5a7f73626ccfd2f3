"""What a Gateway said of each order, put together: it never says all of it in one message.

Orders are known by permId, which is the account's own and stays; `(client id, order id)` only
says whom to tell of a change. Statuses are believed from the Gateway alone: the libraries invent
some. All that is heard comes over one socket in order, so what is heard later is newer.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from brokers.ibkr import codes, said, words
from brokers.ibkr.known import Fill, Instruments, Known, report_of, with_execution
from brokers.ibkr.orders import moment_of
from brokers.wire import said as shown
from domain.clock import Clock
from domain.facts import OrderReport
from domain.money import ZERO
from domain.order import Execution, OrderClass, OrderSide

_MOST = 20_000
_TICK = timedelta(microseconds=1)

Touched = tuple[int, str | None]


class Book:
    """The orders that one line has heard of; complaints name those of our client id alone."""

    def __init__(self, clock: Clock, client_id: Callable[[], int]) -> None:
        self._clock, self._client_id = clock, client_id
        self._known: dict[int, Known] = {}
        self._perm_ids: dict[tuple[int, int], int] = {}
        self._fills: dict[str, tuple[int, str]] = {}
        self._traded: set[int] = set()
        self._shown: dict[Touched, object] = {}
        self._commissions: dict[str, said.Commission] = {}
        self._classes: dict[str, OrderClass] = {}
        self._newest = clock.now()

    def heard(self, word: said.Said) -> Touched | None:
        """Keep it; the permId of the order that it is about, and the execution that it brings.

        None if it says nothing new: lists are told again and again.
        """
        touched = self._take(word)
        if touched is None:
            return None
        shown_ = self._known[touched[0]].visible(touched[1])
        if self._shown.get(touched) == shown_:
            return None
        self._shown[touched] = shown_
        return touched

    def _take(self, word: said.Said) -> Touched | None:
        match word:
            case said.OpenOrder(order=order) if order.perm_id and not order.what_if:
                self._list(order.perm_id, word.contract, order).status = word.status
                touched: Touched | None = (order.perm_id, None)
            case said.CompletedOrder(order=order) if order.perm_id:
                self._end(word)
                touched = (order.perm_id, None)
            case said.Status() if word.perm_id:
                touched = (self._stand(word), None)
            case said.Execution() if word.perm_id:
                touched = (word.perm_id, self._fill(word))
            case said.Commission():
                touched = self._charge(word)
            case said.Complaint():
                touched = self._complain(word)
            case _:
                touched = None
        return touched

    def placed(self, ref: str, order_class: OrderClass) -> None:
        """An order of ours hangs together so, which the wire shows of its children only."""
        self._classes[ref] = order_class
        if len(self._classes) > _MOST:
            self._classes.pop(next(iter(self._classes)))

    def of_ref(self, account: str, ref: str) -> Known | None:
        """The newest order with our id."""
        found = (one for one in self._known.values() if one.order and one.order.ref == ref)
        return max(
            (one for one in found if one.order and one.order.account == account),
            key=lambda one: one.perm_id,
            default=None,
        )

    def of_number(self, perm_id: int) -> Known | None:
        """The order with Interactive Brokers' number."""
        return self._known.get(perm_id)

    def of_order(self, client_id: int, order_id: int) -> Known | None:
        """The order that a client calls so."""
        return self._known.get(self._perm_ids.get((client_id, order_id), 0))

    def of_account(self, account: str) -> tuple[Known, ...]:
        """Every order of an account."""
        listed = (one for one in self._known.values() if one.order is not None)
        return tuple(one for one in listed if one.order and one.order.account == account)

    def has_fills(self, con_id: int) -> bool:
        """Whether a contract is known to have been traded, which is always of the day."""
        return con_id in self._traded

    def reports(
        self, perm_id: int, instruments: Instruments, exec_id: str | None = None
    ) -> Iterable[OrderReport]:
        """The order as it stands, with one execution; None is then with each, "" with none."""
        known = self._known.get(perm_id)
        if known is None or (order := known.order) is None:
            return
        parent = self.of_order(order.client_id, order.parent_id) if order.parent_id else None
        report = report_of(known, self._class(known), parent, instruments)
        if report is None:
            return
        if exec_id is not None:
            yield with_execution(report, known.executions.get(exec_id))
            return
        yield report
        for execution in known.executions.values():
            yield with_execution(report, execution)

    def _list(self, perm_id: int, contract: said.Contract, order: said.Order) -> Known:
        known = self._meet(perm_id)
        if known.order is not None and not order.client_id:
            # Completed orders are told without the ids by which they are canceled.
            order = replace(
                order,
                order_id=known.order.order_id,
                client_id=known.order.client_id,
                parent_id=known.order.parent_id,
                quantity=order.quantity or known.order.quantity,
            )
        known.contract, known.order = contract, order
        if order.order_id and order.client_id:
            self._perm_ids[order.client_id, order.order_id] = perm_id
        return known

    def _end(self, word: said.CompletedOrder) -> None:
        known = self._list(word.order.perm_id, word.contract, word.order)
        known.ended = words.completed_status(word)
        known.filled = max(known.filled, word.order.filled or ZERO)

    def _stand(self, word: said.Status) -> int:
        known = self._meet(word.perm_id)
        known.status, known.why_held = word.status, word.why_held
        if known.status == "Inactive" and known.complaint:
            known.rejected = known.complaint
        if word.filled >= known.filled:
            known.filled, known.average = word.filled, word.average
        if word.client_id:
            self._perm_ids[word.client_id, word.order_id] = word.perm_id
        return word.perm_id

    def _fill(self, word: said.Execution) -> str:
        """Known by all but the last part of its id, which counts corrections from 1.

        Of a combination its legs' fills are told as well: they are kept apart, as its own say how
        much of the order was filled.
        """
        known = self._meet(word.perm_id)
        if known.order is None:
            known.contract, known.order = word.contract, _guessed(word)
        fill = self._read(word, known)
        name = fill.execution.execution_id
        before = known.fills.get(name)
        if before is not None and before.execution.revision > fill.execution.revision:
            return name
        known.fills[name] = fill
        self._traded.add(word.contract.con_id)
        self._fills[word.exec_id] = (word.perm_id, name)
        revised = fill.execution.revision > 0
        if not fill.of_leg and (revised or word.cumulative >= known.filled):
            known.filled, known.average = word.cumulative, word.average
        return name

    def _read(self, word: said.Execution, known: Known) -> Fill:
        name, _, revision = word.exec_id.rpartition(".")
        number = max(0, int(revision) - 1) if revision.isdigit() else 0
        before = known.fills.get(name or word.exec_id)
        at = moment_of(word.time) or (before.execution.at if before else self._now())
        execution = Execution(
            execution_id=name or word.exec_id,
            quantity=word.quantity,
            price=word.price,
            at=at,
            revision=number,
            venue=word.exchange or None,
        )
        combined = known.contract is not None and known.contract.sec_type == "BAG"
        return Fill(
            contract=word.contract,
            side=words.SIDE.get(word.side, OrderSide.BUY),
            execution=self._charged(execution, word.exec_id, word.contract.currency),
            of_leg=combined and word.contract.sec_type != "BAG",
        )

    def _charge(self, word: said.Commission) -> Touched | None:
        """It may come before its fill."""
        self._commissions[word.exec_id] = word
        if len(self._commissions) > _MOST:
            self._commissions.pop(next(iter(self._commissions)))
        if word.exec_id not in self._fills:
            return None
        perm_id, name = self._fills[word.exec_id]
        fill = self._meet(perm_id).fills.get(name)
        if fill is None:
            return None
        charged = self._charged(fill.execution, word.exec_id, fill.contract.currency)
        self._known[perm_id].fills[name] = replace(fill, execution=charged)
        return perm_id, name

    def _charged(self, execution: Execution, exec_id: str, currency: str) -> Execution:
        """In the instrument's currency only, as there is no place to name another one."""
        told = self._commissions.get(exec_id)
        if told is None or told.amount is None or told.currency != currency:
            return execution
        return replace(execution, commission=told.amount)

    def _complain(self, word: said.Complaint) -> Touched | None:
        """A refusal of a new order ends it; of a change to a working one it ends nothing."""
        known = self.of_order(self._client_id(), word.id)
        if known is not None and word.code == codes.CANCELED:
            known.complaint = shown(word.text).partition("reason:")[2].strip()
            return known.perm_id, None
        if known is None or codes.is_notice(word.code):
            return None
        known.complaint = shown(word.text)
        if known.status not in {*words.UNDECIDED, "Cancelled", "ApiCancelled"} or known.filled:
            return None
        known.rejected = known.complaint
        return known.perm_id, None

    def _meet(self, perm_id: int) -> Known:
        if perm_id not in self._known:
            if len(self._known) >= _MOST:
                self._forget(next(iter(self._known)))
            self._known[perm_id] = Known(perm_id, self._now())
        known = self._known[perm_id]
        known.heard_at = self._now()
        return known

    def _forget(self, perm_id: int) -> None:
        del self._known[perm_id]
        self._perm_ids = {key: one for key, one in self._perm_ids.items() if one != perm_id}
        self._fills = {key: one for key, one in self._fills.items() if one[0] != perm_id}
        self._shown = {key: one for key, one in self._shown.items() if key[0] != perm_id}

    def _now(self) -> datetime:
        """Later than all that was heard before, whatever the clock's grain."""
        self._newest = max(self._clock.now(), self._newest + _TICK)
        return self._newest

    def _class(self, known: Known) -> OrderClass:
        """How it hangs together: as we placed it, else as its own marks tell."""
        order, contract = known.order, known.contract
        if contract is not None and contract.sec_type == "BAG":
            return OrderClass.MULTI_LEG
        if order is None or order.ref in self._classes:
            return self._classes[order.ref] if order else OrderClass.SIMPLE
        if order.parent_id:
            return OrderClass.BRACKET if order.oca_group else OrderClass.OTO
        return OrderClass.OCO if order.oca_group else OrderClass.SIMPLE


def _guessed(word: said.Execution) -> said.Order:
    """What an execution alone tells of its order, until the order itself is listed."""
    return said.Order(
        order_id=word.order_id,
        client_id=word.client_id,
        perm_id=word.perm_id,
        account=word.account,
        action=word.side,
        ref=word.ref,
    )
