import type { Change } from "../../../appliance-agent/src/control/change";
import type { ServedEndpoint } from "../../../appliance-agent/src/control/desired-state";
import { isHeldBack } from "../../../appliance-agent/src/control/held-back";

const A: ServedEndpoint = { endpoint: "000000000000000a", ingress: "gwi-a", egress: "gwo-a", slot: 1 };
const B: ServedEndpoint = { endpoint: "000000000000000b", ingress: "gwi-b", egress: "gwo-b", slot: 2 };

const ip = (text: string): Change => ({ kind: "ip", argv: text.split(" ") });
const sysctl = (name: string): Change => ({ kind: "write-sysctl", name, value: "0", was: "1" });
const admit = ({ endpoint }: ServedEndpoint): Change => ({ kind: "admit-endpoint", endpoint, mark: 0 });
const hook = (devices: ServedEndpoint): Change => ({ kind: "run-create-hook", program: "/create", devices });
const attach: Change = { kind: "attach", interface: "ens5" };

describe.each<[string, Change]>([
  ["its devices", { kind: "make-devices", endpoint: A.endpoint }],
  ["a parameter of its ingress device", sysctl("net.ipv4.conf.gwi-a.rp_filter")],
  ["a parameter of its egress device", sysctl("net.ipv6.conf.gwo-a.disable_ipv6")],
  ["its route", ip("-4 route replace default dev gwo-a metric 1024 table 60810001 protocol 81")],
  ["its rule", ip("-6 rule add pref 112 fwmark 0x10000/0xffff0000 lookup 60810001 protocol 81")],
  ["its hook", hook(A)],
])("when %s cannot be made", (_, failed) => {
  test("only this endpoint waits", () => {
    const waiting = [admit(A), hook(A), admit(B), hook(B), attach].filter((change) =>
      isHeldBack(change, [failed], [A, B]),
    );
    expect(waiting).toEqual([admit(A), hook(A)]);
  });
});

describe.each<[string, Change]>([
  ["the rules", { kind: "write-rules", id: "0", count: 1 }],
  ["the sources", { kind: "write-sources", cidrs: [] }],
  ["the chains", { kind: "restore-iptables", family: "ipv4" }],
  ["a parameter of the host", sysctl("net.ipv4.ip_forward")],
  ["the rule to the bastion", ip("-4 rule add pref 110 to 10.2.0.20/32 lookup main protocol 81")],
])("when %s cannot be set", (_, failed) => {
  test("nothing is switched on, and everything else is still tried", () => {
    const waiting = [admit(A), hook(B), attach].filter((change) => isHeldBack(change, [failed], [A, B]));
    expect(waiting).toHaveLength(3);
    const tried = [sysctl("net.ipv4.ip_forward"), ip("-4 rule add"), { kind: "make-devices", endpoint: "a" } as const];
    expect(tried.filter((change) => isHeldBack(change, [failed], [A, B]))).toEqual([]);
  });
});

test("what cannot be removed of an endpoint that is gone holds nothing back", () => {
  const failed = ip("-4 rule del pref 111 iif gwi-c lookup 60810003 protocol 81");
  expect([admit(A), admit(B), attach].filter((change) => isHeldBack(change, [failed], [A, B]))).toEqual([]);
});
