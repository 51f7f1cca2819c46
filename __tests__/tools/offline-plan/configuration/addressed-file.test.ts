import { addressedFile } from "../../../../tools/offline-plan/configuration/addressed-file";

const hcl = [
  'resource "aws_eip" "a" {}',
  'resource "aws_vpc" "b" { cidr_block = "10.0.0.0/16" }',
  'data "aws_ami" "c" {}',
  'resource "aws_vpc" "d" {',
  "  count      = 2",
  '  cidr_block = "10.0.0.0/16"',
  "}",
  "locals {}",
].join("\n");

test("every resource gets its address, with its index, and nothing else changes", () => {
  expect(addressedFile({ name: "main.tf", text: hcl }).text).toBe(
    [
      'resource "aws_eip" "a" {',
      'offline_plan_address = "aws_eip.a"',
      "}",
      'resource "aws_vpc" "b" {',
      'offline_plan_address = "aws_vpc.b"',
      ' cidr_block = "10.0.0.0/16" ',
      "}",
      'data "aws_ami" "c" {}',
      'resource "aws_vpc" "d" {',
      'offline_plan_address = "aws_vpc.d[${count.index}]"',
      "  count      = 2",
      '  cidr_block = "10.0.0.0/16"',
      "}",
      "locals {}",
    ].join("\n"),
  );
});

test("lines are told as they were", () => {
  const { text, originalLine } = addressedFile({ name: "main.tf", text: hcl });
  const was = (part: string) => originalLine(text.split("\n").findIndex((it) => it.includes(part)) + 1);
  expect([was('"a"'), was('"b"'), was('"c"'), was('"d"'), was("count "), was("locals")]).toEqual([1, 2, 3, 4, 5, 8]);
});

test("JSON keeps its lines", () => {
  const json = JSON.stringify({ resource: { aws_vpc: { v: { cidr_block: "10.0.0.0/16" } } } }, null, 2);
  const { text } = addressedFile({ name: "cdk.tf.json", text: json });
  expect(text.split("\n")).toHaveLength(json.split("\n").length);
  expect(JSON.parse(text)).toEqual({
    resource: { aws_vpc: { v: { offline_plan_address: "aws_vpc.v", cidr_block: "10.0.0.0/16" } } },
  });
});

test.each(['{"resource":{"aws_vpc":{"v":{}}}}', '{"resource"'])("JSON in another layout is left alone: %s", (text) => {
  expect(addressedFile({ name: "main.tf.json", text }).text).toBe(text);
});
