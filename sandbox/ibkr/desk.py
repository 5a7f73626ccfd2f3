"""The order desk of one Gateway: which client placed what, modifies and cancels it.

It outlives its clients' connections, as a real Gateway's does within IB's day.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from sandbox import valuation
from sandbox.account import Account
from sandbox.exchange import Exchange
from sandbox.ibkr import notices, tickets
from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Catalog, Contract, one_of
from sandbox.ibkr.notices import Refusal
from sandbox.ibkr.order_layouts import Margins
from sandbox.ibkr.placed import Placed
from sandbox.orders import Contingency, Event, Order, OrdStatus
from sandbox.rules import Rejected

_FIRST_PERM_ID = 1376327563


class Desk:
    """Orders by the client that placed them."""

    def __init__(
        self,
        exchange: Exchange,
        catalog: Catalog,
        accounts: dict[str, Account],
        first_perm_id: int = _FIRST_PERM_ID,
    ) -> None:
        self._first_perm_id = first_perm_id
        self.exchange = exchange
        self.catalog = catalog
        self.accounts = accounts
        self.placed: dict[str, Placed] = {}
        """By the exchange's id."""
        self._by_client: dict[tuple[int, int], Placed] = {}
        self._staged: dict[tuple[int, int], Asked] = {}
        """Not transmitted yet."""
        self._next_ids: dict[int, int] = {}
        self._arriving: Callable[[Order], Placed] | None = None

    # What a client asks

    def next_id(self, client_id: int) -> int:
        """The first order id that the client has not used."""
        return self._next_ids.get(client_id, 1)

    def place(self, client_id: int, asked: Asked) -> Placed | None:
        """Place an order or modify it; None if it waits to be transmitted. Refusal if not."""
        key = (client_id, asked.order_id)
        known = self._by_client.get(key)
        if known is not None:
            return self._modify(known, asked)
        if key not in self._staged and asked.order_id < self.next_id(client_id):
            raise Refusal(notices.DUPLICATE_ID.code, notices.DUPLICATE_ID.message)
        self._next_ids[client_id] = max(self.next_id(client_id), asked.order_id + 1)
        if not asked.flag("transmit"):
            self._staged[key] = asked
            return None
        self._staged.pop(key, None)
        for relative in self._family(client_id, asked):
            self._transmit(client_id, relative)
        return self._submit(client_id, asked)

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel an order of this client, or of any if it is the client 0; Refusal if not."""
        if self._staged.pop((client_id, order_id), None) is not None:
            return
        placed = self._by_client.get((client_id, order_id))
        if placed is None and client_id == 0:
            others = [one for one in self.open_orders() if one.order_id == order_id != 0]
            placed = others[0] if len(others) == 1 else None
        if placed is None:
            raise notices.not_found(order_id)
        try:
            self.exchange.cancel(placed.account, placed.exchange_id)
        except Rejected:
            raise notices.not_cancellable(order_id, placed.status) from None

    def cancel_all(self) -> None:
        """Cancel whatever is open, whoever placed it."""
        for placed in self.open_orders():
            if placed.order.status is not OrdStatus.PENDING_CANCEL:
                self.exchange.cancel(placed.account, placed.exchange_id)

    def preview(self, client_id: int, asked: Asked, *, commission: bool) -> tuple[Placed, Margins]:
        """What an order would do to the account; Refusal if it would not be taken."""
        contract, account = self.contract(asked), self.account(asked)
        ticket = tickets.ticket(asked, contract, account, self.catalog)
        draft = self.exchange.draft(account, replace(ticket, client_id=""))
        market = self.exchange.market
        state = valuation.value(account, market)
        net = ticket.contingency is Contingency.MULTILEG
        change = Decimal(0) if net else round(valuation.required(account, market, draft), 2)
        fee = account.fee(ticket.quantity or Decimal(0), market.quotes[contract.market_symbol].last)
        equity, held = round(state.equity, 2), round(state.requirement, 2)
        margins = Margins(
            before=(held, held, equity),
            change=(change, change, -fee),
            after=(held + change, held + change, equity - fee),
            commission=fee if commission else "",
            currency="USD",
        )
        placed = self._new(client_id, asked, contract, account, draft)
        return replace(placed, perm_id=0, draft=draft), margins

    def open_orders(self, client_id: int | None = None) -> list[Placed]:
        """Those that have not ended: all of them, or one client's."""
        return [
            one
            for one in self.placed.values()
            if not one.done and client_id in {None, one.client_id}
        ]

    def completed_orders(self) -> list[Placed]:
        """Those that have ended."""
        return [one for one in self.placed.values() if one.done]

    def account(self, asked: Asked) -> Account:
        """Whose order it is: the only account, if it does not say."""
        name = asked.text("account") or (
            next(iter(self.accounts)) if len(self.accounts) == 1 else ""
        )
        if not name:
            raise Refusal(435, "You must specify an account.")
        if name not in self.accounts:
            raise notices.invalid(f"Invalid account code '{name}'.")
        return self.accounts[name]

    def contract(self, asked: Asked) -> Contract:
        """The contract that it is for; that of the first leg, if it is a combination."""
        if asked.legs:
            found = self.catalog.by_id.get(asked.legs[0].con_id)
        else:
            found = one_of(self.catalog.find(asked.query))
        if found is None:
            raise Refusal(notices.UNKNOWN_CONTRACT.code, notices.UNKNOWN_CONTRACT.message)
        return found

    # What the exchange did

    def belongs(self, event: Event) -> bool:
        """Whether it is about an order of one of its accounts."""
        account = self.exchange.accounts[event.order.account_id]
        return self.accounts.get(account.number) is account

    def about(self, order: Order) -> Placed:
        """The order as the Gateway knows it; one that it does not know was placed by hand."""
        head_id = self._head_id(order)
        if head_id not in self.placed:
            arriving, self._arriving = self._arriving, None
            placed = arriving(order) if arriving else self._by_hand(order)
            self.placed[order.id] = placed
            self._by_client[placed.client_id, placed.order_id] = placed
        return self.placed[head_id]

    def is_leg(self, order: Order) -> bool:
        """Whether it is one leg of a combination, of which clients hear only as executions."""
        return self._head_id(order) != order.id

    # How an order gets to the exchange

    def _submit(self, client_id: int, asked: Asked) -> Placed:
        contract, account = self.contract(asked), self.account(asked)
        parent = self._parent(client_id, asked)
        ticket = tickets.ticket(asked, contract, account, self.catalog)
        self._arriving = lambda order: self._new(client_id, asked, contract, account, order)
        try:
            if parent is None:
                order = self.exchange.submit(account, ticket)
            else:
                order = self.exchange.attach(account, parent.exchange_id, ticket)
        except Rejected as error:
            raise notices.rejected(error) from None
        finally:
            self._arriving = None
        return self.placed[order.id]

    def _transmit(self, client_id: int, staged: Asked) -> None:
        del self._staged[client_id, staged.order_id]
        try:
            self._submit(client_id, staged)
        except Refusal as error:
            error.order_id = staged.order_id
            raise

    def _parent(self, client_id: int, asked: Asked) -> Placed | None:
        """The live order that it hangs on; None once that has filled."""
        if not asked.parent_id:
            return None
        parent = self._by_client.get((client_id, asked.parent_id))
        if parent is None or parent.order.status in {OrdStatus.CANCELED, OrdStatus.REJECTED}:
            raise Refusal(135, f"Can't find order with id = {asked.parent_id}")
        return None if parent.done else parent

    def _family(self, client_id: int, asked: Asked) -> list[Asked]:
        """What waits to be transmitted with it: its parent first, then that one's children."""
        head = asked.parent_id or asked.order_id
        waiting = [one for (owner, _), one in self._staged.items() if owner == client_id]
        family = [one for one in waiting if head in {one.order_id, one.parent_id}]
        if head == asked.order_id:
            return []  # Its children have to be transmitted by themselves.
        return sorted(family, key=lambda one: (one.order_id != head, one.order_id))

    def _modify(self, placed: Placed, asked: Asked) -> Placed:
        if placed.done:
            raise Refusal(notices.ALREADY_FILLED.code, notices.ALREADY_FILLED.message)
        new = tickets.ticket(asked, placed.contract, placed.account, self.catalog)
        placed.before, placed.asked = placed.asked, asked
        try:
            self.exchange.amend(placed.account, placed.exchange_id, **tickets.changes(new))
        except Rejected as error:
            placed.restore()
            raise notices.rejected(error) from None
        return placed

    def _new(
        self, client_id: int, asked: Asked, contract: Contract, account: Account, order: Order
    ) -> Placed:
        return Placed(
            account=account,
            contract=contract,
            asked=asked,
            exchange_id=order.id,
            perm_id=self._first_perm_id + len(self.placed),
            client_id=client_id,
            order_id=asked.order_id,
        )

    def _by_hand(self, order: Order) -> Placed:
        account = self.exchange.accounts[order.account_id]
        contract = self.catalog.by_symbol[order.ticket.symbol]
        asked = tickets.asked_elsewhere(order.ticket, contract, account)
        return self._new(0, asked, contract, account, order)

    def _head_id(self, order: Order) -> str:
        if order.parent_id is None:
            return order.id
        head = self.exchange.accounts[order.account_id].orders[order.parent_id]
        return head.id if head.ticket.contingency is Contingency.MULTILEG else order.id
