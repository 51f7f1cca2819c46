import { Resource, text, textMap } from "../resource";
import { Part } from "../topology";

/** The resources of a plan, by type. */
export class Resources {
  private readonly byType = new Map<string, Resource[]>();

  constructor(readonly all: readonly Resource[]) {
    for (const resource of all) this.byType.set(resource.type, [...(this.byType.get(resource.type) ?? []), resource]);
  }

  /** Every resource of these types, in the plan's order. */
  ofType(...types: readonly string[]): readonly Resource[] {
    return types.flatMap((type) => this.byType.get(type) ?? []);
  }
}

/** The members that every part of a topology has. */
export function partOf(resource: Resource): Part {
  const tags = { ...textMap(resource.values, "tags_all"), ...textMap(resource.values, "tags") };
  return { id: text(resource.values, "id") ?? `<${resource.address}>`, address: resource.address, tags };
}

/** Why an attribute, or a part of it, is not known. */
export function whyUndetermined(resource: Resource, attribute: string): string | undefined {
  for (const [path, why] of resource.undetermined) {
    if (path === attribute || path.startsWith(`${attribute}[`) || path.startsWith(`${attribute}.`)) return why;
  }
  return undefined;
}
