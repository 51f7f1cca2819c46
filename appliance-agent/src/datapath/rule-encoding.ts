import type { IntervalTable } from "../rules/interval-table";
import { RuleTable } from "../rules/rule-table";

/** Keys of one search node; it has one child more. Mirrored in ebpf/rule_table.h. */
export const NODE_KEYS = 16;
const NO_ROW = 0xffff_ffff;
/** Bytes of `struct ipv4_node`. */
export const IPV4_NODE_BYTES = 128;
/** Bytes of `struct ipv6_node`. */
export const IPV6_NODE_BYTES = 320;
/** Bytes of `struct rule_classes`. */
export const RULE_CLASSES_BYTES = 10_344;
/** Bytes of `struct port_rows`. */
export const PORT_ROWS_BYTES = 262_144;
/** Bytes of `struct rule_row`. */
export const RULE_ROW_BYTES = 264;
/** Bytes of `struct rule_chunk`. */
export const RULE_CHUNK_BYTES = 128;
/** Bytes of `struct rule_name`. */
export const RULE_NAME_BYTES = 64;

/** `struct rule_classes`: the numbers of the rows that depend on neither an address nor a port. */
export function encodeRuleClasses(table: RuleTable): Buffer {
  const bytes = Buffer.alloc(RULE_CLASSES_BYTES);
  bytes.write(table.id, "hex");
  const { ipv4, ipv6, ports, icmpType, protocol, endpoint } = table;
  const words = [
    ...[table.names.length, table.defaultAction === "drop" ? 1 : 0],
    ...[ports.source.absent, ports.destination.absent, ports.source.unknown, ports.destination.unknown],
    ...[icmpType.absent, icmpType.unknown, protocol.unknown, endpoint.others, endpoint.rows.size],
    ...[ipv4.source, ipv4.destination, ipv6.source, ipv6.destination].map(onlyRow),
    ...[ports.source.table, ports.destination.table].map(onlyRow),
    0,
    ...protocol.rows,
    ...icmpType.rows,
  ];
  words.forEach((word, index) => bytes.writeUInt32LE(word, 32 + 4 * index));
  const dropsAt = 32 + 4 * words.length;
  for (const rule of table.drops) {
    const at = dropsAt + (rule >>> 3); // little endian: bit n of the 64-bit words is bit n % 8 of byte n / 8
    bytes.writeUInt8(bytes.readUInt8(at) | (1 << (rule & 7)), at);
  }
  return bytes;
}

/** The row of every address or port, when all have the same; else NO_ROW. */
function onlyRow({ row }: IntervalTable): number {
  const [only] = row;
  return row.length === 1 && only !== undefined ? only : NO_ROW;
}

/** What `encodeRuleClasses` keeps of a table for the agent itself. */
export function decodeRuleClasses(bytes: Buffer): { id: string; rules: number } {
  return { id: bytes.toString("hex", 0, 32), rules: bytes.readUInt32LE(32) };
}

/** `struct port_rows` of one side: the row of each port. */
export function encodePortRows(table: IntervalTable): Buffer {
  const rows = new Uint32Array(65_536);
  table.first.forEach((first, index) => {
    rows.fill(table.row[index] ?? 0, Number(first));
  });
  return Buffer.from(rows.buffer);
}

/** All nodes of `struct ipv4_node`, in order. */
export function encodeIpv4Nodes(table: IntervalTable): Buffer {
  return encodeNodes(table, IPV4_NODE_BYTES, 0xffff_ffffn, (bytes, at, key, first) => {
    bytes.writeUInt32LE(Number(first), at + 4 * key);
    return at + 4 * NODE_KEYS;
  });
}

/** All nodes of `struct ipv6_node`, in order. */
export function encodeIpv6Nodes(table: IntervalTable): Buffer {
  return encodeNodes(table, IPV6_NODE_BYTES, (1n << 128n) - 1n, (bytes, at, key, first) => {
    bytes.writeBigUInt64LE(first >> 64n, at + 8 * key);
    bytes.writeBigUInt64LE(first & 0xffff_ffff_ffff_ffffn, at + 8 * (NODE_KEYS + key));
    return at + 16 * NODE_KEYS;
  });
}

/**
 * A search tree without pointers: child i of node n is 17 n + i + 1. Filled in order, so that its keys ascend from left to
 * right; keys that are left over at the end are the highest number and lead where the last interval leads.
 */
function encodeNodes(
  table: IntervalTable,
  nodeBytes: number,
  highest: bigint,
  writeFirst: (bytes: Buffer, nodeAt: number, key: number, first: bigint) => number,
): Buffer {
  const nodes = Math.ceil(table.first.length / NODE_KEYS);
  const bytes = Buffer.alloc(nodes * nodeBytes);
  const lastRow = table.row.at(-1) ?? 0;
  let next = 0;
  const fill = (node: number): void => {
    if (node >= nodes) return;
    for (let key = 0; key < NODE_KEYS; key++) {
      fill(node * (NODE_KEYS + 1) + key + 1);
      const rowsAt = writeFirst(bytes, node * nodeBytes, key, table.first[next] ?? highest);
      bytes.writeUInt32LE(table.row[next] ?? lastRow, rowsAt + 4 * key);
      next++;
    }
    fill(node * (NODE_KEYS + 1) + NODE_KEYS + 1);
  };
  fill(0);
  return bytes;
}

/** All rows, `struct rule_row`, in order. */
export function encodeRows({ rows, chunks }: RuleTable["bitmaps"]): Buffer {
  const filled = Uint8Array.from(chunks, (words) => Number(words.some((word) => word !== 0)));
  const words = new Uint32Array((rows.length * RULE_ROW_BYTES) / 4);
  rows.forEach((row, index) => {
    const at = index * (RULE_ROW_BYTES / 4);
    words.set(row, at + 2);
    for (let position = 0; position < row.length; position++)
      if (filled[row[position] as number])
        words[at + (position >>> 5)] = (words[at + (position >>> 5)] as number) | (1 << (position & 31));
  });
  return Buffer.from(words.buffer);
}

/** All chunks, `struct rule_chunk`, in order. */
export function encodeChunks({ chunks }: RuleTable["bitmaps"]): Buffer {
  return Buffer.concat(chunks.map((words) => Buffer.from(words.buffer, words.byteOffset, words.byteLength)));
}

/** All names, `struct rule_name`, in order; a name has at most 63 ASCII characters. */
export function encodeNames(names: readonly string[]): Buffer {
  const bytes = Buffer.alloc(names.length * RULE_NAME_BYTES);
  names.forEach((name, index) => bytes.write(name, index * RULE_NAME_BYTES, "ascii"));
  return bytes;
}

/** The reverse of `encodeNames`. */
export function decodeNames(bytes: Buffer): string[] {
  return Array.from({ length: bytes.length / RULE_NAME_BYTES }, (_, index) => {
    const at = index * RULE_NAME_BYTES;
    return bytes.toString("ascii", at, bytes.indexOf(0, at));
  });
}
