import type { Lab } from "../../../tools/lab/lab";
import { eventually } from "../../support/namespaces";

/** Seconds for the first answers on a busy machine. */
const PATIENCE = 50;

/** Pings the internet's server from the client while `happening` does. @returns packets sent and received */
export async function whilePinging(
  lab: Lab,
  happening: () => Promise<unknown>,
): Promise<{ readonly sent: number; readonly received: number }> {
  const ping = lab.spawn("client", ["ping", "-n", "-i", "0.01", "198.51.100.80"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  ping.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await eventually(
    "the first ping",
    () => (said.includes("icmp_seq=5 ") ? true : undefined),
    () => said,
    PATIENCE,
  );
  await happening();
  const closed = new Promise((resolve) => ping.once("close", resolve));
  const inside = await lab.exec("client", "pgrep", "-x", "ping");
  for (const pid of inside.stdout.split("\n").filter(Boolean)) await lab.exec("client", "kill", "-INT", pid);
  await closed;
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? [];
  return { sent: Number(sent), received: Number(received) };
}
