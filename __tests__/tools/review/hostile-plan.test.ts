import fc from "fast-check";
import { PRICES } from "../../../tools/review/cost/prices";
import { renderMarkdown } from "../../../tools/review/render/markdown";
import { renderTerminal } from "../../../tools/review/render/terminal";
import { review } from "../../../tools/review/review";
import { readTopology } from "../../../tools/topology/read-topology";
import { planned } from "./planned";

/** What a plan's value may be replaced by. */
const GARBAGE: readonly unknown[] = [
  null,
  0,
  -1,
  Number.MAX_VALUE,
  "",
  "x",
  "::/0",
  "10.0.0.0/33",
  "0.0.0.0/0",
  true,
  [],
  {},
  [null],
  [{}],
  { id: {} },
  "<aws_subnet.workload>",
];

/** Every place of a document, as the object or list and the key in it. */
function places(value: unknown, found: [Record<string, unknown>, string][] = []): [Record<string, unknown>, string][] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Record<string, unknown>, key]);
    places((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** Reviews a document; the message where it is refused. */
function outcome(document: unknown): string {
  try {
    const reviewed = review(readTopology(document), { name: "hostile", prices: PRICES });
    return renderTerminal(reviewed) + renderMarkdown(reviewed);
  } catch (error) {
    return error instanceof Error ? error.message : "not an Error";
  }
}

test.each(["plan", "normalPlan"] as const)("a damaged %s is reviewed or refused in words", async (which) => {
  const plans = await planned("article");
  const original = which === "plan" ? plans.plan : plans.normalPlan?.plan;
  const text = JSON.stringify({ ...original, prior_state: undefined });
  const count = places(JSON.parse(text)).length;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(count - 1), fc.nat(GARBAGE.length)), { minLength: 1, maxLength: 40 }),
      (changes) => {
        const document: unknown = JSON.parse(text);
        const all = places(document);
        for (const [place, garbage] of changes) {
          const [holder, key] = all[place] ?? [{}, ""];
          if (garbage === GARBAGE.length) Reflect.deleteProperty(holder, key);
          else holder[key] = structuredClone(GARBAGE[garbage]);
        }
        expect(outcome(document)).toMatch(/^(plan JSON: .*; .|hostile: )/);
      },
    ),
    { numRuns: 250 },
  );
});

test("any JSON is reviewed or refused in words", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (document) => {
      expect(outcome(document)).toMatch(/^(plan JSON: |hostile: )/);
    }),
    { numRuns: 500 },
  );
});
