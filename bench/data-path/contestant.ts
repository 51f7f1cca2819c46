import type { Appliance } from "./appliance";

/** A program under measurement on an appliance of its own. */
export interface Running {
  readonly appliance: Appliance;
  /** Processes and threads whose processor time is the data path's. */
  pids(): number[];
  /** A process on the data path's processor, which is stopped while others are measured. @default - none */
  readonly process?: number;
}

/** One way of being an appliance. */
export interface Contestant {
  /** For the table. */
  readonly name: string;
  /** Where it sends from. */
  readonly hook: "tc" | "xdp";
  /** Rules in its list, for the table. */
  readonly rules: number;
  /** Its packets pass the kernel's connection tracking, which has room for so many. @default false */
  readonly tracksConnections?: boolean;
  /** Packets per second that are offered in turns; the load whose median is best counts. 0: as fast as the generator goes. */
  readonly offered: readonly number[];
  /** Starts it; resolves when packets come back. */
  start(appliance: Appliance): Promise<Running>;
}
