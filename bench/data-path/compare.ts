import type { Measurement, Series } from "./measure";

/** One line of the table. */
export interface Comparison {
  /** Median of the rounds. */
  readonly returnedPerSecond: number;
  /** Median of the rounds. */
  readonly nanosecondsPerPacket: number;
  /** How many times the packets of the reference, and how many times less processor time; median of the rounds' ratios. */
  readonly toReference: { readonly packets: number; readonly processor: number } | undefined;
  readonly checked: number;
}

/**
 * A series against another that was measured in turns with it.
 *
 * @param reference of the same cell and rounds; undefined: there is none
 */
export function compare({ rounds }: Series, reference: Series | undefined): Comparison {
  const of = (member: keyof Measurement, from = rounds) => from.map((round) => round[member]);
  const ratios = (over: readonly number[], under: readonly number[]) =>
    median(over.map((value, round) => value / (under[round] ?? NaN)));
  return {
    returnedPerSecond: median(of("returnedPerSecond")),
    nanosecondsPerPacket: median(of("nanosecondsPerPacket")),
    toReference: reference && {
      packets: ratios(of("returnedPerSecond"), of("returnedPerSecond", reference.rounds)),
      processor: ratios(of("nanosecondsPerPacket", reference.rounds), of("nanosecondsPerPacket")),
    },
    checked: of("checked").reduce((sum, checked) => sum + checked, 0),
  };
}

/** The middle value; of an even number of values the upper of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
