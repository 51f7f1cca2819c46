/** A Terraform expression, as it stands between `${` and `}`. */
export class Expression {
  constructor(readonly hcl: string) {}
}

/** A value of a module: JSON whose texts are Terraform templates, with expressions anywhere in it. */
export type Value =
  null | boolean | number | string | Expression | readonly Value[] | { readonly [key: string]: Value };

/** As `main.tf.json` takes it: an expression becomes a template of its own. */
export function toJson(value: Value): unknown {
  if (value instanceof Expression) return /^"([^"\\]*)"$/.exec(value.hcl)?.[1] ?? `\${${value.hcl}}`;
  if (Array.isArray(value)) return value.map((entry: Value) => toJson(entry));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry as Value)]));
}

/** As an expression takes it: inside of `${...}`, a list or a function's arguments. */
export function toHcl(value: Value): string {
  if (value instanceof Expression) return value.hcl;
  if (typeof value === "string") return templateToHcl(value);
  if (Array.isArray(value)) return `[${value.map((entry: Value) => toHcl(entry)).join(", ")}]`;
  if (value === null || typeof value !== "object") return String(value);
  const members = Object.entries(value).map(([key, entry]) => `${keyToHcl(key)} = ${toHcl(entry as Value)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function keyToHcl(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key);
}

function templateToHcl(template: string): string {
  const parts = splitTemplate(template);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && "expression" in only) return only.expression;
  const texts = parts.map((part) =>
    "expression" in part ? `\${${part.expression}}` : JSON.stringify(part.text).slice(1, -1),
  );
  return `"${texts.join("")}"`;
}

/** Literal text of a template, escapes as they are, or an expression in it. */
export type TemplatePart = { readonly text: string } | { readonly expression: string };

/** Cuts a template at its `${...}`; `$${` is text. Braces in quoted text of an expression must be paired. */
export function splitTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let text = "";
  for (let at = 0; at < template.length;) {
    if (template.startsWith("$${", at)) {
      text += "$${";
      at += 3;
    } else if (template.startsWith("${", at)) {
      const end = closingBrace(template, at + 2);
      if (text !== "") parts.push({ text });
      parts.push({ expression: template.slice(at + 2, end) });
      text = "";
      at = end + 1;
    } else {
      text += template[at] ?? "";
      at += 1;
    }
  }
  if (text !== "") parts.push({ text });
  return parts;
}

function closingBrace(template: string, from: number): number {
  let depth = 1;
  for (let at = from; at < template.length; at += 1) {
    if (template[at] === "{") depth += 1;
    else if (template[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`template: must close every \${, got '${template}'; correct the definition`);
}
