import { gunzipSync } from "node:zlib";
import { text } from "../../topology/resource";
import { Instance, Topology } from "../../topology/topology";

/**
 * The user data of an instance as cloud-init runs it: decoded, and unpacked when it is compressed.
 *
 * @returns nothing when it has none
 * @throws Error when it is no script
 */
export function userDataOf({ resources }: Topology, { address }: Instance): string | undefined {
  const values = resources.find((resource) => resource.address === address)?.values ?? {};
  const encoded = text(values, "user_data_base64");
  const plain = text(values, "user_data");
  if (encoded === undefined && plain === undefined) return undefined;
  const bytes = encoded === undefined ? Buffer.from(plain ?? "") : Buffer.from(encoded, "base64");
  const script = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
  if (!script.startsWith("#!")) {
    throw new Error(
      `lab: user data of ${address} must be a script, got ${JSON.stringify(script.slice(0, 20))}; begin it with #!`,
    );
  }
  return script;
}
