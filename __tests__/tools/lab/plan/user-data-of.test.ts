import { gzipSync } from "node:zlib";
import { userDataOf } from "../../../../tools/lab/plan/user-data-of";
import type { Instance, Topology } from "../../../../tools/topology/topology";

const SCRIPT = "#!/bin/sh\necho hello\n";

const read = (values: Record<string, string>): string | undefined => {
  const resource = { address: "aws_instance.a", type: "aws_instance", values, undetermined: new Map() };
  return userDataOf({ resources: [resource] } as unknown as Topology, { address: "aws_instance.a" } as Instance);
};

test.each([
  ["compressed", { user_data_base64: gzipSync(SCRIPT).toString("base64") }],
  ["encoded", { user_data_base64: Buffer.from(SCRIPT).toString("base64") }],
  ["plain", { user_data: SCRIPT }],
])("user data that is %s is the same script", (_, values) => {
  expect(read(values)).toBe(SCRIPT);
});

test("an instance may have none", () => {
  expect(read({})).toBeUndefined();
});

test("fails for user data that is no script", () => {
  expect(() => read({ user_data: "#cloud-config\nruncmd: []\n" })).toThrow(
    'lab: user data of aws_instance.a must be a script, got "#cloud-config\\nruncmd"; begin it with #!',
  );
});
