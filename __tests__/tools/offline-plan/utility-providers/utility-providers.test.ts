import { gunzipSync } from "node:zlib";
import { utilityProvider } from "../../../../tools/offline-plan/utility-providers/utility-rules";
import { UTILITY_PROVIDERS } from "../../../../tools/offline-plan/utility-providers/utility-providers";
import type { CtyObject } from "../../../../tools/offline-plan/protocol/cty-value";

const surroundings = {
  workingDirectory: __dirname,
  original: (text: string) => text,
  assumptions: { answer: () => undefined },
};

function provider(name: string) {
  const schema = { provider: { attributes: {}, blocks: {} }, resource: new Map(), data: new Map() };
  return utilityProvider(
    `registry.terraform.io/hashicorp/${name}`,
    schema,
    UTILITY_PROVIDERS[name] ?? {},
    surroundings,
  );
}

const predicted = (type: string, planned: CtyObject) =>
  provider(type.split("_")[0] ?? "").predict(type, planned, {}).values;

test("random values are the same in every run, and twins differ", () => {
  expect(predicted("random_pet", { length: 2 })).toEqual(predicted("random_pet", { length: 2 }));
  const random = provider("random");
  const twins = [1, 2].map(() => random.predict("random_uuid", {}, {}).values["result"]);
  expect(new Set(twins).size).toBe(2);
  expect(twins[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("a random string has the length and the characters that are asked for", () => {
  const digits = predicted("random_string", { length: 30, upper: false, lower: false, special: false, numeric: true });
  expect(digits["result"]).toMatch(/^\d{30}$/);
  const strict = String(predicted("random_password", { length: 8, min_special: 3, override_special: "!" })["result"]);
  expect(strict.match(/!/g)?.length).toBeGreaterThanOrEqual(3);
});

test("a random integer is in its range, an id has its bytes, a shuffle keeps its members", () => {
  expect(predicted("random_integer", { min: 5, max: 7 })["result"]).toBeGreaterThanOrEqual(5);
  expect(predicted("random_integer", { min: 5, max: 7 })["result"]).toBeLessThanOrEqual(7);
  const id = predicted("random_id", { byte_length: 4, prefix: "p-" });
  expect(id["hex"]).toMatch(/^p-[0-9a-f]{8}$/);
  expect(`p-${BigInt(`0x${String(id["hex"]).slice(2)}`)}`).toBe(id["dec"]);
  const shuffle = predicted("random_shuffle", { input: ["a", "b", "c"] })["result"] as string[];
  expect([...shuffle].sort()).toEqual(["a", "b", "c"]);
});

test("time stands still, and offsets are counted from it", () => {
  expect(predicted("time_static", {})).toMatchObject({ rfc3339: "2024-01-01T00:00:00Z", unix: 1704067200, month: 1 });
  expect(predicted("time_offset", { offset_days: 31, offset_hours: -1 })).toMatchObject({
    rfc3339: "2024-01-31T23:00:00Z",
  });
  expect(predicted("time_rotating", { rotation_years: 1 })["rotation_rfc3339"]).toBe("2025-01-01T00:00:00Z");
});

test("a file's digests are those of its content", () => {
  expect(predicted("local_file", { content: "abc" })).toMatchObject({
    id: "a9993e364706816aba3e25717850c26c9cd0d89d",
    content_md5: "900150983cd24fb0d6963f7d28e17f72",
    content_base64sha256: "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
  });
});

test("a file that is read must be there", () => {
  const read = (filename: string) => provider("local").read("local_file", { filename }, {});
  expect(read("utility-providers.test.ts").values["content"]).toContain("a file that is read must be there");
  expect(() => read("nothing")).toThrow("nothing: no such file");
});

test("an archive's digest changes with its members", () => {
  const digest = (content: string) =>
    provider("archive").read("archive_file", { source: [{ filename: "a", content }] }, {}).values[
      "output_base64sha256"
    ];
  expect(digest("1")).toBe(digest("1"));
  expect(digest("1")).not.toBe(digest("2"));
});

test("cloud-init user data is rendered, zipped and encoded as by default", () => {
  const part = [{ content: "#!/bin/sh\n", content_type: "text/x-shellscript", filename: null, merge_type: null }];
  const { values, derived } = provider("cloudinit").read("cloudinit_config", { part }, {});
  const text = gunzipSync(Buffer.from(String(values["rendered"]), "base64")).toString();
  expect(derived).toBe(true);
  expect(text).toBe(
    'Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"\nMIME-Version: 1.0\r\n\r\n--MIMEBOUNDARY\r\n' +
      "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/x-shellscript\r\nMime-Version: 1.0\r\n\r\n#!/bin/sh\n\r\n--MIMEBOUNDARY--\r\n",
  );
});

test("no key is made, and private parts are hidden", () => {
  expect(predicted("tls_private_key", { algorithm: "ED25519" })["public_key_openssh"]).toMatch(/^ssh-ed25519 /);
  expect([...provider("tls").sensitive("resource", "tls_private_key")]).toContain("private_key_pem");
});

test("nothing is asked over HTTP", () => {
  const { values, derived } = provider("http").read("http", { url: "https://example.com" }, {});
  expect({ status: values["status_code"], body: values["response_body"], derived }).toEqual({
    status: 200,
    body: "",
    derived: undefined,
  });
});
