import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readLabs, remainsOf } from "../../../tools/lab/lifecycle/lab-directory";
import { startLab, withLab } from "../../../tools/lab/lab";
import { describeAsRoot, eventually } from "../../support/namespaces";

/* Other tests have labs at the same time. */
process.env.GWLB_LAB_PREFIX = "cleanup";

describeAsRoot("a lab leaves nothing behind", () => {
  test("two labs at once, one ended by a failure with processes in it, one kept and taken down", async () => {
    let failed = "";
    const kept = startLab({ target: "pass-through", afterwards: "kept" });
    const failing = withLab({ target: "tc-filter" }, async (lab) => {
      failed = lab.name;
      lab.spawn("client", ["sleep", "1000"], { detached: true, stdio: "ignore" });
      lab.spawn("outside", ["sh", "-c", "sleep 1000 & sleep 1000"], { detached: true, stdio: "ignore" });
      expect(await lab.check("client", "ping", "-c", "1", "web.example.test")).toContain("1 received");
      throw new Error("the body failed");
    });
    await expect(failing).rejects.toThrow("the body failed");
    const lab = await kept;
    try {
      expect(remainsOf(failed)).toEqual([]);
      expect(lab.name).not.toBe(failed);
      expect(await lab.check("client", "ping", "-c", "1", "web.example.test")).toContain("1 received");
      expect(remainsOf(lab.name)).toContain(`/run/netns/${lab.name}-client`);
    } finally {
      await lab.stop();
    }
    expect(remainsOf(lab.name)).toEqual([]);
    expect(existsSync(lab.directory)).toBe(false);
  }, 120_000);

  test("fails without a trace when there is no such scenario", async () => {
    const before = readLabs().length;
    await expect(startLab({ target: "no-such" })).rejects.toThrow(
      "lab: neither a folder nor a scenario, got 'no-such'; scenarios are pass-through, tc-filter, squid-bastion",
    );
    expect(readLabs().length).toBeLessThanOrEqual(before);
  });

  test("Ctrl-C while machines boot", async () => {
    const lab = spawn(process.execPath, ["--import", "tsx", "tools/lab/main.ts", "pass-through"], {
      env: { ...process.env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const own = await eventually(
      "the lab's namespaces",
      () => readLabs().find((one) => "owner" in one && one.owner === lab.pid && remainsOf(one.name).length > 5),
      undefined,
      60,
    );
    const ended = once(lab, "exit");
    lab.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(remainsOf(own.name)).toEqual([]);
  }, 90_000);
});
