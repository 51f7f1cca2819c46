/** Octets of a name in text, without the trailing dot (RFC 1035 §2.3.4: 255 on the wire). */
const MAX_NAME_LENGTH = 253;

/** Letters, digits and hyphens (RFC 1123 §2.1), and the underscore that some hosts have in their names. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A last label that makes resolvers read the whole name as an IPv4 address: `127.1`, `0x7f.1`, `2130706433`.
 *
 * @see https://url.spec.whatwg.org/#ends-in-a-number-checker
 */
const NUMBER = /^(\d+|0x[0-9a-f]*)$/;

/**
 * A host name in the form in which it is compared and resolved.
 *
 * @returns lower case; undefined when it is no host name: an address, an empty or overlong label, any other byte
 */
export function parseServerName(text: string): string | undefined {
  const name = text.toLowerCase();
  const labels = name.split(".");
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => LABEL.test(label))) return undefined;
  return NUMBER.test(labels.at(-1) ?? "") ? undefined : name;
}
