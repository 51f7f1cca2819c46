import { closeSync, openSync } from "node:fs";
import type { Server } from "node:net";
import koffi from "koffi";

/** `CLONE_NEWNET` of setns(2). */
const NETWORK_NAMESPACE = 0x4000_0000;

/** Where a server listens. */
export interface ListenAddress {
  /** File of the network namespace. */
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
}

/**
 * Has a server listen in another network namespace: a socket belongs to the one that it was made in.
 *
 * One at a time, and nothing else may open sockets meanwhile; the process is back in its own namespace afterwards.
 *
 * @throws Error when the namespace cannot be entered or the address is taken
 */
export async function listenInNamespace(server: Server, { namespace, address, port }: ListenAddress): Promise<void> {
  const own = openSync("/proc/self/ns/net", "r");
  try {
    enter(namespace);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port }, resolve);
    });
  } finally {
    enterFile(own, "its own namespace");
    closeSync(own);
  }
}

function enter(namespace: string): void {
  const file = openSync(namespace, "r");
  try {
    enterFile(file, namespace);
  } finally {
    closeSync(file);
  }
}

function enterFile(file: number, name: string): void {
  const setns = koffi.load("libc.so.6").func("int setns(int fd, int kind)") as (fd: number, kind: number) => number;
  if (setns(file, NETWORK_NAMESPACE) !== 0)
    throw new Error(`lab: cannot enter ${name}, got errno ${String(koffi.errno())}`);
}
