import { HCL, OMIT_NULL } from "../definition";
import { BOOT, JSON_TEXT, Json } from "../sample/synthesized";
import { Expression, Value, toHcl } from "./expression";
import { Input, inputName } from "./inputs";
import { inSecondZone } from "./marks";
import { KEYS, Repetition } from "./repetition";
import { SAMPLE_ZONES } from "../sample/sample";

/** What a value of the sample becomes when one input changes. */
export interface Alternative {
  readonly input: Input;
  /** The input's value. */
  readonly given: Json;
  /** Undefined: it is not there. */
  readonly value: Json | undefined;
}

/** What a generalization needs to know of the module around it. */
export interface Surroundings {
  /** Begins every error. */
  readonly where: string;
  /** The module's expression for an input. */
  readonly variable: (input: Input) => string;
  /** A text of the sample as a template: marks and references replaced. `zone` is the expression of the own zone. */
  readonly text: (text: string, zone: string) => string;
  /** A boot script as an expression. */
  readonly bootScript: (script: string, zone: string) => string;
  /** The zones' names, as a list. */
  readonly zoneNames: string;
}

/**
 * A value of the sample, made general: what depends on an input is written as an expression of it.
 *
 * @param zone expression of the own zone, or "" in what is there once
 * @param alternatives the same value under every changed input
 * @throws Error when a value depends on an input in a way that is not understood
 */
export function generalize(
  value: Json | undefined,
  alternatives: readonly Alternative[],
  zone: string,
  around: Surroundings,
): Value {
  const list = twins(value, zone);
  if (list) return comprehension(list, alternatives, around);
  if (isContainer(value) && alternatives.every((it) => isContainer(it.value) && sameShape(value, it.value))) {
    return container(value, alternatives, zone, around);
  }
  const differing = alternatives.filter((it) => differs(value, it));
  const choice = differing.find(({ input }) => input.kind === "choice");
  if (choice) return lookUp(choice.input, value, alternatives, zone, around);
  const [only, ...more] = differing;
  if (!only) return literal(value, zone, around);
  if (more.length > 0) {
    const names = differing.map(({ input }) => inputName(input)).join(" and ");
    throw new Error(`${around.where}: must depend on one input, got ${names}; add an override`);
  }
  return fromOne(value, only, zone, around);
}

/** Both zones' elements of a list, or members of a map. */
interface Twins {
  readonly keyed: boolean;
  readonly first: Json;
  readonly pick: (value: Json | undefined) => Json | undefined;
}

function twins(value: Json | undefined, zone: string): Twins | undefined {
  const [a, b] = SAMPLE_ZONES;
  if (Array.isArray(value) && value.length === 2) {
    const [first, second] = value as [Json, Json];
    const moved = inSecondZone(JSON.stringify(first));
    if (moved === JSON.stringify(first) || moved !== JSON.stringify(second)) return undefined;
    return { keyed: false, first, pick: (it) => (it as readonly Json[] | undefined)?.[0] };
  }
  if (zone !== "" || !isContainer(value) || Array.isArray(value)) return undefined;
  const map = value as Readonly<Record<string, Json>>;
  if (Object.keys(map).join(",") !== `${a},${b}`) return undefined;
  return { keyed: true, first: map[a] ?? null, pick: (it) => (it as typeof map | undefined)?.[a] };
}

function comprehension({ keyed, first, pick }: Twins, alternatives: readonly Alternative[], around: Surroundings) {
  const each = generalize(
    first,
    alternatives.map((it) => ({ ...it, value: pick(it.value) })),
    "zone",
    around,
  );
  const [open, key, close] = keyed ? ["{", "zone => ", "}"] : ["[", "", "]"];
  return new Expression(`${open}for zone in ${around.zoneNames} : ${key}${toHcl(each)}${close}`);
}

type Container = readonly Json[] | Readonly<Record<string, Json>>;

function isContainer(value: Json | undefined): value is Container {
  return value !== null && typeof value === "object";
}

function sameShape(a: Container, b: Container): boolean {
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length;
  return true;
}

function container(value: Container, alternatives: readonly Alternative[], zone: string, around: Surroundings): Value {
  const under = (key: string | number): Value =>
    generalize(
      (value as Record<string | number, Json>)[key],
      alternatives.map((it) => ({ ...it, value: (it.value as Record<string | number, Json> | undefined)?.[key] })),
      zone,
      around,
    );
  if (Array.isArray(value)) return value.map((_, index) => under(index));
  const keys = new Set([value, ...alternatives.map((it) => it.value as Container)].flatMap((it) => Object.keys(it)));
  if (keys.has(HCL)) return new Expression((value as { [HCL]: string })[HCL].replaceAll("ZONE", zone));
  if (keys.has(BOOT)) {
    return new Expression(around.bootScript((value as { [BOOT]: string })[BOOT], zone));
  }
  const members = Object.fromEntries([...keys].map((key) => [key, under(key)]));
  const json = members[JSON_TEXT];
  if (json === undefined) return members;
  const given = `{ for key, value in ${toHcl(json)} : key => value if value != null }`;
  return new Expression(`jsonencode(${OMIT_NULL in members ? given : toHcl(json)})`);
}

function differs(value: Json | undefined, { input, value: other }: Alternative): boolean {
  if (JSON.stringify(value) === JSON.stringify(other)) return false;
  if (input.kind !== "choice" || !input.also || typeof value !== "string") return true;
  return value.replaceAll(input.also.sample, input.also.other) !== other;
}

function lookUp(
  input: Input,
  value: Json | undefined,
  alternatives: readonly Alternative[],
  zone: string,
  around: Surroundings,
): Value {
  if (input.kind !== "choice") throw new Error(`${around.where}: ${inputName(input)} is no choice`);
  const own = alternatives.filter((it) => it.input === input);
  const others = alternatives.filter((it) => it.input !== input);
  const outcomes = [
    { name: input.sample, outcome: generalize(value, others, zone, around) },
    ...own.map(({ given, value: outcome }) => ({ name: String(given), outcome: alternativeOutcome(outcome) })),
  ];
  /** What the other inputs do in the base they do here too, or the alternative does not have it at all. */
  function alternativeOutcome(outcome: Json | undefined): Value {
    if (outcome === undefined) return null;
    if (JSON.stringify(outcome) === JSON.stringify(value)) return generalize(value, others, zone, around);
    const optional = others.filter((it) => it.input.kind === "optional" && differs(value, it));
    return generalize(outcome, optional, zone, around);
  }
  // An outcome that is the choice's own name needs no table.
  if (outcomes.every(({ name, outcome }) => name === outcome)) return new Expression(around.variable(input));
  const table = outcomes.map(({ name, outcome }) => `${JSON.stringify(name)} = ${toHcl(outcome)}`).join(", ");
  return new Expression(`{ ${table} }[${around.variable(input)}]`);
}

function fromOne(
  value: Json | undefined,
  { input, given, value: other }: Alternative,
  zone: string,
  around: Surroundings,
): Value {
  const variable = around.variable(input);
  const refuse = (): Error =>
    new Error(
      `${around.where}: must show how it depends on ${inputName(input)}, got ${JSON.stringify(value)} ` +
        `and with ${JSON.stringify(given)} ${JSON.stringify(other)}; add an override`,
    );
  if (input.kind === "optional") {
    if (JSON.stringify(other) !== JSON.stringify(given)) throw refuse();
    if (value === undefined) return new Expression(variable);
    return new Expression(`${variable} == null ? ${toHcl(literal(value, zone, around))} : ${variable}`);
  }
  if (input.kind === "number" && typeof value === "number" && typeof other === "number") {
    const added = value - input.sample;
    if (other - input.other !== added) throw refuse();
    return new Expression(added === 0 ? variable : `${variable} + ${String(added)}`);
  }
  if (typeof value !== "string" || (input.kind !== "number" && input.kind !== "text")) throw refuse();
  const sample = String(input.sample);
  if (value.replaceAll(sample, String(input.other)) !== other) throw refuse();
  return around.text(value.replaceAll(sample, `\${${variable}}`), zone);
}

function literal(value: Json | undefined, zone: string, around: Surroundings): Value {
  if (typeof value === "string") return around.text(value, zone);
  if (!isContainer(value)) return value ?? null;
  return container(value, [], zone, around);
}

/** Expression of the own zone in a resource of this repetition; "" where there is none. */
export function ownZone(repetition: Repetition): string {
  return KEYS[repetition]?.zone ?? "";
}
