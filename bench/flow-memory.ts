/**
 * How much kernel memory does a remembered flow take? One table: the flow table's size by the number of flows it has room
 * for, as the kernel accounts it. The memory is taken when the table is made, however many flows there are.
 *
 * @example npx tsx bench/flow-memory.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withNamespaces } from "../tools/netns/namespaces";
import { loadProgram } from "../appliance-agent/src/datapath/bpf-object";
import { machineLine } from "./data-path/machine";
import { markdownTable } from "./data-path/markdown-table";

const SIZES = [1024, 65_536, 262_144, 1_048_576];
const OBJECT = join(__dirname, "../appliance-agent/ebpf/decap.bpf.o");

/** Bytes, as the kernel charges the map. */
function bytesOf(fd: number): number {
  const [, bytes] = /^memlock:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number(bytes);
}

void withNamespaces({ hosts: [] }, ({ bpffs }) => {
  const rows = SIZES.map((entries) => {
    const begun = performance.now();
    const mapDirectory = join(bpffs, String(entries));
    const program = loadProgram({ path: OBJECT, program: "decap", mapDirectory, maxEntries: { flows: entries } });
    const milliseconds = performance.now() - begun;
    const bytes = bytesOf(program.maps.get("flows")?.fd ?? -1);
    program.close();
    return [entries, (bytes / 2 ** 20).toFixed(1), (bytes / entries).toFixed(0), milliseconds.toFixed(0)];
  });
  const header = ["maxFlows", "MiB", "bytes a flow", "to load the program, ms"];
  console.log(`${machineLine("npx tsx bench/flow-memory.ts")}\n\n${markdownTable(header, rows)}`);
});
