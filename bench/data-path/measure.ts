import { loadavg } from "node:os";
import type { Contestant, Running } from "./contestant";
import { CORES } from "./cores";
import type { RunResult } from "./generator";
import { threadNamed } from "./processor-time";
import { inTurn } from "./turn";

/** What is sent in one measurement. */
export interface Cell {
  readonly innerBytes: number;
  readonly flows: number;
}

/** One measurement of one contestant. */
export interface Measurement {
  /** Packets per second that were offered; 0: as fast as the generator goes. */
  readonly offered: number;
  readonly returnedPerSecond: number;
  /** Processor time of the data path for each packet that came back. */
  readonly nanosecondsPerPacket: number;
  /** Packets that were compared byte by byte. */
  readonly checked: number;
  /** Load average of the last minute, of the whole machine. */
  readonly load: number;
}

/** A contestant's measurements in one cell: of each of its offered loads, one a round. */
export interface Series {
  readonly contestant: Contestant;
  readonly loads: readonly (readonly Measurement[])[];
}

/** How often and how long. */
export interface Duration {
  readonly rounds: number;
  /** Of each measurement, after its warm-up. */
  readonly seconds: number;
}

const WARM_SECONDS = 0.3;
/** The warm-up of many flows is as long as a flood takes to send each once, so that what is measured is a table that knows them. */
const WARM_FLOWS_PER_SECOND = 500_000;

/**
 * Measures one cell: round after round, in each of them every contestant with each of its loads, one right after the other,
 * so that a slow moment of the machine hits all alike. Of all processes on the data path's processor only that of the one
 * that is measured goes on.
 *
 * @param contestants standing still, as they do afterwards
 * @throws Error when a packet came back otherwise than it should, or with no load in most rounds
 */
export async function measureCell(
  contestants: readonly (readonly [Contestant, Running])[],
  cell: Cell,
  { rounds, seconds }: Duration,
): Promise<Series[]> {
  const series = contestants.map(([contestant, running]) => ({
    ...{ contestant, running },
    loads: contestant.offered.map((): Measurement[] => []),
  }));
  for (let round = 0; round < rounds; round++)
    for (const { contestant, running, loads } of series)
      await inTurn(running, async () => {
        for (const [load, offered] of contestant.offered.entries())
          loads[load]?.push(await measure(contestant, running, cell, offered, seconds));
      });
  series.forEach(refuseNothing);
  return series;
}

async function measure(
  contestant: Contestant,
  { appliance, pids }: Running,
  cell: Cell,
  offered: number,
  seconds: number,
): Promise<Measurement> {
  /* What is too much for the receiving thread's turn goes on in this one. */
  const overflow = threadNamed(`ksoftirqd/${CORES.dataPath}`);
  const result = await appliance.send({
    ...cell,
    packetsPerSecond: offered,
    warmSeconds: offered === 0 ? Math.max(WARM_SECONDS, cell.flows / WARM_FLOWS_PER_SECOND) : WARM_SECONDS,
    seconds,
    pids: [...pids(), overflow],
  });
  refuseWrong(contestant, result);
  return {
    offered,
    returnedPerSecond: result.returned / result.seconds,
    nanosecondsPerPacket: result.processorNanoseconds / result.returned,
    checked: result.checked,
    load: loadavg()[0] ?? NaN,
  };
}

function refuseWrong({ name }: Contestant, { wrong, checked }: RunResult): void {
  if (Object.keys(wrong).length > 0)
    throw new Error(`bench: ${name} returned wrong packets, got ${JSON.stringify(wrong)} of ${checked} checked`);
}

/** With one of its loads it returns something in most rounds; a flood may starve a program in others. */
function refuseNothing({ contestant: { name }, loads }: Series): void {
  const returns = (round: Measurement) => round.returnedPerSecond > 0 && round.checked > 0;
  if (!loads.some((rounds) => 2 * rounds.filter(returns).length > rounds.length))
    throw new Error(`bench: ${name} returned nothing that could be checked in most rounds; see its log`);
}
