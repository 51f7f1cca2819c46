/** How often the same message may appear in the log. */
export interface RepeatLimitOptions {
  /** Messages with the same text in one window. */
  readonly burst: number;
  /** Length of a window. */
  readonly windowMs: number;
}

interface Window {
  readonly startedAt: number;
  written: number;
  suppressed: number;
}

/** Texts that are remembered; past it the oldest is forgotten, so that varying texts cannot fill the memory. */
const MAX_TEXTS = 1000;

/** Decides which repeated messages are written, and how many were left out before one that is. */
export class LogRepeatLimit {
  private readonly windows = new Map<string, Window>();

  constructor(private readonly options: RepeatLimitOptions) {}

  /**
   * @param text the message without its varying fields
   * @param now milliseconds of a clock that does not go back
   * @returns how many were left out since the last one written; undefined when this one is to be left out too
   */
  admit(text: string, now: number): number | undefined {
    const last = this.windows.get(text);
    if (last !== undefined && now - last.startedAt < this.options.windowMs) {
      if (last.written < this.options.burst) {
        last.written += 1;
        return 0;
      }
      last.suppressed += 1;
      return undefined;
    }
    this.windows.delete(text);
    this.windows.set(text, { startedAt: now, written: 1, suppressed: 0 });
    const [oldest] = this.windows.keys();
    if (this.windows.size > MAX_TEXTS && oldest !== undefined) this.windows.delete(oldest);
    return last?.suppressed ?? 0;
  }
}
