import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostFamilies } from "../../../appliance-agent/src/host/host-families";

test("tells a kernel without IPv6 from one that has it switched off", () => {
  const root = mkdtempSync(join(tmpdir(), "families-"));
  try {
    expect(hostFamilies(root)).toEqual(["ipv4"]);
    mkdirSync(join(root, "net/ipv6/conf/all"), { recursive: true });
    expect(hostFamilies(root)).toEqual(["ipv4", "ipv6"]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
