import { IPv4, IPv6 } from "ipaddr.js";
import { Unknown, isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";
import { providerError, type PathStep, type ProviderDiagnostic } from "../protocol/diagnostic";
import { CIDR_ARGUMENTS } from "./tables/cidr-arguments";
import { CONFLICTS } from "./tables/conflicts";
import { ENUMERATIONS } from "./tables/enumerations";

/**
 * What the AWS provider refuses before it asks AWS, for the types that its tables describe: words that are none of the
 * allowed ones, arguments that exclude each other, texts that are no CIDR block.
 *
 * @param config as written; what is not known yet is not judged
 */
export function configurationFaults(type: string, config: CtyObject): ProviderDiagnostic[] {
  return [...wrongWords(type, config), ...wrongCombinations(type, config), ...wrongCidrs(type, config)];
}

function wrongWords(type: string, config: CtyObject): ProviderDiagnostic[] {
  return Object.entries(ENUMERATIONS[type]?.arguments ?? {}).flatMap(([name, allowed]) =>
    valuesAt(config, name.split(".")).flatMap(({ value, path }) =>
      typeof value !== "string" || allowed.includes(value)
        ? []
        : [providerError("Invalid value", `expected ${name} to be one of ${quoted(allowed)}, got ${value}`, path)],
    ),
  );
}

function wrongCombinations(type: string, config: CtyObject): ProviderDiagnostic[] {
  const { atMostOne = [], exactlyOne = [] } = CONFLICTS[type] ?? {};
  const given = (names: readonly string[]) => names.filter((name) => isGiven(config[name]));
  const conflicting = [...atMostOne, ...exactlyOne].flatMap((group) => {
    const [first, ...others] = given(group);
    if (first === undefined || !others.length) return [];
    return [
      providerError("Conflicting configuration arguments", `"${first}": conflicts with ${others.join(", ")}`, [first]),
    ];
  });
  const missing = exactlyOne
    .filter((group) => !group.some((name) => isGiven(config[name]) || config[name] instanceof Unknown))
    .map((group) => providerError("Missing required argument", `one of ${quoted(group)} must be specified`));
  return [...conflicting, ...missing];
}

function wrongCidrs(type: string, config: CtyObject): ProviderDiagnostic[] {
  const { ipv4 = [], ipv6 = [] } = CIDR_ARGUMENTS[type] ?? {};
  const check = (names: readonly string[], family: typeof IPv4 | typeof IPv6, example: string) =>
    names.flatMap((name) =>
      [config[name] ?? []].flat().flatMap((value) => {
        const wrong = typeof value === "string" && value !== "" ? cidrFault(value, family) : undefined;
        return wrong === undefined
          ? []
          : [
              providerError(
                "Invalid CIDR block",
                `${name}: ${wrong}, got ${String(value)}; write one such as ${example}`,
                [name],
              ),
            ];
      }),
    );
  return [...check(ipv4, IPv4, "10.1.0.0/16"), ...check(ipv6, IPv6, "2001:db8::/56")];
}

function cidrFault(value: string, family: typeof IPv4 | typeof IPv6): string | undefined {
  if (!family.isValidCIDR(value)) return "not a CIDR block";
  const [address] = family.parseCIDR(value);
  const first = family.networkAddressFromCIDR(value);
  return address.toNormalizedString() === first.toNormalizedString()
    ? undefined
    : `not a network's first address, which is ${first.toString()}`;
}

/** Every value of an argument; in nested blocks there may be several. */
function valuesAt(
  config: CtyValue,
  names: readonly string[],
  path: readonly PathStep[] = [],
): { value: CtyValue; path: readonly PathStep[] }[] {
  const [name, ...rest] = names;
  if (name === undefined) return [{ value: config, path }];
  if (Array.isArray(config)) return config.flatMap((it, at) => valuesAt(it, names, [...path, at]));
  return isObject(config) ? valuesAt(config[name] ?? null, rest, [...path, name]) : [];
}

function isGiven(value: CtyValue | undefined): boolean {
  if (value === undefined || value === null || value === "" || value instanceof Unknown) return false;
  return !Array.isArray(value) || value.length > 0;
}

const quoted = (words: readonly string[]) => words.map((it) => `"${it}"`).join(", ");
