import type { Appliance } from "./appliance";

const DEADLINE_SECONDS = 20;

/**
 * Resolves when the appliance returns packets.
 *
 * @param failure why it never will, or undefined
 * @throws Error with that reason, or when nothing came back in 20 seconds
 */
export async function returnsPackets(appliance: Appliance, failure: () => string | undefined): Promise<void> {
  const end = Date.now() + DEADLINE_SECONDS * 1000;
  for (;;) {
    const { everReturned, everSent } = await appliance.send({
      ...{ flows: 16, innerBytes: 64 },
      ...{ packetsPerSecond: 1000, mostPackets: 16, seconds: 0.05 },
    });
    if (everReturned === everSent) return;
    const reason = failure();
    if (reason !== undefined) throw new Error(`bench: ${reason}`);
    if (Date.now() > end)
      throw new Error(
        `bench: the appliance returns no packets, got ${everReturned} of ${everSent} after ${DEADLINE_SECONDS} s; see its log`,
      );
  }
}
