import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";

describeAsRoot("kernel parameters", () => {
  test("are set, remembered once, and given back in the reverse order", async () => {
    await withNamespaces({ hosts: ["a"] }, async ({ exec, directory }) => {
      const script = join(__dirname, "saved-sysctls-probe.ts");
      const before = exec("a", "sysctl", "-n", "net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter");
      const [during, after, left] = JSON.parse(
        exec("a", process.execPath, "--import", "tsx", script, directory),
      ) as string[][];
      expect(during).toEqual(["1", "0"]);
      expect(after).toEqual(before.trim().split("\n"));
      expect(left).toEqual([]);
      expect(existsSync(join(directory, "saved.json"))).toBe(true);
    });
  });
});
