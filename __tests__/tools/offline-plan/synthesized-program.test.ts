import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlinePlan } from "../../../tools/offline-plan/offline-plan";
import { isProgram, synthesizedProgram } from "../../../tools/offline-plan/synthesized-program";

let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "program-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

/** A folder with a program that writes what CDKTF would: `stacks` by name. */
function program(stacks: Readonly<Record<string, object>>, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(scratch, "program");
  mkdirSync(folder);
  const lines = Object.entries(stacks).map(
    ([name, stack]) =>
      `const ${name} = \`\${process.env.CDKTF_OUTDIR}/stacks/${name}\`; mkdirSync(${name} + "/assets/${name}", { recursive: true });\n` +
      `writeFileSync(${name} + "/assets/${name}/file", "x"); writeFileSync(${name} + "/cdk.tf.json", ${JSON.stringify(JSON.stringify(stack))});`,
  );
  writeFileSync(
    join(folder, "main.ts"),
    `import { mkdirSync, writeFileSync } from "node:fs";\n${lines.join("\n")}\nexport {};\n`,
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("a folder with Terraform in it is no program", () => {
  const folder = program({});
  expect(isProgram(folder)).toBe(true);
  writeFileSync(join(folder, "main.tf"), "");
  expect([isProgram(folder), isProgram(scratch)]).toEqual([false, false]);
});

test("what a program synthesizes is planned, with what the file beside it assumes", async () => {
  const stack = {
    data: { aws_vpc: { v: { id: "vpc-1" } } },
    output: { cidr: { value: "${data.aws_vpc.v.cidr_block}" } },
    provider: { aws: [{ region: "eu-west-1" }] },
  };
  const assumed = { data: { aws_vpc: { cidr_block: "10.77.0.0/16" } } };
  const folder = program({ one: stack }, { "gwlb-assume.json": JSON.stringify(assumed) });
  const { plan } = await offlinePlan(folder);
  expect(plan["planned_values"]).toMatchObject({ outputs: { cidr: { value: "10.77.0.0/16" } } });
}, 60_000);

test("of several stacks, a variable gets the output of the same name, and assets stay where they are looked for", async () => {
  const giver = { output: { service_name: { value: "from the giver" } } };
  const taker = {
    variable: { service_name: { default: "nobody's" }, own: { default: "own" } },
    resource: { terraform_data: { t: { input: "${var.service_name} and ${var.own}" } } },
  };
  const root = await synthesizedProgram(program({ giver, taker }), join(scratch, "out"));
  const { plan } = await offlinePlan(root);
  const [change] = plan["resource_changes"] as { address: string; change: { after: object } }[];
  expect(change).toMatchObject({
    address: "module.taker.terraform_data.t",
    change: { after: { input: "from the giver and own" } },
  });
  expect(["giver", "taker"].filter((name) => existsSync(join(root, "assets", name, "file")))).toHaveLength(2);
  expect(JSON.parse(readFileSync(join(root, "main.tf.json"), "utf8"))).toEqual({
    module: {
      giver: { source: "../stacks/giver" },
      taker: { source: "../stacks/taker", service_name: "${module.giver.service_name}" },
    },
  });
}, 60_000);

test("fails when nothing is synthesized, or the program does not run", async () => {
  const nothing = program({});
  await expect(synthesizedProgram(nothing, join(scratch, "out"))).rejects.toThrow(
    `${join(nothing, "main.ts")}: must synthesize a stack, got none; call app.synth() in it`,
  );
  writeFileSync(join(nothing, "main.ts"), 'throw new TypeError("no such zone");');
  await expect(synthesizedProgram(nothing, join(scratch, "out"))).rejects.toThrow(
    `synthesis of ${join(nothing, "main.ts")} failed\nTypeError: no such zone`,
  );
}, 60_000);
