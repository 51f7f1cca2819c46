import { hclBody, type HclBlock } from "./hcl-body";
import type { ConfigurationFile } from "./module-facts";

/**
 * A configuration file without the blocks that would reach out of the working copy: back ends and `cloud` (state in S3
 * or HCP Terraform), and provisioners (commands on this machine). Lines keep their numbers.
 */
export function withoutSideEffects(file: ConfigurationFile): string {
  return file.name.endsWith(".json") ? withoutInJson(file.text) : withoutInHcl(file.text);
}

function withoutInHcl(text: string): string {
  const removed: HclBlock[] = [];
  for (const block of hclBody(text).blocks)
    for (const inner of block.body.blocks) {
      const reachesOut =
        (block.type === "terraform" && (inner.type === "backend" || inner.type === "cloud")) ||
        (block.type === "resource" && inner.type === "provisioner");
      if (reachesOut) removed.push(inner);
    }
  return removed.reduceRight(
    (left, { start, end }) => left.slice(0, start) + left.slice(start, end).replace(/[^\r\n]/g, " ") + left.slice(end),
    text,
  );
}

function withoutInJson(text: string): string {
  if (!/"(backend|cloud|provisioner)"/.test(text)) return text;
  let root: Record<string, unknown>;
  try {
    root = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return text;
  }
  for (const terraform of objects(root["terraform"])) {
    delete terraform["backend"];
    delete terraform["cloud"];
  }
  for (const byType of objects(root["resource"]))
    for (const byName of Object.values(byType).flatMap(objects))
      for (const resource of Object.values(byName).flatMap(objects)) delete resource["provisioner"];
  return JSON.stringify(root, null, 2);
}

function objects(value: unknown): Record<string, unknown>[] {
  return [value].flat().filter((it): it is Record<string, unknown> => typeof it === "object" && it !== null);
}
