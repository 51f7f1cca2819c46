import { readFileSync } from "node:fs";
import type { Condition } from "../health/readiness";

/** What the running agent tells of itself in a file, for `status` and for people. */
export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  /** RFC 3339; the file is written again at least every 10 s. */
  readonly writtenAt: string;
  readonly configuration: {
    /** Configurations taken into force since the start; 0 for none. */
    readonly generation: number;
    readonly preset?: string;
    readonly mode?: string;
    readonly origin?: string;
    readonly revision?: string;
    /** RFC 3339. */
    readonly loadedAt?: string;
    /** Why the newest text was refused. @default - it was not */
    readonly refused?: string;
    /** Why the source cannot be read. @default - it can */
    readonly unreadable?: string;
    /** Why the one in force could not be kept for the next boot. @default - it was */
    readonly unsaved?: string;
  };
  readonly ready: boolean;
  readonly conditions: readonly Condition[];
  /** Create or destroy hooks that failed, with what they printed. */
  readonly hookFailures: readonly string[];
  /** What is not as it should be and cannot be changed from here, ready or not. @default - nothing */
  readonly notices?: readonly string[];
}

/** @returns undefined when there is no such file, or none that an agent wrote */
export function readAgentStatus(path: string): AgentStatus | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as AgentStatus;
  } catch {
    return undefined;
  }
}
