import { performance } from "node:perf_hooks";
import pino from "pino";
import { LogRepeatLimit } from "./log-repeat-limit";

/** Where the agent writes what happens: one JSON object a line; the text is constant, what varies is in fields. */
export type Log = pino.Logger;

/** Least important level that is written. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The same text at most 10 times in 10 seconds: a flapping device or a dead S3 must not fill a disk. */
const REPEATS = { burst: 10, windowMs: 10_000 };

/**
 * Opens the log; every line is written before the call returns, so that a crash loses none.
 *
 * @param destination file descriptor or path @default 1, standard output
 */
export function openLog(level: LogLevel, destination: number | string = 1): Log {
  const limit = new LogRepeatLimit(REPEATS);
  return pino(
    {
      level,
      base: undefined,
      messageKey: "message",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
      hooks: {
        logMethod(given, write) {
          const [fields, text] = typeof given[0] === "string" ? [{}, given[0]] : [given[0] as object, given[1]];
          const suppressed = limit.admit(String(text), performance.now());
          if (suppressed === undefined) return;
          write.apply(this, [suppressed ? { ...fields, suppressed } : fields, text] as unknown as typeof given);
        },
      },
    },
    pino.destination({ dest: destination, sync: true }),
  );
}
