import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EVERY_RULE, CHUNK_BITS, ROW_CHUNKS } from "../../../appliance-agent/src/rules/rule-bitmap";
import { MAX_RULES } from "../../../appliance-agent/src/rules/agent-configuration";
import { DROP_REASONS } from "../../../appliance-agent/src/drop-reason";
import { DIRECT_ENDPOINT_BYTES } from "../../../appliance-agent/src/datapath/endpoint-entry";
import { FLOW_BYTES, FLOW_KEY_BYTES, GENEVE_KEPT_BYTES } from "../../../appliance-agent/src/datapath/flow-entry";
import { PACKET_COUNTERS } from "../../../appliance-agent/src/datapath/packet-counters";
import {
  IPV4_NODE_BYTES,
  IPV6_NODE_BYTES,
  NODE_KEYS,
  RULE_CLASSES_BYTES,
  RULE_ROW_BYTES,
} from "../../../appliance-agent/src/datapath/rule-encoding";
import { RULE_MAPS } from "../../../appliance-agent/src/datapath/rule-maps";
import { SETTINGS_BYTES } from "../../../appliance-agent/src/datapath/settings";

const header = (name: string) => readFileSync(join(__dirname, "../../../appliance-agent/ebpf", name), "utf8");

/** Names of an enum, without their prefix, in lower case. */
function enumNames(file: string, prefix: string): string[] {
  return [...header(file).matchAll(new RegExp(`^\\t${prefix}_(\\w+),`, "gm"))].map(([, name = ""]) =>
    name.toLowerCase(),
  );
}

/** What the C compiler has been made to check. */
function structBytes(file: string, name: string): number {
  return Number(new RegExp(`_Static_assert\\(sizeof\\(struct ${name}\\) == (\\d+)`).exec(header(file))?.[1]);
}

const defined = (file: string, name: string): number =>
  Number(new RegExp(`^#define ${name} (\\d+)`, "m").exec(header(file))?.[1]);

test("C and TypeScript list the same drop reasons in the same order", () => {
  const names = [...header("drop_reason.h").matchAll(/^\tDROP_(\w+),$/gm)].map(([, name]) => name?.toLowerCase());
  expect(names).toEqual([...DROP_REASONS, "reasons"]);
});

test("C and TypeScript list the same packet counters in the same order", () => {
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  expect(enumNames("counters.h", "COUNT").map(camel)).toEqual(PACKET_COUNTERS);
});

test.each([
  ["settings.h", "settings", SETTINGS_BYTES],
  ["flows.h", "flow_key", FLOW_KEY_BYTES],
  ["flows.h", "flow", FLOW_BYTES],
  ["endpoints.h", "direct_endpoint", DIRECT_ENDPOINT_BYTES],
  ["rule_table.h", "rule_classes", RULE_CLASSES_BYTES],
  ["rule_table.h", "ipv4_node", IPV4_NODE_BYTES],
  ["rule_table.h", "ipv6_node", IPV6_NODE_BYTES],
  ["rule_table.h", "rule_row", RULE_ROW_BYTES],
])("%s: struct %s has as many bytes in C as in TypeScript", (file, name, bytes) => {
  expect(structBytes(file, name)).toBe(bytes);
});

test.each([
  ["rule_table.h", "MAX_RULES", MAX_RULES],
  ["rule_table.h", "CHUNK_BITS", CHUNK_BITS],
  ["rule_table.h", "NODE_KEYS", NODE_KEYS],
  ["rule_table.h", "EVERY_RULE", EVERY_RULE],
  ["flows.h", "GENEVE_KEPT", GENEVE_KEPT_BYTES],
])("%s: %s is the same number in C and in TypeScript", (file, name, value) => {
  expect(defined(file, name)).toBe(value);
});

test("a row has room for every rule", () => {
  expect(ROW_CHUNKS * CHUNK_BITS).toBe(MAX_RULES);
});

test("every rule map of the C header is written by TypeScript", () => {
  const names = [...header("rule_table.h").matchAll(/^GENERATION_MAP\((\w+),/gm)].map(([, name]) => name);
  expect([...names, "rule_generation"]).toEqual([...RULE_MAPS]);
});

test("no program drops a packet without a reason", () => {
  const sources = [
    "decap.bpf.c",
    "encap.bpf.c",
    "hairpin.bpf.c",
    "hairpin-xdp.bpf.c",
    "hairpin.h",
    "inspect.h",
    "outer.h",
  ];
  const returns = /return (XDP_DROP|TC_ACT_SHOT|VERDICT_DROP)\b/;
  for (const source of sources) expect(header(source)).not.toMatch(returns);
  expect(header("counters.h")).toMatch(returns); // drop() itself
});
