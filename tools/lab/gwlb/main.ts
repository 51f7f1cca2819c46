import { readFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { createInterface } from "node:readline";
import { Emulator } from "./emulator";
import { attributesSchema, emulatorConfigurationSchema } from "./emulator-configuration";

/**
 * The process of the emulated load balancer: `main.ts CONFIGURATION OBJECT PINS SOCKET`, run in its namespace.
 *
 * It writes one JSON object a line: `{"ready":true}`, `{"health":...}`, `{"refused":...}`. On the Unix domain socket it
 * reads one a line, and answers each with one: `{"report":true}`, `{"register":NAME}`, `{"deregister":NAME}`, `{"modify":ATTRIBUTES}`.
 */
function main([configuration = "", object = "", pins = "", socket = ""]: readonly string[]): void {
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const parsed = emulatorConfigurationSchema.parse(JSON.parse(readFileSync(configuration, "utf8")));
  const emulator = new Emulator(parsed, object, pins, {
    onHealth: ({ name, health }) => {
      say({ health: { target: name, state: health.state } });
    },
    onRefused: ({ reason, length, start }) => {
      say({ refused: { reason, length, start: Buffer.from(start).toString("hex") } });
    },
  });
  createServer((client) => {
    answer(emulator, client);
  }).listen(socket, () => {
    say({ ready: true });
  });
  process.once("SIGTERM", () => {
    emulator.close();
    process.exit(0);
  });
}

function answer(emulator: Emulator, client: Socket): void {
  client.on("error", () => client.destroy());
  createInterface({ input: client }).on("line", (line) => {
    const asked = JSON.parse(line) as { report?: true; register?: string; deregister?: string; modify?: unknown };
    if (asked.register !== undefined) emulator.register(asked.register, true);
    if (asked.deregister !== undefined) emulator.register(asked.deregister, false);
    if (asked.modify !== undefined) emulator.modify(attributesSchema.parse(asked.modify));
    client.write(`${JSON.stringify(emulator.report())}\n`);
  });
}

main(process.argv.slice(2));
