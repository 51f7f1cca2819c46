import type { AgentConfiguration } from "./agent-configuration";
import { addressFamily, cidrsOf } from "./cidr";
import { parseRestoreLines } from "./restore-lines";

/** What members of a configuration have against each other. */
export interface ConfigurationProblem {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly fix: string;
}

/** What only shows when the whole configuration is seen. */
export function configurationProblems(configuration: AgentConfiguration): ConfigurationProblem[] {
  return [
    ...sourceProblems(configuration),
    ...modeProblems(configuration),
    ...repeatedNames(configuration.rules, ["rules"]),
    ...checkProblems(configuration),
    ...restoreProblems("ipv4", configuration.iptables.ipv4),
    ...restoreProblems("ipv6", configuration.iptables.ipv6),
  ];
}

function sourceProblems({ geneveSources }: AgentConfiguration): ConfigurationProblem[] {
  return geneveSources.flatMap((cidr, index) =>
    cidrsOf("ipv6", [cidr]).map(() => ({
      path: ["geneveSources", index],
      what: "an IPv6 source",
      fix: "write IPv4: a Gateway Load Balancer sends GENEVE over IPv4 only",
    })),
  );
}

function modeProblems(configuration: AgentConfiguration): ConfigurationProblem[] {
  if (configuration.mode === "routed") {
    if (configuration.hook === "tc") return [];
    return [{ path: ["hook"], what: "xdp in routed mode", fix: 'write "tc": XDP cannot hand packets to routing' }];
  }
  const { iptables, underlayDestinations, sysctls, hooks } = configuration;
  const given: readonly (readonly [string, boolean])[] = [
    ["iptables", iptables.ipv4.length + iptables.ipv6.length > 0],
    ["underlayDestinations", underlayDestinations.length > 0],
    ["sysctls", Object.keys(sysctls).length > 0],
    ["hooks", Object.keys(hooks).length > 0],
  ];
  return given.flatMap(([member, isGiven]) =>
    isGiven
      ? [
          {
            path: [member],
            what: "a member of routed mode in hairpin mode",
            fix: 'remove it, or write "mode": "routed"',
          },
        ]
      : [],
  );
}

function repeatedNames(named: readonly { readonly name: string }[], path: readonly string[]): ConfigurationProblem[] {
  const seen = new Map<string, number>();
  return named.flatMap(({ name }, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    return first === undefined
      ? []
      : [
          {
            path: [...path, index, "name"],
            what: `the name of ${path.join(".")}[${first}] again`,
            fix: "name it otherwise",
          },
        ];
  });
}

function checkProblems({ health: { tcpChecks } }: AgentConfiguration): ConfigurationProblem[] {
  return [
    ...repeatedNames(tcpChecks, ["health", "tcpChecks"]),
    ...tcpChecks.flatMap(({ address }, index) =>
      addressFamily(address)
        ? []
        : [
            {
              path: ["health", "tcpChecks", index, "address"],
              what: "not an address",
              fix: "write an IPv4 or IPv6 address: a check must not depend on a resolver",
            },
          ],
    ),
  ];
}

function restoreProblems(family: "ipv4" | "ipv6", lines: readonly string[]): ConfigurationProblem[] {
  return parseRestoreLines(lines).problems.map(({ line, what, fix }) => ({
    path: ["iptables", family, line],
    what,
    fix,
  }));
}
