// How the load client drives a Node server: it asks for marks by a line on stdin.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const PAUSE = 1;
// So many microseconds behind, a trial is lost and nothing more is published in it.
const HOPELESS = 1_000_000;

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "1" },
    positions: { type: "string", default: "50" },
    jit: { type: "boolean", default: false },
  },
});

/** How many users a server has, how many positions each, and whether to compile queries. */
export const scale = {
  users: Number(values.users),
  positions: Number(values.positions),
  jit: values.jit,
};

/** The name that a client's token stands for. */
export const userOf = (authorization) => authorization.replace(/^Bearer /, "");

const now = () => (performance.timeOrigin + performance.now()) * 1000;

/** A time in microseconds after 1970, by RFC 3339 with all its digits. */
function moment(micros) {
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  return `${text.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`;
}

function tick(marks, number, due) {
  return {
    user: `user-${number % scale.users}`,
    place: number % scale.users,
    instrument: Math.floor(number / scale.users) % scale.positions,
    cents: 10_000 + (number % 1_000),
    asOf: moment(due),
  };
}

const dueOf = (marks, number) =>
  marks.start + Math.floor((number * 1_000_000) / marks.rate);

/** Publish what is due, then let the server work for at least a millisecond, until more is. */
async function publishMarks(marks, publish) {
  let number = 0;
  while (number < marks.count) {
    const until = now();
    if (until - dueOf(marks, number) > HOPELESS) break;
    for (; number < marks.count; number += 1) {
      const due = dueOf(marks, number);
      if (due > until) break;
      publish(tick(marks, number, due));
    }
    if (number >= marks.count) break;
    const wait = Math.max(PAUSE, (dueOf(marks, number) - until) / 1000);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return number;
}

const tell = (words) => process.stdout.write(`${JSON.stringify(words)}\n`);

/** Say which port was taken, then do what each line on stdin asks, until stdin ends. */
export async function obey(port, publish) {
  tell({ port });
  for await (const line of createInterface({ input: process.stdin })) {
    const { marks } = JSON.parse(line);
    tell({ published: await publishMarks(marks, publish) });
  }
  process.exit(0);
}
