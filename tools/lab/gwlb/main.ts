import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Emulator } from "./emulator";
import { emulatorConfigurationSchema } from "./emulator-configuration";

/**
 * The process of the emulated load balancer: `main.ts CONFIGURATION OBJECT PINS`, run in its namespace.
 *
 * It writes one JSON object a line: `{"ready":true}`, `{"health":...}`, `{"refused":...}`; and reads one a line:
 * `{"report":true}`, answered by `{"report":...}`, `{"register":NAME}`, `{"deregister":NAME}`. It ends with its input.
 */
function main([configuration = "", object = "", pins = ""]: readonly string[]): void {
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
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const asked = JSON.parse(line) as { report?: true; register?: string; deregister?: string };
    if (asked.register !== undefined) emulator.register(asked.register, true);
    if (asked.deregister !== undefined) emulator.register(asked.deregister, false);
    if (asked.report) {
      say({
        report: { targets: emulator.readTargets(), refusals: emulator.readRefusals(), flows: emulator.readFlows() },
      });
    }
  });
  lines.on("close", () => {
    emulator.close();
    process.exit(0);
  });
  say({ ready: true });
}

main(process.argv.slice(2));
