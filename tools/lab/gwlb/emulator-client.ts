import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { EmulatorReport } from "./emulator";
import type { Attributes } from "./emulator-configuration";

/** What the emulator's process can be asked. */
export type EmulatorQuestion =
  | { readonly report: true }
  | { readonly register: string }
  | { readonly deregister: string }
  | { readonly modify: Attributes };

/**
 * Asks the emulator's process, and gets its state afterwards.
 *
 * @param socket its Unix domain socket
 * @throws Error when it does not run
 */
export function askEmulator(socket: string, question: EmulatorQuestion): Promise<EmulatorReport> {
  return new Promise((resolve, reject) => {
    const client = connect(socket);
    const lines = createInterface({ input: client });
    // The reader of lines passes its input's errors on, and one that nobody listens to ends the process.
    lines.once("error", (cause: Error) => {
      reject(new Error(`lab: the load balancer does not answer, got ${cause.message}; look at its log`, { cause }));
    });
    client.on("error", () => undefined);
    client.once("close", () => {
      reject(new Error("lab: the load balancer ended before it answered; look at its log"));
    });
    lines.once("line", (line) => {
      resolve(JSON.parse(line) as EmulatorReport);
      client.destroy();
    });
    client.write(`${JSON.stringify(question)}\n`);
  });
}
