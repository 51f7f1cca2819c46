/** Wakes a loop: at times that were set before, when somebody rings, and at the latest after a given pause. */
export class Alarm {
  private dueAt: number[] = [];
  private wake: (() => void) | undefined;

  /** Wakes the loop now; when it is awake, its next sleep ends at once. */
  ring(): void {
    this.dueAt.push(0);
    this.wake?.();
  }

  /** Wakes the loop after each of these many milliseconds. */
  ringAfter(milliseconds: readonly number[]): void {
    this.dueAt.push(...milliseconds.map((ms) => performance.now() + ms));
  }

  /** Sleeps until the next ring, `longestMs` at most. */
  async sleep(longestMs: number): Promise<void> {
    const now = performance.now();
    const pause = Math.min(...this.dueAt, now + longestMs) - now;
    if (pause > 0)
      await new Promise<void>((resolve) => {
        /* Timers count whole milliseconds and may end a fraction early, which would be a wake-up for nothing. */
        const timer = setTimeout(resolve, Math.ceil(pause) + 1);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.wake = undefined;
    this.dueAt = this.dueAt.filter((at) => at > performance.now());
  }
}
