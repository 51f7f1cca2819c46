import { withNamespaces } from "../../tools/netns/namespaces";
import { applianceLink, namespacePlan, openAppliance } from "./appliance";
import { compare } from "./compare";
import { hasConnectionRoom, withConnectionRoom } from "./connection-room";
import type { Contestant, Running } from "./contestant";
import { markdownTable } from "./markdown-table";
import type { Entry, Match } from "./matches";
import { type Cell, type Duration, type Series, measureCell } from "./measure";
import { standStill } from "./turn";

const HEADER = [
  ...["mode", "inner bytes", "flows", "rules", "offered/s", "packets/s, one core", "CPU ns/packet"],
  ...["packets to reference", "CPU to reference", "checked"],
];

/**
 * Brings all contestants up, measures every cell, and removes everything whatever happens.
 *
 * @param progress told of each cell when it is done
 * @returns a Markdown table
 */
export async function play(match: Match, duration: Duration, progress: (line: string) => void): Promise<string> {
  return withConnectionRoom(trackedFlows(match), () => playWithRoom(match, duration, progress));
}

async function playWithRoom(match: Match, duration: Duration, progress: (line: string) => void): Promise<string> {
  const links = match.contestants.map((_, index) => applianceLink(index));
  return withNamespaces(namespacePlan(links), async (namespaces) => {
    const running = new Map<Contestant, Running>();
    for (const [index, { contestant }] of match.contestants.entries()) {
      const appliance = await openAppliance(namespaces, links[index] ?? applianceLink(index), contestant.hook);
      const started = await contestant.start(appliance);
      running.set(contestant, started);
      standStill(started);
      progress(`${contestant.name}, ${contestant.rules} rules: returns packets`);
    }
    const rows: (string | number)[][] = [];
    for (const cell of match.cells) {
      const able = [...running].filter(([it]) => it.tracksConnections !== true || hasConnectionRoom(cell.flows));
      const series = await measureCell(able, cell, duration);
      rows.push(...match.contestants.flatMap((entry) => row(entry, cell, series)));
      progress(markdownTable(HEADER, rows.slice(-match.contestants.length)));
    }
    return markdownTable(HEADER, rows);
  });
}

function row({ contestant, reference }: Entry, { innerBytes, flows }: Cell, series: readonly Series[]) {
  const own = series.find((one) => one.contestant === contestant);
  const cell = [contestant.name, innerBytes, flows, contestant.rules];
  if (!own) return [[...cell, "-", "-", "-", "-", "-", "-"]];
  const compared = compare(own, reference && series.find((one) => one.contestant === reference));
  const { offered, toReference, returnedPerSecond, nanosecondsPerPacket, checked } = compared;
  const ratio = (value: number | undefined) => (value === undefined ? "-" : `${value.toFixed(value < 10 ? 2 : 1)}x`);
  return [
    [
      ...cell,
      offered === 0 ? "flood" : offered,
      ...[Math.round(returnedPerSecond), Math.round(nanosecondsPerPacket)],
      ...[ratio(toReference?.packets), ratio(toReference?.processor), checked],
    ],
  ];
}

/** In the largest cell, of all contestants together: of the two sizes of connection tracking the buckets are shared. */
function trackedFlows({ contestants, cells }: Match): number {
  const trackers = contestants.filter(({ contestant }) => contestant.tracksConnections);
  return trackers.length * Math.max(...cells.map(({ flows }) => flows));
}
