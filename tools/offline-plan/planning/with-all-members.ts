import { isObject, type CtyValue } from "../protocol/cty-value";
import type { CtyType } from "../schema/schema";

/** A value whose objects have every member of their type: Terraform refuses an object that leaves one out. Null where nothing was said. */
export function withAllMembers(value: CtyValue, type: CtyType): CtyValue {
  if (typeof type === "string" || value === null) return value;
  const [kind, inner] = type;
  if (kind === "object") {
    if (!isObject(value)) return value;
    const members = Object.entries(inner).map(([name, of]) => [name, withAllMembers(value[name] ?? null, of)] as const);
    return { ...value, ...Object.fromEntries(members) };
  }
  const all = (it: CtyValue) => withAllMembers(it, inner);
  if (Array.isArray(value)) return value.map(all);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, it]) => [name, all(it)])) : value;
}
