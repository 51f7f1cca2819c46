import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../../tools/lab/lab";
import { interfaceHost } from "../../../tools/lab/fabric/network-interface";
import { differencesOf } from "../../../tools/lab/trace/render-trace";
import { traceLab } from "../../../tools/lab/trace/trace-lab";
import { eventually } from "../../support/namespaces";
import { CURL, get, getWeb, untilServed } from "./get-over-http";
import {
  countPackets,
  describeLab,
  hurryHealthChecks,
  publicAddressOf,
  refusalsOf,
  TEST_TIMEOUT_MS,
} from "./running-lab";
import { whilePinging } from "./while-pinging";

/** AWS's shortest: a failed appliance is found in two checks. */
const FAST_CHECKS = { healthCheckIntervalSeconds: 5, healthCheckTimeoutSeconds: 2 };
const ANYBODY = { inboundCidrs: ["0.0.0.0/0"] };

/** Seconds for something to be noticed by health checks, agents or systemd on a busy machine. */
const PATIENCE = 50;

/** It would wait ten seconds for its clients, shutdown_lifetime. */
const KILL_SQUID = "systemctl kill --signal=KILL squid";

/** What was expected and what was seen, for whoever reads the log. */
function report(fault: string, expected: string, seen: object): void {
  console.log(`${fault}\n  expected: ${expected}\n  seen:     ${JSON.stringify(seen)}`);
}

const healthOf = async (lab: Lab, host: string): Promise<string> =>
  (await lab.report()).targets.find(({ name }) => name === host)?.health.state ?? "none";

async function untilHealth(lab: Lab, host: string, wanted: string): Promise<void> {
  let last = "";
  const look = async () => ((last = await healthOf(lab, host)) === wanted ? true : undefined);
  await eventually(`${host} to be ${wanted}`, look, () => last, PATIENCE);
}

/** Pulls an instance's cable, or plugs it in again. */
const setCable = (lab: Lab, host: string, state: "up" | "down") =>
  lab.check(interfaceHost(host), "ip", "link", "set", "vm", state);

const status = async (lab: Lab, host = "appliance"): Promise<{ agent: AgentStatus }> =>
  JSON.parse((await lab.exec(host, "gwlb-agent", "status", "--json")).stdout) as { agent: AgentStatus };

interface AgentStatus {
  readonly ready: boolean;
  readonly configuration: { readonly generation: number };
}

const NARROW =
  "not ready; where no other appliance is ready it is used all the same: inner packets above 1432 bytes are lost without a word " +
  "(veth forgives four bytes), smaller ones pass; afterwards all is well";

const NARROW_OUTCOME = {
  notReady: expect.stringMatching(/ens5: MTU below 8568 .*, got 1500; ip link set dev ens5 mtu 9001/) as string,
  inner1428: 0,
  inner1500: 1,
  afterwards: 0,
};

/** Gives appliances an MTU that EC2 does not have, and back the one that it has. @returns exit statuses of ping(8), and what is said */
async function whileNarrow(lab: Lab, appliances: readonly string[]): Promise<Record<string, number | string>> {
  const set = (mtu: string) =>
    Promise.all(appliances.map((host) => lab.check(host, "ip", "link", "set", "ens5", "mtu", mtu)));
  const ping = async (inner: number) => {
    const small = ["-n", "-c", "3", "-i", "0.05", "-W", "1", "-s", String(inner - 28)];
    return (await lab.exec("client", "ping", ...small, "198.51.100.80")).status;
  };
  const said = (host: string) => lab.machine(host).exec("gwlb-agent", "status").stdout;
  await set("1500");
  const narrow = (host: string) => /^.*MTU below.*$/m.exec(said(host))?.[0].trim();
  const [notReady = ""] = await Promise.all(
    appliances.map((host) =>
      eventually(
        `${host} to see its MTU`,
        () => narrow(host),
        () => said(host),
        PATIENCE,
      ),
    ),
  );
  const [inner1428, inner1500] = [await ping(1428), await ping(1500)];
  await set("9001");
  for (const host of appliances) {
    const isReady = async () => (await status(lab, host)).agent.ready || undefined;
    await eventually(`${host} to be ready again`, isReady, () => said(host), PATIENCE);
  }
  return { notReady, inner1428, inner1500, afterwards: await ping(1500) };
}

describeLab(
  "faults in pass-through with two appliances",
  {
    target: "pass-through",
    configuration: { appliance: { perZone: 2 }, loadBalancer: FAST_CHECKS, workload: ANYBODY },
  },
  (lab) => {
    const appliances = ["appliance-1", "appliance-2"];
    hurryHealthChecks(lab);

    test(
      "before any fault every hop of a traced ping is as predicted",
      async () => {
        expect(differencesOf(await traceLab(lab(), { probe: "ping" }))).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the agents are killed with SIGKILL under traffic: nothing is lost",
      async () => {
        const pid = (host: string) => Number(lab().machine(host).property("gwlb-agent.service", "MainPID"));
        const before = appliances.map(pid);
        const counted = await whilePinging(lab(), async () => {
          appliances.forEach((host) => lab().machine(host).exec("systemctl", "kill", "--signal=KILL", "gwlb-agent"));
          for (const [at, host] of appliances.entries()) {
            const isNew = () => (![0, before[at]].includes(pid(host)) ? true : undefined);
            await eventually(`${host}'s agent to be back`, isNew, () => String(pid(host)), PATIENCE);
          }
        });
        report("agent killed", "no packet lost, systemd starts it again", {
          ...counted,
          before,
          after: appliances.map(pid),
        });
        expect(counted.received).toBe(counted.sent);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "a bad configuration in S3 is refused, and the rules in force stay",
      async () => {
        const [path = ""] = [...lab().loaded.objects.keys()].filter(
          (one) => one.includes("/agent/") && one.endsWith(".json"),
        );
        const good = lab().loaded.objects.get(path);
        if (!good) throw new Error("the plan has no configuration of the agent");
        const seen: Record<string, string> = {};
        const counted = await whilePinging(lab(), async () => {
          for (const [content, complaint] of [
            ["{", "not JSON"],
            [
              JSON.stringify({ version: 1, mode: "hairpin", geneveSources: ["10.2.0.0/28"], rulez: [] }),
              "did you mean rules?",
            ],
          ] as const) {
            lab().putObject(path, { content });
            lab().machine("appliance-1").exec("systemctl", "reload", "gwlb-agent");
            const text = () => lab().machine("appliance-1").exec("gwlb-agent", "status").stdout;
            const isRefused = () => (text().includes(complaint) ? true : undefined);
            await eventually(`'${complaint}' in the agent's status`, isRefused, text, PATIENCE);
            seen[complaint] =
              text()
                .split("\n")
                .find((line) => line.includes(complaint)) ?? "";
          }
        });
        lab().putObject(path, good);
        await lab().check("appliance-1", "systemctl", "reload", "gwlb-agent");
        report("bad configuration pushed", "refused with path and fix, rules stay, ready, no packet lost", {
          ...counted,
          ...seen,
        });
        expect(counted.received).toBe(counted.sent);
        expect((await status(lab(), "appliance-1")).agent.ready).toBe(true);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the clock jumps a year: flows, agent and health checks do not mind",
      async () => {
        const object = join(lab().directory, "clock-jump.so");
        const source = join(lab().directory, "clock-jump.c");
        writeFileSync(source, CLOCK_JUMP);
        execFileSync("clang", ["-shared", "-fPIC", "-O1", "-o", object, source]);
        const drop = "/etc/systemd/system/gwlb-agent.service.d/clock.conf";
        const library = execFileSync("base64", ["-w0", object], { encoding: "utf8" });
        const machine = lab().machine("appliance-1");
        const install = `echo ${library} | base64 -d >/opt/clock-jump.so; mkdir -p $(dirname ${drop})
        printf '[Service]\\nEnvironment=LD_PRELOAD=/opt/clock-jump.so\\n' >${drop}
        echo 0 >/etc/clock-jump; systemctl daemon-reload; systemctl restart gwlb-agent`;
        expect(machine.exec("sh", "-ec", install)).toMatchObject({ status: 0 });
        const ready = async () =>
          (await status(lab(), "appliance-1").catch(() => undefined))?.agent.ready ? true : undefined;
        await eventually("the agent to be ready under its own clock", ready, () => "not ready", PATIENCE);
        const pid = machine.property("gwlb-agent.service", "MainPID");
        const years: Record<string, string> = {};
        const counted = await whilePinging(lab(), async () => {
          for (const seconds of ["31536000", "-31536000"]) {
            machine.exec("sh", "-c", `echo ${seconds} >/etc/clock-jump`);
            const year = String(new Date(Date.now() + Number(seconds) * 1000).getFullYear());
            const writtenAt = () =>
              /"writtenAt": "(\d+)/.exec(machine.exec("gwlb-agent", "status", "--json").stdout)?.[1];
            await eventually(
              `the agent to see ${year}`,
              () => (writtenAt() === year ? true : undefined),
              () => String(writtenAt()),
              PATIENCE,
            );
            years[year] = machine.exec(
              "curl",
              "-s",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code}",
              "http://127.0.0.1:8080/readyz",
            ).stdout;
          }
        });
        report("clock jump", "ready, same process, no packet lost", { ...counted, readyz: years });
        expect(Object.values(years)).toEqual(["200", "200"]);
        expect(machine.property("gwlb-agent.service", "MainPID")).toBe(pid);
        expect(counted.received).toBe(counted.sent);
        machine.exec("sh", "-c", `rm -r $(dirname ${drop}); systemctl daemon-reload; systemctl restart gwlb-agent`);
        await eventually("the agent to be ready again", ready, () => "not ready", PATIENCE);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "an appliance is gone: its flows move to the other one",
      async () => {
        const addressOf = (host: string) =>
          lab().plan.wiring.instances.find((port) => port.host === host)?.addresses[0];
        const target = async () => {
          const { flows } = await lab().report();
          return flows.find(({ protocol, low, high }) => protocol === 1 && [low, high].includes("198.51.100.80"))
            ?.target;
        };
        await lab().check("client", "ping", "-n", "-c", "1", "198.51.100.80");
        const before = await target();
        const gone = appliances.find((host) => addressOf(host) === before);
        if (gone === undefined) throw new Error(`no appliance has the flow's address, got ${before ?? "no flow"}`);
        const left = appliances.find((one) => one !== gone) ?? "";
        const start = Date.now();
        let seconds = 0;
        const counted = await whilePinging(lab(), async () => {
          await setCable(lab(), gone, "down");
          await untilHealth(lab(), gone, "unhealthy");
          seconds = (Date.now() - start) / 1000;
          await lab().check("client", "ping", "-n", "-c", "20", "-i", "0.01", "198.51.100.80");
        });
        const moved = await target();
        const fresh = await Promise.all(Array.from({ length: 8 }, () => get(lab(), "http://web.example.test/")));
        await setCable(lab(), gone, "up");
        await untilHealth(lab(), gone, "healthy");
        report("appliance gone", "taken out by its health check; old and new flows go on by the other", {
          ...{ gone, left, secondsUntilUnhealthy: seconds, ...counted, fresh },
        });
        expect(moved).toBe(addressOf(left));
        expect(counted.received).toBeLessThan(counted.sent); // until the health check has failed
        expect(fresh).toEqual(Array.from({ length: 8 }, () => "200"));
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "MTU 1500 on the appliances: they are not ready and say why; small packets pass, larger ones are lost",
      async () => {
        const outcome = await whileNarrow(lab(), appliances);
        for (const host of appliances) await untilHealth(lab(), host, "healthy");
        report("MTU 1500 on the appliance", NARROW, outcome);
        expect(outcome).toEqual(NARROW_OUTCOME);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "no edge route table: the trace says where, and connections from outside fail",
      async () => {
        const rule = ["rule", "del", "pref", "99"];
        const saved =
          /^99:\tfrom all iif igw lookup (\d+)/m.exec(await lab().check("client-vpc", "ip", "rule"))?.[1] ?? "";
        await lab().check("client-vpc", "ip", ...rule);
        const trace = await traceLab(lab(), { probe: "ping" });
        const inbound = await get(lab(), `http://${publicAddressOf(lab(), "client")}/`, "outside");
        const refused = await refusalsOf(lab());
        await lab().check("client-vpc", "ip", "rule", "add", "pref", "99", "iif", "igw", "lookup", saved);
        const differences = differencesOf(trace);
        report(
          "asymmetric route",
          "the answer misses endpoint and appliance, the trace says so; inbound TCP is refused",
          { differences, inbound, refused },
        );
        expect(differences.some((one) => /^answer .*hop 4: hop: predicted GWLB endpoint/.test(one))).toBe(true);
        expect(inbound).toBe("curl 28");
        expect(refused).toMatchObject({ no_flow: expect.any(Number) as number });
        expect(differencesOf(await traceLab(lab(), { probe: "ping" }))).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );
  },
);

describeLab(
  "faults in squid-bastion",
  {
    target: "squid-bastion",
    configuration: {
      loadBalancer: FAST_CHECKS,
      workload: ANYBODY,
      squidBastion: { deniedDomains: ["blocked.example.test"] },
    },
  },
  (lab) => {
    hurryHealthChecks(lab);

    /** Packets on the internet's side of the client VPC's gateway: what went out past Squid. */
    const pastSquid = async (happening: () => Promise<unknown>): Promise<number> => {
      const filter = `tcp and src host ${publicAddressOf(lab(), "client")} and (dst port 80 or dst port 443)`;
      return (await countPackets(lab(), ["internet"], filter, happening)).internet ?? -1;
    };
    const web = () => getWeb(lab());

    test(
      "before any fault every hop of a traced GET is as predicted: client to bastion, bastion to the internet",
      async () => {
        await untilServed(lab());
        for (const probe of ["ping", "http", "https"] as const) {
          const trace = await traceLab(lab(), { probe });
          expect(differencesOf(trace)).toEqual([]);
          expect(trace.ways).toHaveLength(probe === "ping" ? 2 : 4);
        }
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the agent is killed with SIGKILL under traffic: nothing is lost",
      async () => {
        const pid = () => lab().machine("appliance").property("gwlb-agent.service", "MainPID");
        const before = pid();
        const counted = await whilePinging(lab(), async () => {
          lab().machine("appliance").exec("systemctl", "kill", "--signal=KILL", "gwlb-agent");
          await eventually(
            "the agent to be back",
            () => (!["0", before].includes(pid()) ? true : undefined),
            pid,
            PATIENCE,
          );
          await untilServed(lab());
        });
        report("agent killed, routed mode", "no packet lost", counted);
        expect(counted.received).toBe(counted.sent);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "Squid is gone: HTTP and HTTPS fail, nothing goes past it, the rest passes",
      async () => {
        lab().machine("bastion").exec("sh", "-c", `${KILL_SQUID}; systemctl stop squid`);
        let served: readonly string[] = [];
        const past = await pastSquid(async () => (served = await web()));
        const ping = await lab().exec("client", "ping", "-n", "-c", "3", "-i", "0.05", "198.51.100.80");
        lab().machine("bastion").exec("systemctl", "start", "squid");
        await untilServed(lab());
        report("Squid gone", "closed for HTTP and HTTPS, open for the rest", { served, past, ping: ping.status });
        expect(served).not.toContain("200");
        expect({ past, ping: ping.status }).toEqual({ past: 0, ping: 0 });
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the bastion is gone: HTTP and HTTPS fail, nothing goes past it, the rest passes",
      async () => {
        await setCable(lab(), "bastion", "down");
        let served: readonly string[] = [];
        const past = await pastSquid(async () => (served = await web()));
        await untilHealth(lab(), "appliance", "unhealthy");
        const ping = await lab().exec("client", "ping", "-n", "-c", "3", "-i", "0.05", "198.51.100.80");
        const pastAgain = await pastSquid(async () => (served = [...served, ...(await web())]));
        await setCable(lab(), "bastion", "up");
        await untilHealth(lab(), "appliance", "healthy");
        await untilServed(lab());
        report(
          "bastion gone",
          "closed for HTTP and HTTPS; the appliance is not ready, the load balancer has no other one and goes on",
          {
            ...{ served, past: past + pastAgain, ping: ping.status },
          },
        );
        expect(served).not.toContain("200");
        expect({ past: past + pastAgain, ping: ping.status }).toEqual({ past: 0, ping: 0 });
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the appliance is gone: the zone is closed, nothing goes past it, and all is well when it is back",
      async () => {
        await setCable(lab(), "appliance", "down");
        let served: readonly string[] = [];
        const past = await pastSquid(async () => (served = await web()));
        const since = Date.now();
        await untilHealth(lab(), "appliance", "unhealthy");
        const seconds = (Date.now() - since) / 1000;
        const ping = () => lab().exec("client", "ping", "-n", "-c", "3", "-i", "0.05", "-W", "1", "198.51.100.80");
        const closed = (await ping()).status;
        await setCable(lab(), "appliance", "up");
        await untilHealth(lab(), "appliance", "healthy");
        await untilServed(lab());
        const outcome = { served, past, closed, afterwards: (await ping()).status };
        report(
          "appliance gone, the only one of its zone",
          "closed, also when it is known to be unhealthy; then as before",
          {
            ...outcome,
            secondsUntilUnhealthy: seconds,
          },
        );
        expect(outcome).toEqual({ served: ["curl 28", "curl 28"], past: 0, closed: 1, afterwards: 0 });
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "MTU 1500 on the appliance: it is not ready and says why; small packets pass, larger ones are lost",
      async () => {
        const outcome = await whileNarrow(lab(), ["appliance"]);
        await untilHealth(lab(), "appliance", "healthy");
        await untilServed(lab());
        report("MTU 1500 on the appliance, routed mode", NARROW, outcome);
        expect(outcome).toEqual(NARROW_OUTCOME);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "connection tracking is flushed: an old download ends or goes on through Squid, new ones pass, nothing goes past it",
      async () => {
        let outcome = { status: -1, bytes: 0 };
        const past = await pastSquid(async () => {
          const url = "http://web.example.test/bytes/30000000";
          const download = lab().exec(
            "client",
            "curl",
            "-sS",
            "--limit-rate",
            "10M",
            "--max-time",
            "8",
            "-o",
            "/dev/null",
            "-w",
            "%{size_download}",
            url,
          );
          const established = () =>
            /established|ESTAB/i.test(lab().machine("bastion").exec("ss", "-tn").stdout) || undefined;
          await eventually("the download to begin", established, () => "no connection", PATIENCE);
          await lab().check("appliance", "/usr/bin/python3", "-c", FLUSH_CONNECTION_TRACKING);
          const { status: code, stdout } = await download;
          outcome = { status: code, bytes: Number(stdout) };
          await untilServed(lab());
        });
        report("conntrack flushed", "nothing past Squid, new connections served", { past, download: outcome });
        expect(past).toBe(0);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the disk for Squid's log is full: Squid serves on, or ends and is started again; what is denied stays denied",
      async () => {
        const bastion = lab().machine("bastion");
        const fill = `mount -t tmpfs -o size=64k,mode=0750 tmpfs /var/log/squid; chown proxy:proxy /var/log/squid
        ${KILL_SQUID}; systemctl restart squid; dd if=/dev/zero of=/var/log/squid/full bs=4k 2>/dev/null || true; df --output=avail /var/log/squid | tail -1`;
        const { stdout: free } = bastion.exec("sh", "-c", fill);
        await untilServed(lab());
        let answers = "";
        const past = await pastSquid(async () => {
          // Squid writes its log once a second.
          const many = 'for i in $(seq 15); do "$@" || true; echo; done';
          answers = await lab().check("client", "sh", "-c", many, "sh", ...CURL, "http://web.example.test/");
        });
        const squidRestarts = Number(bastion.property("squid.service", "NRestarts"));
        // Nobody answers while it is started again.
        const denied = await eventually("an answer for what is denied", async () => {
          const answer = await get(lab(), "http://blocked.example.test/");
          return answer.startsWith("curl ") ? undefined : answer;
        });
        bastion.exec("sh", "-c", `rm /var/log/squid/full; ${KILL_SQUID}; systemctl restart squid`);
        await untilServed(lab());
        const { stdout: log } = bastion.exec("grep", "-c", "web.example.test", "/var/log/squid/access.log");
        const codes = answers.trim().split("\n");
        const counts = Object.fromEntries(
          [...new Set(codes)].map((one) => [one, codes.filter((code) => code === one).length]),
        );
        report("disk full for logs", "Squid ends when it cannot write and is started again; nothing past it", {
          ...{ freeKiB: Number(free), answers: counts, squidRestarts, denied, past, loggedAfterwards: Number(log) },
        });
        expect(Number(free)).toBe(0);
        expect(denied).toBe("403");
        expect(past).toBe(0);
        expect(Number(log)).toBeGreaterThan(0);
      },
      TEST_TIMEOUT_MS,
    );
  },
);

/** Deletes every entry of the namespace's table: IPCTNL_MSG_CT_DELETE without a tuple, linux/netfilter/nfnetlink_conntrack.h. */
const FLUSH_CONNECTION_TRACKING = `
import socket, struct
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
netlink.send(struct.pack("=IHHII", 20, 0x102, 5, 1, 0) + struct.pack("=BBH", 0, 0, 0))
length, kind, flags, sequence, pid, error = struct.unpack("=IHHIIi", netlink.recv(4096)[:20])
assert kind == 2 and error == 0, error
`;

/** A wall clock that is wrong by as many seconds as /etc/clock-jump says; the monotonic clock is as it is. */
const CLOCK_JUMP = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long jump(void)
{
	char text[32] = {};
	int file = open("/etc/clock-jump", O_RDONLY | O_CLOEXEC);
	if (file < 0) return 0;
	if (read(file, text, sizeof(text) - 1) < 0) text[0] = 0;
	close(file);
	return atol(text);
}
int clock_gettime(clockid_t clock, struct timespec *time)
{
	static int (*real)(clockid_t, struct timespec *);
	if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
	int result = real(clock, time);
	if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += jump();
	return result;
}
int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}
`;
