import koffi from "koffi";
import { getSystemErrorName } from "node:util";

/** `enum bpf_attach_type`. */
const ATTACH_TYPE = { ingress: 46, egress: 47 } as const;
const LOOPBACK = 1;
const MOST = 64;

/**
 * What the kernel itself says is attached by tcx (BPF_PROG_QUERY): ids in the order in which packets meet the programs.
 *
 * @param interfaceIndex in this process's namespace
 * @returns undefined where the kernel has no tcx
 */
export function tcxPrograms(interfaceIndex: number, direction: keyof typeof ATTACH_TYPE): number[] | undefined {
  const query = koffi.load("libbpf.so.1").func("int bpf_prog_query(int, int, uint32_t, void *, void *, void *)") as (
    ...given: unknown[]
  ) => number;
  const ids = new Uint32Array(MOST);
  const count = Uint32Array.of(MOST);
  const result = query(interfaceIndex, ATTACH_TYPE[direction], 0, null, ids, count);
  if (result >= 0) return [...ids.subarray(0, count[0])];
  const code = getSystemErrorName(result);
  if (code === "ENOENT") return [];
  if (code === "EINVAL") return undefined;
  throw new Error(`BPF_PROG_QUERY: interface ${interfaceIndex}, got ${code}`);
}

/** Whether this kernel has tcx. */
export const hasTcx = (): boolean => tcxPrograms(LOOPBACK, "ingress") !== undefined;
