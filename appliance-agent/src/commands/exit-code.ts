/**
 * What the process tells the shell; scripts and units depend on the numbers.
 *
 * 2 follows the shells' convention for wrong usage; the rest are ours.
 */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The kernel, the network or a file said no; the message says which. */
  failed: 1,
  /** Wrong arguments, or a configuration that is not valid. */
  usage: 2,
  /** There is no agent, or no data path, where the command looked. */
  notRunning: 3,
  /** The process lacks a capability; the message names it. */
  notPermitted: 4,
  /** Another agent holds the same pins. */
  busy: 5,
} as const;

/** One of `EXIT`'s numbers. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end of a command that its user can mend: printed without a stack trace, and the process exits with `code`. */
export class CommandError extends Error {
  /** @param code what the process exits with */
  constructor(
    readonly code: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "CommandError";
  }
}
