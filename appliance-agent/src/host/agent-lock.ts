import { closeSync, constants, fstatSync, mkdirSync, openSync, statSync } from "node:fs";
import { libc } from "./libc";

/** flock(2): an exclusive lock, without waiting. */
const LOCK_EX_NB = 2 | 4;

/** A lock that lasts until it is released or the process ends, however it ends. */
export interface AgentLock {
  release(): void;
}

/**
 * Makes this process the only agent that changes what is pinned in a directory.
 *
 * The lock is on the directory of the pins itself, so that agents with other pins do not meet, and no stale file is
 * left by one that was killed.
 *
 * @param pins directory on a BPF file system; made when it does not exist
 * @returns undefined when another process holds it
 */
export function lockPins(pins: string): AgentLock | undefined {
  for (;;) {
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    const fd = openSync(pins, constants.O_RDONLY | constants.O_DIRECTORY);
    if (libc().flock(fd, LOCK_EX_NB) !== 0) {
      closeSync(fd);
      return undefined;
    }
    if (isStillAt(pins, fd)) return { release: () => closeSync(fd) };
    closeSync(fd); /* `unload` removed the directory in between: lock the new one. */
  }
}

/** Whether some process holds the lock; never makes the directory. */
export function isLocked(pins: string): boolean {
  let fd: number;
  try {
    fd = openSync(pins, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return false;
  }
  const locked = libc().flock(fd, LOCK_EX_NB) !== 0;
  closeSync(fd);
  return locked;
}

function isStillAt(path: string, fd: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.ino === fstatSync(fd).ino;
}
