import { createHash } from "node:crypto";
import { asUuid } from "../planning/numbering";
import type { CtyObject, CtyValue } from "../protocol/cty-value";
import type { UtilityRules } from "./utility-rules";

const WORDS = {
  first: "amber brisk calm deft eager fond glad hardy ideal jolly keen lucid merry noble open proud".split(" "),
  second: "ant bee cod dove elk fox gnu hen ibis jay koi lark mole newt owl pike".split(" "),
};

const SETS = {
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  lower: "abcdefghijklmnopqrstuvwxyz",
  numeric: "0123456789",
  special: "!@#$%&*()-_=+[]{}<>:?",
};

/** Bytes without end that follow from a seed. */
function* bytesOf(seed: string): Generator<number, never> {
  for (let block = 0; ; block++) yield* createHash("sha256").update(`${seed} ${block}`).digest();
}

function take(seed: string, count: number): Buffer {
  const source = bytesOf(seed);
  return Buffer.from(Array.from({ length: count }, () => source.next().value));
}

function text(planned: CtyObject, seed: string): string {
  const length = Number(planned["length"] ?? 0);
  const names = Object.keys(SETS) as (keyof typeof SETS)[];
  const allowed = names.filter(
    (name) => planned[name] !== false && !(name === "numeric" && planned["number"] === false),
  );
  const characters = (name: keyof typeof SETS) =>
    name === "special" && typeof planned["override_special"] === "string" ? planned["override_special"] : SETS[name];
  const needed = allowed.flatMap((name) => Array<string>(Number(planned[`min_${name}`] ?? 0)).fill(characters(name)));
  const any = allowed.map(characters).join("");
  const bytes = take(seed, length);
  return Array.from(bytes, (byte, at) => {
    const from = needed[at] ?? any;
    return from.charAt(byte % Math.max(1, from.length));
  }).join("");
}

function pet(planned: CtyObject, seed: string): string {
  const length = Number(planned["length"] ?? 2);
  const separator = String(planned["separator"] ?? "-");
  const words = Array.from(
    take(seed, length),
    (byte, at) => (at === length - 1 ? WORDS.second : WORDS.first)[byte % 16],
  );
  return [...(typeof planned["prefix"] === "string" ? [planned["prefix"]] : []), ...words].join(separator);
}

function shuffled(planned: CtyObject, seed: string): CtyValue[] {
  const input = Array.isArray(planned["input"]) ? [...planned["input"]] : [];
  const bytes = bytesOf(seed);
  for (let left = input.length - 1; left > 0; left--) {
    const with_ = bytes.next().value % (left + 1);
    [input[left], input[with_]] = [input[with_] ?? null, input[left] ?? null];
  }
  const count = Number(planned["result_count"] ?? input.length);
  return Array.from({ length: input.length ? count : 0 }, (_none, at) => input[at % input.length] ?? null);
}

const string = {
  lower: true,
  min_lower: 0,
  min_numeric: 0,
  min_special: 0,
  min_upper: 0,
  number: true,
  numeric: true,
  special: true,
  upper: true,
};

/** hashicorp/random: the same configuration gets the same "random" value in every run. */
export const RANDOM: UtilityRules = {
  defaults: { random_password: string, random_string: string, random_pet: { length: 2, separator: "-" } },
  sensitive: { random_password: ["result", "bcrypt_hash"], random_bytes: ["base64", "hex"] },
  forceNew: ["keepers", "length", "byte_length", "prefix", "min", "max", "input", "result_count", "separator", "seed"],
  predict: {
    random_bytes: (planned, seed) => {
      const bytes = take(seed, Number(planned["length"]));
      return { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
    },
    random_id: (planned, seed) => {
      const bytes = take(seed, Number(planned["byte_length"]));
      const prefix = typeof planned["prefix"] === "string" ? planned["prefix"] : "";
      return {
        id: bytes.toString("base64url"),
        b64_std: prefix + bytes.toString("base64"),
        b64_url: prefix + bytes.toString("base64url"),
        dec: prefix + BigInt(`0x${bytes.toString("hex") || "0"}`).toString(),
        hex: prefix + bytes.toString("hex"),
      };
    },
    random_integer: (planned, seed) => {
      const [min, max] = [Number(planned["min"]), Number(planned["max"])];
      const result = min + (take(seed, 4).readUInt32BE(0) % Math.max(1, max - min + 1));
      return { id: String(result), result };
    },
    random_password: (planned, seed) => ({
      id: "none",
      result: text(planned, seed),
      bcrypt_hash: `$2a$10$${take(seed, 40).toString("hex").slice(0, 53)}`,
    }),
    random_pet: (planned, seed) => ({ id: pet(planned, seed) }),
    random_shuffle: (planned, seed) => ({ id: "-", result: shuffled(planned, seed) }),
    random_string: (planned, seed) => ({ id: text(planned, seed), result: text(planned, seed) }),
    random_uuid: (_planned, seed) => ({ id: asUuid(seed), result: asUuid(seed) }),
  },
};
