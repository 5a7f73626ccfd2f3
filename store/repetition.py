"""Whether a report says nothing new, told without merging it. Pure.

Every look at an account lists the orders of a day, and nearly all are as they were.
"""

from collections.abc import Sequence

from domain.facts import OrderReport, said_of
from domain.order import Order
from store.chain import Link, repeats


def adds_nothing(order: Order, links: Sequence[Link], report: OrderReport) -> bool:
    """True only if merging would leave both as they are; False says nothing."""
    return (
        _adds_nothing_to_links(links, report)
        and report.instrument == order.instrument
        and (not report.legs or report.legs == order.legs)
        and (report.parent is None or bool(order.parent_broker_id))
        and (bool(order.client_order_id) or order.client_order_id == report.client_order_id)
        and not _was_submitted_earlier(order, report)
    )


def _adds_nothing_to_links(links: Sequence[Link], report: OrderReport) -> bool:
    """Whether an execution is known, or its end, is not looked up here."""
    found = (link for link in links if link.broker_order_id == report.broker_order_id)
    link = next(found, None)
    return (
        link is not None
        and report.execution is None
        and not report.busted
        and report.replaces in {None, link.replaces}
        and report.replaced_by in {None, link.replaced_by}
        and repeats(said_of(report), link.facts.said)
    )


def _was_submitted_earlier(order: Order, report: OrderReport) -> bool:
    if report.submitted_at is None:
        return False
    return order.submitted_at is None or report.submitted_at < order.submitted_at
