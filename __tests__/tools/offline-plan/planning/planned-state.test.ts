import { completedState } from "../../../../tools/offline-plan/planning/completed-state";
import { plannedState, replacedBy } from "../../../../tools/offline-plan/planning/planned-state";
import { UNKNOWN, type CtyObject } from "../../../../tools/offline-plan/protocol/cty-value";
import type { Block } from "../../../../tools/offline-plan/schema/schema";

const block: Block = {
  attributes: {
    id: { type: "string", computed: true },
    name: { type: "string", optional: true },
    zone: { type: "string", optional: true, computed: true },
    secret_wo: { type: "string", optional: true, writeOnly: true },
    ids: { type: ["list", "string"], computed: true },
  },
  blocks: {
    rule: {
      nesting: "list",
      block: {
        attributes: { port: { type: "number", optional: true }, rule_id: { type: "string", computed: true } },
        blocks: {},
      },
    },
  },
};

const nothing = { known: {}, defaults: {} };
const empty: CtyObject = { id: null, name: null, zone: null, secret_wo: null, ids: null, rule: [] };

test("on creation what is computed and not configured is unknown", () => {
  const config = { ...empty, name: "a", rule: [{ port: 1, rule_id: null }] };
  expect(plannedState(block, { prior: null, proposed: config, config }, nothing)).toEqual({
    id: UNKNOWN,
    name: "a",
    zone: UNKNOWN,
    secret_wo: null,
    ids: UNKNOWN,
    rule: [{ port: 1, rule_id: UNKNOWN }],
  });
});

test("on update what is computed stays", () => {
  const prior = { ...empty, id: "i-1", zone: "z", ids: ["x"], name: "a" };
  const config = { ...empty, name: "b" };
  expect(plannedState(block, { prior, proposed: { ...prior, name: "b" }, config }, nothing)).toMatchObject({
    id: "i-1",
    zone: "z",
    name: "b",
  });
});

test("a configured value wins over what is known, and that over a default", () => {
  const plan = (config: CtyObject, known: CtyObject) =>
    plannedState(
      block,
      { prior: null, proposed: config, config },
      { known, defaults: { zone: "default", name: "default" } },
    );
  expect(plan({ ...empty, zone: "configured" }, { zone: "known" })["zone"]).toBe("configured");
  expect(plan(empty, { zone: "known" })["zone"]).toBe("known");
  expect(plan(empty, {})).toMatchObject({ zone: "default", name: "default" });
});

test("a write-only argument never reaches the plan", () => {
  const config = { ...empty, secret_wo: "secret" };
  expect(plannedState(block, { prior: null, proposed: config, config }, nothing)["secret_wo"]).toBeNull();
});

test("a changed ForceNew argument means a new resource, a new one or an unchanged one does not", () => {
  const prior = { ...empty, name: "a" };
  expect(replacedBy(["name", "zone"], prior, { ...prior, name: "b" })).toEqual(["name"]);
  expect(replacedBy(["name"], prior, prior)).toEqual([]);
  expect(replacedBy(["name"], null, prior)).toEqual([]);
});

test("a completed state has the predicted values, and likely ones of the right type", () => {
  const planned = {
    id: UNKNOWN,
    name: "a",
    zone: UNKNOWN,
    secret_wo: "s",
    ids: UNKNOWN,
    rule: [{ port: 1, rule_id: UNKNOWN }],
  };
  expect(completedState(block, planned, { values: { id: "i-1" }, fingerprint: "0123456789" })).toEqual({
    id: "i-1",
    name: "a",
    zone: "",
    secret_wo: null,
    ids: [],
    rule: [{ port: 1, rule_id: "rule-id-01234567" }],
  });
});
