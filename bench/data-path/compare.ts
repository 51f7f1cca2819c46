import type { Measurement, Series } from "./measure";

/** One line of the table: of the load with which the contestant returns most. */
export interface Comparison {
  /** Packets per second that were offered; 0: as fast as the generator goes. */
  readonly offered: number;
  /** Median of the rounds. */
  readonly returnedPerSecond: number;
  /** Median of the rounds. */
  readonly nanosecondsPerPacket: number;
  /** How many times the packets of the reference, and how many times less processor time; median of the rounds' ratios. */
  readonly toReference: { readonly packets: number; readonly processor: number } | undefined;
  /** With all loads. */
  readonly checked: number;
}

/**
 * A series against another that was measured in turns with it, each with the load that is best for it.
 *
 * @param reference of the same cell and rounds; undefined: there is none
 */
export function compare(series: Series, reference: Series | undefined): Comparison {
  const own = bestLoad(series);
  const other = reference && bestLoad(reference);
  return {
    offered: own[0]?.offered ?? NaN,
    returnedPerSecond: medianOf(own, "returnedPerSecond"),
    nanosecondsPerPacket: medianOf(own, "nanosecondsPerPacket"),
    toReference: other && {
      packets: medianRatio(own, other, "returnedPerSecond"),
      processor: medianRatio(other, own, "nanosecondsPerPacket"),
    },
    checked: series.loads.flat().reduce((sum, { checked }) => sum + checked, 0),
  };
}

/** The rounds of the load whose median round returns most: a lucky round of another does not count. */
function bestLoad({ loads }: Series): readonly Measurement[] {
  return loads.reduce((best, load) =>
    medianOf(load, "returnedPerSecond") > medianOf(best, "returnedPerSecond") ? load : best,
  );
}

const medianOf = (rounds: readonly Measurement[], member: keyof Measurement): number =>
  median(rounds.map((round) => round[member]));

const medianRatio = (over: readonly Measurement[], under: readonly Measurement[], member: keyof Measurement): number =>
  median(over.map((one, round) => one[member] / (under[round]?.[member] ?? NaN)));

/** The middle value; of an even number of values the upper of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
