import { getSystemErrorName } from "node:util";

/** A call of bpf(2) or libbpf that failed: `<where>: <what>, got <errno name>; <what to do>`. */
export class BpfError extends Error {
  override readonly name = "BpfError";

  /**
   * @param code name of the errno, as `EPERM`
   * @param log what the kernel's verifier wrote. @default - it was not asked
   */
  constructor(
    where: string,
    what: string,
    readonly code: string,
    remedy = REMEDIES[code],
    readonly log?: string,
  ) {
    super(`${where}: ${what}, got ${code}${remedy ? `; ${remedy}` : ""}`);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
  ENOMEM: "free memory, or lower maxFlows or the number of rules",
  EINVAL: "the kernel does not know this feature: Linux 6.1 or later is needed",
  ENODEV: "name an interface that exists",
};

/**
 * @param result what libbpf returned: a negative errno when it failed
 * @returns `result` when it is not an error
 * @throws BpfError
 */
export function checked(where: string, what: string, result: number): number {
  if (result >= 0) return result;
  throw new BpfError(where, what, errnoName(result));
}

/** The name of a negative errno; some of the kernel's are unknown to libuv, as ENOTSUPP (524). */
export function errnoName(result: number): string {
  const name = getSystemErrorName(result);
  return /^E[A-Z0-9]+$/.test(name) ? name : `errno ${-result}`;
}
