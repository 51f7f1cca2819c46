import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(__dirname, "../../..");

/** Doc comments of a source file by the dotted path of what they describe: `clientVpc.cidr`, `InspectedVpc.vpcId`. */
export function documentation(file: string): ReadonlyMap<string, string> {
  const tree = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const found = new Map<string, string>();
  const visit = (node: ts.Node, path: readonly string[]): void => {
    const name = nameOf(node);
    const own = name === undefined ? path : [...path, name];
    const comment = name === undefined ? undefined : commentOf(node, tree);
    if (comment !== undefined && !found.has(own.join("."))) found.set(own.join("."), comment);
    ts.forEachChild(node, (child) => {
      visit(child, own);
    });
  };
  visit(tree, []);
  return found;
}

function nameOf(node: ts.Node): string | undefined {
  const named =
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node) ||
    ts.isPropertySignature(node) ||
    ts.isInterfaceDeclaration(node);
  return named ? node.name.getText() : undefined;
}

/** The sentences of the last comment before a node: no tags, links as code. */
function commentOf(node: ts.Node, tree: ts.SourceFile): string | undefined {
  const range = ts.getLeadingCommentRanges(tree.text, node.getFullStart())?.at(-1);
  if (!range) return undefined;
  const text = tree.text
    .slice(range.pos, range.end)
    .replaceAll(/^\/\*\*|\*\/$|^\s*\*/gm, " ")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/\s+/g, " ");
  const [sentences = ""] = text.split(/ @(?:default -|see)/);
  return sentences.split(" @default ")[0]?.trim();
}
