import { existsSync } from "node:fs";
import { describeAsRoot, leftovers, withNamespaces } from "./namespaces";

describeAsRoot("withNamespaces", () => {
  test("connects hosts and leaves nothing behind, not even processes", async () => {
    let directory = "";
    const child = await withNamespaces(
      {
        hosts: ["a", "b"],
        links: [
          [
            { host: "a", name: "eth0", addresses: ["10.9.0.1/24", "fd09::1/64"], mtu: 9001 },
            { host: "b", name: "eth0", addresses: ["10.9.0.2/24", "fd09::2/64"], mtu: 9001, mac: "02:00:00:00:00:02" },
          ],
        ],
      },
      (namespaces) => {
        directory = namespaces.directory;
        expect(leftovers()).toHaveLength(2);
        expect(namespaces.exec("a", "ping", "-c1", "-s", "8000", "-M", "do", "10.9.0.2")).toContain("1 received");
        expect(namespaces.exec("a", "ping", "-c1", "fd09::2")).toContain("1 received");
        return namespaces.spawn("b", ["sleep", "1000"]);
      },
    );
    expect(child.signalCode).toBe("SIGKILL");
    expect(leftovers()).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });

  test("removes everything when the body throws", async () => {
    await expect(
      withNamespaces({ hosts: ["a"] }, () => {
        throw new Error("the body failed");
      }),
    ).rejects.toThrow("the body failed");
    expect(leftovers()).toEqual([]);
  });

  test("fails when a command fails, and says which", async () => {
    await expect(withNamespaces({ hosts: ["a"] }, (namespaces) => namespaces.exec("a", "false"))).rejects.toThrow(
      /ip netns exec gw\w+-a false: exit 1/,
    );
  });
});
