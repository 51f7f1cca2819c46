import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const MODULES = resolve(__dirname, "../modules");

interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly readonly: boolean;
  readonly documented: boolean;
  readonly default: string | undefined;
}

/** The members of every exported `...Props` interface of one source text. */
function propsMembers(file: string, source: string): Member[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  return tree.statements
    .filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => name.text.endsWith("Props"))
    .flatMap((declaration) =>
      declaration.members.filter(ts.isPropertySignature).map((member) => ({
        name: `${file}: ${declaration.name.text}.${member.name.getText(tree)}`,
        optional: member.questionToken !== undefined,
        readonly: member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword) ?? false,
        documented: ts.getJSDocCommentsAndTags(member).length > 0,
        default: ts
          .getJSDocTags(member)
          .filter(({ tagName }) => tagName.text === "default")
          .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")[0],
      })),
    );
}

const complaints = (members: readonly Member[]): string[] =>
  members.flatMap(({ name, optional, readonly, documented, default: value }) => [
    ...(documented ? [] : [`${name} has no docstring`]),
    ...(readonly ? [] : [`${name} is not readonly`]),
    ...(optional && (value === undefined || value === "" || value === "undefined") ? [`${name} has no @default`] : []),
  ]);

test("every prop of every construct is readonly and documented, and every optional one says its default", () => {
  const members = readdirSync(MODULES)
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => propsMembers(file, readFileSync(join(MODULES, file), "utf8")));
  expect(members.length).toBeGreaterThan(0);
  expect(complaints(members)).toEqual([]);
});

test("an undocumented, writable or default-less prop is found", () => {
  const source = "export interface FooProps {\n  /** Known. */\n  good: string;\n  readonly bad?: number;\n}";
  expect(complaints(propsMembers("foo.ts", source))).toEqual([
    "foo.ts: FooProps.good is not readonly",
    "foo.ts: FooProps.bad has no docstring",
    "foo.ts: FooProps.bad has no @default",
  ]);
});
