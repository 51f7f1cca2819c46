/** Text that is HTML already: everything in it has been escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | undefined | Html | readonly (string | Html)[];

/** A template whose values are escaped unless they are HTML themselves. Not named `html`: Prettier would add white space, which hashes and text see. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? rendered(values[i]) : "")).join(""));
}

/** Nothing. */
export const EMPTY = new Html("");

function rendered(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((one) => rendered(one)).join("");
  return escapeHtml(String(value));
}

/** Safe in text and in quoted attributes; control characters, which HTML does not allow, are replaced. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "\ufffd");
}
