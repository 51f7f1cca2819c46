import { withAllMembers } from "../../../../tools/offline-plan/planning/with-all-members";
import type { CtyType } from "../../../../tools/offline-plan/schema/schema";

const ROUTE: CtyType = ["object", { cidr_block: "string", gateway_id: "string", inner: ["object", { on: "bool" }] }];

test.each<[type: CtyType, given: unknown, whole: unknown]>([
  [["list", ROUTE], [{ cidr_block: "0.0.0.0/0" }], [{ cidr_block: "0.0.0.0/0", gateway_id: null, inner: null }]],
  [["set", ROUTE], [{ inner: {} }], [{ cidr_block: null, gateway_id: null, inner: { on: null } }]],
  [["map", ["object", { a: "number" }]], { x: {} }, { x: { a: null } }],
  [["list", "string"], ["a"], ["a"]],
  ["string", "a", "a"],
  [ROUTE, null, null],
])("of %j, %j becomes %j", (type, given, whole) => {
  expect(withAllMembers(given as never, type)).toEqual(whole);
});

test("what is of another type is left for Terraform to refuse", () => {
  expect(withAllMembers("text", ROUTE)).toBe("text");
  expect(withAllMembers({ extra: 1 }, ["object", {}])).toEqual({ extra: 1 });
});
