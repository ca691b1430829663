// What the two queues have in common: the benchmark (NodePeer) says what to do by lines, and each is answered by one line.
import { createInterface } from "node:readline";

let begin = 0n;
let left = 0;
let done = () => {};

/** The execution itself, which costs nothing: only the work around it is measured. */
export function execute() {
  if (begin === 0n) begin = process.hrtime.bigint();
  if (--left === 0) done();
}

/**
 * fill(n) queues so many; start() begins to execute; leftOver() says whether one's end is not stored yet; rest() stops, and
 * clears up.
 */
export async function serve({ fill, start, leftOver, rest }) {
  const commands = {
    async fill(n) {
      await fill(n);
      left = n;
      begin = 0n;
    },
    async drain() {
      const executed = new Promise((resolve) => (done = resolve));
      await start();
      await executed;
      while (await leftOver()) await new Promise((resolve) => setTimeout(resolve, 10));
      return process.hrtime.bigint() - begin;
    },
    async rest() {
      await rest();
      if (left !== 0) throw new Error(`${left} executions are missing or were made twice`);
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, number] = line.split(" ");
    console.log(`host: ${(await commands[command](Number(number))) ?? "done"}`);
  }
  process.exit(0);
}
