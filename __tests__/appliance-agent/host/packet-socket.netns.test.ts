import { join } from "node:path";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";

describeAsRoot("a packet socket", () => {
  test("sees GENEVE only, and says what is wrong with an interface", async () => {
    const link = [
      { host: "a", name: "v0", addresses: ["10.0.0.1/24"] },
      { host: "b", name: "v1", addresses: ["10.0.0.2/24"] },
    ] as const;
    await withNamespaces({ hosts: ["a", "b"], links: [link] }, ({ exec }) => {
      const probe = join(__dirname, "packet-socket-probe.ts");
      const said = JSON.parse(exec("a", process.execPath, "--import", "tsx", probe)) as unknown;
      expect(said).toEqual({
        ports: [6081, 6081],
        wrong: "packet socket: no such interface, got 'none'; see 'ip link'",
      });
    });
  });
});
