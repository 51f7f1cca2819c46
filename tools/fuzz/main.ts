/**
 * Mutated packets through the programs that are attached to the underlay interface, without attaching them.
 *
 * Invariants: every packet is counted once; what is sent back is what came, both addresses of both outer layers swapped;
 * its outer checksum is right; what decap hands on is an IP packet of the length that it states. The first packet that
 * breaks one is printed in hexadecimal digits, with the seed.
 *
 * @example npx tsx tools/fuzz/main.ts 10000000 [seed]
 */
import { withNamespaces } from "../../__tests__/support/namespaces";
import { InboundName } from "../../__tests__/support/test-run";
import { fuzz } from "./fuzz";

const TOTAL = Number(process.argv[2] ?? 10_000_000);
const SEED = Number(process.argv[3] ?? Date.now() % 2 ** 31);
/** Of the packets, by program: the filter at tc is what most appliances run. */
const SHARES: readonly (readonly [InboundName, number])[] = [
  ["hairpin at tc", 0.5],
  ["hairpin at XDP", 0.25],
  ["decap", 0.25],
];

void (async () => {
  console.log(`seed ${String(SEED)}`);
  for (const [name, share] of SHARES)
    await withNamespaces({ hosts: [] }, (namespaces) => {
      const begun = performance.now();
      const { packets, counted, sent } = fuzz(namespaces, name, Math.round(TOTAL * share), SEED);
      const seconds = (performance.now() - begun) / 1000;
      console.log(
        `${name}: ${String(packets)} packets in ${seconds.toFixed(0)} s, ${String(sent)} sent on, all well-formed`,
      );
      for (const [reason, count] of counted) console.log(`  ${String(count).padStart(10)} ${reason}`);
    });
})().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
