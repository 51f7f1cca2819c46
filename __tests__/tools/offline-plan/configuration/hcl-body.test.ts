import fc from "fast-check";
import { hclBody } from "../../../../tools/offline-plan/configuration/hcl-body";
import { withoutSideEffects } from "../../../../tools/offline-plan/configuration/without-side-effects";
import { moduleFacts } from "../../../../tools/offline-plan/configuration/module-facts";

test("blocks have labels, lines and bodies", () => {
  const [block] = hclBody(
    '\n# comment\nresource "aws_vpc" "main" { # here\n  cidr_block = "10.0.0.0/16"\n  a { b = 1 }\n}',
  ).blocks;
  expect(block).toMatchObject({ type: "resource", labels: ["aws_vpc", "main"], line: 3 });
  expect(block?.body.attributes).toEqual({ cidr_block: '"10.0.0.0/16"' });
  expect(block?.body.blocks[0]).toMatchObject({ type: "a", body: { attributes: { b: "1" } } });
});

test.each([
  ["a brace in a string", 'a = "}"'],
  ["a template with a string in it", 'a = "${join("}", ["{"])}"'],
  ["an escaped template", 'a = "$${"'],
  ["a brace in a comment", "a = 1 # }\n// }\n/* } */"],
  ["a heredoc", 'a = <<EOT\n}\n"\nEOT'],
  ["an indented heredoc", "a = <<-EOT\n  }\n  EOT"],
  ["an expression over lines", "a = [\n  1,\n  { b = 2 },\n]"],
  ["a condition with less-than", "a = 1 < 2 ? 3 : 4"],
])("%s does not end the block", (_name, body) => {
  const text = `locals {\n${body}\n}\nresource "x" "y" {}`;
  expect(hclBody(text).blocks.map((it) => it.type)).toEqual(["locals", "resource"]);
});

test("any text is read to its end", () => {
  fc.assert(fc.property(fc.string(), (text) => hclBody(text).blocks.length >= 0));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('"', "{", "}", "${", "<<E\n", "E", "\n", "#", "/*", "=", "a", " ", "[", ")")),
      (words) => hclBody(words.join("")).blocks.length >= 0,
    ),
  );
});

describe("what reaches out is left out:", () => {
  const text = [
    "terraform {",
    '  backend "s3" {',
    '    bucket = "}"',
    "  }",
    "}",
    'resource "null_resource" "x" {',
    '  provisioner "local-exec" {',
    '    command = "echo ${self.id}"',
    "  }",
    "}",
  ].join("\n");

  test("in HCL, and lines keep their numbers", () => {
    const left = withoutSideEffects({ name: "main.tf", text });
    expect(left).not.toMatch(/backend|provisioner|echo/);
    expect(left.split("\n")).toHaveLength(text.split("\n").length);
    expect(left.split("\n")[5]).toBe('resource "null_resource" "x" {');
  });

  test("in JSON", () => {
    const json = {
      terraform: { backend: { s3: {} }, required_version: ">= 1.5" },
      resource: { null_resource: { x: { provisioner: [{ "local-exec": { command: "echo" } }], triggers: {} } } },
    };
    const left = withoutSideEffects({ name: "main.tf.json", text: JSON.stringify(json) });
    expect(JSON.parse(left)).toEqual({
      terraform: { required_version: ">= 1.5" },
      resource: { null_resource: { x: { triggers: {} } } },
    });
  });

  test("and broken JSON is left for Terraform to refuse", () => {
    expect(withoutSideEffects({ name: "a.tf.json", text: '{"backend"' })).toBe('{"backend"');
  });
});

test("HCL and JSON tell the same facts", () => {
  const hcl = `
    terraform {
      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = "~> 6.0"
        }
      }
    }
    provider "aws" {
      region = "eu-west-1"
    }
    module "m" {
      source = "./m"
    }
    data "aws_ami" "a" {
      owners = ["self"]
    }
    resource "google_thing" "t" {
      provider = google-beta.x
      name     = "t"
    }`;
  const json = {
    terraform: { required_providers: { aws: { source: "hashicorp/aws", version: "~> 6.0" } } },
    provider: { aws: [{ region: "eu-west-1" }] },
    module: { m: { source: "./m" } },
    data: { aws_ami: { a: { owners: ["self"] } } },
    resource: { google_thing: { t: { provider: "google-beta.x", name: "t" } } },
  };
  const facts = (name: string, text: string) => {
    const { resources, calls, ...rest } = moduleFacts([{ name, text }]);
    const byName = [...resources].sort((a, b) => a.type.localeCompare(b.type));
    return { ...rest, resources: byName, calls: calls.map(({ name: called, source }) => ({ called, source })) };
  };
  expect(facts("main.tf.json", JSON.stringify(json))).toEqual(facts("main.tf", hcl));
  expect(facts("main.tf", hcl).resources.map((it) => it.provider)).toEqual(["aws", "google-beta"]);
});
