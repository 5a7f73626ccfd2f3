// The rows of the Node peers: a holding at a mark, worked out once for each mark.
import { Decimal } from "decimal.js";

const CURRENCY = "USD";
const AVERAGE_COST = new Decimal("95.25");
const PREVIOUS_CLOSE = new Decimal("99.50");

const quantities = new Map();

function holding(instrument) {
  const known = quantities.get(instrument);
  if (known) return known;
  const quantity = new Decimal(10 + instrument).plus("0.5");
  const made = { quantity, basis: quantity.times(AVERAGE_COST) };
  quantities.set(instrument, made);
  return made;
}

/** What the marked holding is now worth; decimals are written out here, once for all readers. */
export function position({ place, instrument, cents, asOf }) {
  const { quantity, basis } = holding(instrument);
  const price = new Decimal(cents).div(100);
  const worth = quantity.times(price);
  return {
    id: `position-${place}-${instrument}`,
    side: "LONG",
    quantity: quantity.toFixed(),
    currency: CURRENCY,
    averageCost: AVERAGE_COST.toFixed(),
    costBasis: basis.toFixed(),
    instrument: { symbol: `S${String(instrument).padStart(3, "0")}` },
    valuation: {
      price: price.toFixed(2),
      asOf,
      marketValue: worth.toFixed(),
      unrealizedPnl: worth.minus(basis).toFixed(),
      dayChange: quantity.times(price.minus(PREVIOUS_CLOSE)).toFixed(),
    },
  };
}
