import { createHash } from "node:crypto";
import { Unknown, type CtyObject, type CtyValue } from "../protocol/cty-value";

/** First hexadecimal digits of a text's SHA-1: names, never secrets. */
export function fingerprint(text: string, digits = 16): string {
  return createHash("sha1").update(text).digest("hex").slice(0, digits);
}

/** `12345678-90ab-...` of at least 32 hexadecimal digits. */
export function asUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** Gives every new resource a number of its own: the same configuration gets the same one in every run. */
export class Numbering {
  private readonly issued = new Set<string>();

  /** @param original replaces paths of the working copy, which change from run to run, in what is hashed */
  constructor(private readonly original: (text: string) => string = (text) => text) {}

  /** @returns 40 hexadecimal digits; twins are told apart in the order in which Terraform asks */
  next(type: string, planned: CtyObject): string {
    const known = (_key: string, value: CtyValue) => (value instanceof Unknown ? undefined : value);
    const text = this.original(type + JSON.stringify(planned, known));
    for (let twin = 0; ; twin++) {
      const candidate = fingerprint(`${text}${twin}`, 40);
      if (this.issued.has(candidate)) continue;
      this.issued.add(candidate);
      return candidate;
    }
  }
}
