import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describeAsRoot } from "./support/namespaces";

const HOOK = join(resolve(__dirname, ".."), "examples/create-hook/route.sh");

/** Two devices in a namespace of their own, the hook called in it, and what the kernel then does with a packet. */
function inNamespace(...lines: string[]): string {
  const set = ["set -e", "ip link set lo up"];
  const devices = ["gwi-a", "gwo-a"].flatMap((name) => [`ip tuntap add ${name} mode tun`, `ip link set ${name} up`]);
  const script = [...set, ...devices, "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0", ...lines].join(
    "\n",
  );
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script], { encoding: "utf8" });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

const route = "sysctl -qw net.ipv4.conf.gwi-a.rp_filter=0; ip route get 203.0.113.5 from 10.1.0.5 iif gwi-a";
const call = (operation: string) => `${HOOK} ${operation} gwi-a gwo-a 0123456789abcdef0`;

describeAsRoot("the hook of the example create-hook", () => {
  test("sends back what comes from an endpoint, and drops Telnet", () => {
    const said = inNamespace(call("CREATE"), route, "iptables -S FORWARD", "ip6tables -S FORWARD");
    expect(said).toContain("dev gwo-a");
    expect(said.match(/-i gwi-a -p tcp -m tcp --dport 23 -j DROP/g)).toHaveLength(2);
  });

  test("leaves nothing behind, however often it was called", () => {
    const said = inNamespace(call("CREATE"), call("CREATE"), call("DESTROY"), "ip rule", "ip -6 rule", "iptables -S");
    expect(said).not.toMatch(/gwi-a/);
  });
});
