import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "../../stacks/load-configuration";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gwlb-configuration-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("without GWLB_CONFIG the repository's file is read, with it the named one", () => {
  const file = join(folder, "mine.yaml");
  writeFileSync(file, "region: us-east-1\nzones: [us-east-1f]\n");
  expect(loadConfiguration({}).region).toBe("eu-west-1");
  expect(loadConfiguration({ GWLB_CONFIG: file }).zones).toEqual(["us-east-1f"]);
});

test("fails with a wrong key, and names the file", () => {
  const file = join(folder, "wrong.yaml");
  writeFileSync(file, "regions: [us-east-1]\n");
  expect(() => loadConfiguration({ GWLB_CONFIG: file })).toThrow(
    new Error(`${file} regions: unknown key, got ["us-east-1"]; did you mean region?`),
  );
});

test("fails with a file that cannot be read", () => {
  const file = join(folder, "missing.yaml");
  expect(() => loadConfiguration({ GWLB_CONFIG: file })).toThrow(
    `GWLB_CONFIG: must name a readable file, got '${file}'; correct the path, or unset it for gwlb.yaml`,
  );
});
