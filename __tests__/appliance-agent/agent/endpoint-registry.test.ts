import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EndpointRegistry, knownEndpoints, MAX_ENDPOINTS } from "../../../appliance-agent/src/agent/endpoint-registry";
import { JsonFile } from "../../../appliance-agent/src/agent/json-file";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "registry-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => join(directory, "run", "endpoints.json");
const file = (damaged?: (problem: string) => void) => new JsonFile(path(), knownEndpoints, damaged);
const A = "00000000000000aa";
const B = "00000000000000bb";

test("gives each endpoint its devices and a slot that stays over a restart", () => {
  const registry = new EndpointRegistry(file());
  registry.add([A, B]);
  registry.add([B]);
  const served = [
    { ...endpointDevices(A), slot: 1 },
    { ...endpointDevices(B), slot: 2 },
  ];
  expect(registry.served()).toEqual(served);
  expect(new EndpointRegistry(file()).served()).toEqual(served);
});

test("believes the kernel's routing tables more than its file", () => {
  new EndpointRegistry(file()).add([A]);
  expect(new EndpointRegistry(file(), new Map([[endpointDevices(A).ingress, 7]])).served()[0]?.slot).toBe(7);
});

test("remembers which hooks were run, and which failed", () => {
  const registry = new EndpointRegistry(file());
  registry.add([A, B]);
  registry.recordHook(A, { createHook: "/create.sh", destroyHook: "/destroy.sh", hookFailure: "exit 1" });
  const again = new EndpointRegistry(file());
  expect([[...again.hooksRun()], again.hookFailures()]).toEqual([[A], ["exit 1"]]);
});

test("refuses endpoints beyond the most it serves", () => {
  const registry = new EndpointRegistry(file());
  const many = Array.from({ length: MAX_ENDPOINTS + 2 }, (_, i) => i.toString(16).padStart(16, "0"));
  expect(registry.add(many)).toEqual(many.slice(MAX_ENDPOINTS));
  expect(registry.served()).toHaveLength(MAX_ENDPOINTS);
});

test.each([
  "{",
  "null",
  "[]",
  '{"zz":{}}',
  '{"zz":{"slot":1}}',
  '{"00000000000000aa":null}',
  '{"00000000000000aa":{"slot":"x"}}',
  '{"00000000000000aa":{"slot":99999}}',
])("begins anew when its file is damaged, and says so: %s", (text) => {
  new EndpointRegistry(file()).add([A]);
  writeFileSync(path(), text);
  const problems: string[] = [];
  const registry = new EndpointRegistry(file((problem) => problems.push(problem)));
  expect(problems).toEqual([`${path()}: damaged, got '${text}'; read as empty, written anew`]);
  registry.add([B]);
  expect(new EndpointRegistry(file()).served()).toEqual([{ ...endpointDevices(B), slot: 1 }]);
});

test("says nothing when there is no file yet", () => {
  const problems: string[] = [];
  new EndpointRegistry(file((problem) => problems.push(problem)));
  expect(problems).toEqual([]);
});
