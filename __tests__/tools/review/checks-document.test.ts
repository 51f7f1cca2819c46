import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checksDocument } from "../../../tools/review/checks-document";

test("docs/checks.md lists every check as it is", () => {
  expect(readFileSync(join(__dirname, "../../../docs/checks.md"), "utf8")).toBe(checksDocument());
});
