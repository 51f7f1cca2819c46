import { IAspect, TerraformResource } from "cdktf";
import { IConstruct } from "constructs";

interface Taggable {
  tags: Record<string, string>;
  readonly tagsInput?: Record<string, string>;
}

/** Gives every resource that can have tags and has no `Name` its construct path as one: `Aspects.of(stack).add(new NameTags())`. */
export class NameTags implements IAspect {
  visit(node: IConstruct): void {
    // Data sources have tags too, but theirs are questions.
    if (!TerraformResource.isTerraformResource(node) || !isTaggable(node)) return;
    node.tags = { Name: node.node.path, ...node.tagsInput };
  }
}

function isTaggable(node: object): node is Taggable {
  return "tagsInput" in node;
}
