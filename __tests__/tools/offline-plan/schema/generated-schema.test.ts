import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generatedDeclarations } from "../../../../tools/offline-plan/schema/generated-declarations";
import { generatedSchema } from "../../../../tools/offline-plan/schema/generated-schema";
import { generatedSource } from "../../../../tools/offline-plan/schema/generated-source";

const lib = (provider: string) => join(dirname(require.resolve(`@cdktf/provider-${provider}/package.json`)), "lib");
const schemaOf = (provider: string, directory: string) =>
  generatedSchema(generatedDeclarations(generatedSource(join(lib(provider), directory))));

test("an argument keeps the schema's flags", () => {
  const { type, providerVersion, block } = schemaOf("aws", "vpc");
  expect(type).toBe("aws_vpc");
  expect(providerVersion).toMatch(/^6\.\d+\.\d+$/);
  expect(block.attributes["arn"]).toEqual({ type: "string", computed: true });
  expect(block.attributes["cidr_block"]).toEqual({ type: "string", computed: true, optional: true });
  expect(block.attributes["enable_dns_support"]).toEqual({ type: "bool", optional: true });
  expect(block.attributes["tags_all"]).toEqual({ type: ["map", "string"], computed: true, optional: true });
});

test("a required argument is required, a list is no set, a number is no string", () => {
  const { attributes } = schemaOf("aws", "autoscaling-group").block;
  expect(attributes["max_size"]).toEqual({ type: "number", required: true });
  expect(attributes["vpc_zone_identifier"]?.type).toEqual(["set", "string"]);
  expect(attributes["termination_policies"]?.type).toEqual(["list", "string"]);
});

test("blocks tell how often they may stand", () => {
  const { blocks } = schemaOf("aws", "lb-listener").block;
  expect(blocks["default_action"]).toMatchObject({ nesting: "list", minItems: 1 });
  expect(blocks["default_action"]?.maxItems).toBeUndefined();
  expect(blocks["mutual_authentication"]).toMatchObject({ nesting: "list", maxItems: 1 });
  expect(blocks["timeouts"]?.nesting).toBe("single");
  expect(blocks["default_action"]?.block.attributes["type"]).toEqual({ type: "string", required: true });
});

test("an attribute of objects is not a block", () => {
  const { attributes, blocks } = schemaOf("aws", "security-group").block;
  expect(blocks["ingress"]).toBeUndefined();
  expect(attributes["ingress"]).toMatchObject({
    type: ["set", ["object", { protocol: "string", from_port: "number", cidr_blocks: ["list", "string"] }]],
    optional: true,
    computed: true,
  });
});

test("the provider's configuration has default_tags, and not CDKTF's alias", () => {
  const { type, block } = schemaOf("aws", "provider");
  expect(type).toBe("aws");
  expect(block.blocks["default_tags"]?.block.attributes["tags"]?.type).toEqual(["map", "string"]);
  expect(block.attributes["alias"]).toBeUndefined();
  expect(block.attributes["region"]).toEqual({ type: "string", optional: true });
});

test("structures that are kept in files of their own are found", () => {
  expect(schemaOf("aws", "lexv2models-intent").block.blocks["closing_setting"]).toBeDefined();
});

test.each(["aws", "archive", "cloudinit", "http", "local", "null", "random", "time", "tls"])(
  "every type of @cdktf/provider-%s can be read",
  (provider) => {
    const directories = readdirSync(lib(provider)).filter((it) => existsSync(join(lib(provider), it, "index.js")));
    const failures = directories.flatMap((directory) => {
      try {
        schemaOf(provider, directory);
        return [];
      } catch (error) {
        return [`${directory}: ${String(error)}`];
      }
    });
    expect(failures).toEqual([]);
    expect(directories.length).toBeGreaterThan(provider === "aws" ? 2000 : 1);
  },
  60_000,
);

describe("a package that is written otherwise fails loudly:", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "generated-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("fails without a source map", () => {
    writeFileSync(join(directory, "index.js"), "exports.Vpc = 1;");
    expect(() => generatedSource(directory)).toThrow(
      `${directory}/index.js: no inline source map in the provider package; install the version that package-lock.json names (npm ci)`,
    );
  });

  test("fails when the source map has no source", () => {
    const map = Buffer.from(JSON.stringify({ sources: [] })).toString("base64");
    writeFileSync(join(directory, "index.js"), `//# sourceMappingURL=data:application/json;base64,${map}`);
    expect(() => generatedSource(directory)).toThrow(`${directory}/index.js: the source map has no source; install`);
  });

  test("fails on an attribute whose type it does not understand", () => {
    const changed = generatedSource(join(lib("aws"), "vpc")).replace(
      "this.getStringAttribute('arn')",
      "this.getText('arn')",
    );
    expect(() => generatedSchema(generatedDeclarations(changed))).toThrow(
      "the type of 'arn' cannot be read from 'return this.getText('arn');'",
    );
  });

  test("fails on a file without a resource", () => {
    expect(() => generatedSchema(generatedDeclarations("export const nothing = 1;"))).toThrow(
      "no class of a resource, data source or provider in the generated source",
    );
  });
});
