/**
 * Mutated packets through the programs that are attached to the underlay interface, without attaching them; then a flood of
 * them over a link at a running agent, in both modes.
 *
 * Invariants: every packet is counted once; what is sent back is what came, both addresses of both outer layers swapped;
 * its outer checksum is right; what decap hands on is an IP packet of the length that it states. The first packet that
 * breaks one is printed in hexadecimal digits, with the seed. Of the flood also: the agent stays ready, and a well-formed
 * flow among the frames loses nothing (flood.ts).
 *
 * @example npx tsx tools/fuzz/main.ts 10000000 [seed]
 */
import { withNamespaces } from "../netns/namespaces";
import { InboundName } from "../test-run/loaded-for-test";
import { flood, floodProblems } from "./flood";
import { fuzz } from "./fuzz";
import { wholeNumberArgument } from "../setup/whole-number";

const TOTAL = wholeNumberArgument("fuzz PACKETS", process.argv[2], 10_000_000);
const SEED = wholeNumberArgument("fuzz SEED", process.argv[3], Date.now() % 2 ** 31);
/** Of the packets, by program: the filter at tc is what most appliances run. */
const SHARES: readonly (readonly [InboundName, number])[] = [
  ["hairpin at tc", 0.5],
  ["hairpin at XDP", 0.25],
  ["decap", 0.25],
];

/** Frames of the live flood, for each mode, as a share of the packets; and at most. */
const FLOOD_SHARE = 0.1;
const MOST_FLOOD_FRAMES = 1_000_000;
/** Mutating and judging them in JavaScript is what bounds it. */
const FLOOD_FRAMES_PER_SECOND = 20_000;

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
  for (const mode of ["hairpin", "routed"] as const) {
    const frames = Math.min(MOST_FLOOD_FRAMES, Math.round(TOTAL * FLOOD_SHARE));
    const report = await flood(mode, { frames, seconds: 10 + (2 * frames) / FLOOD_FRAMES_PER_SECOND, seed: SEED });
    const problems = floodProblems(mode, report);
    if (problems.length > 0) throw new Error(`fuzz: flood, ${mode}, seed ${SEED}: ${problems.join("; ")}`);
    const { sent, seconds, wellFormed, asked } = report;
    console.log(
      `live flood, ${mode}: ${sent} frames in ${seconds.toFixed(0)} s, each counted once; ` +
        `${wellFormed.returned} of ${wellFormed.sent} well-formed ones back; ready ${asked} of ${asked} times`,
    );
  }
})().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
