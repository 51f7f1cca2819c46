import { Terminal } from "../../../appliance-agent/src/commands/terminal";

/** A terminal that keeps what is printed; colours are shown as `<red:text>`. */
export function recordingTerminal(): Terminal & { readonly printed: string[]; readonly complained: string[] } {
  const printed: string[] = [];
  const complained: string[] = [];
  return {
    printed,
    complained,
    out: (text) => void printed.push(text),
    bytes: async (chunk) => void printed.push(Buffer.from(chunk).toString("hex")),
    err: (text) => void complained.push(text),
    paint: (colour, text) => `<${colour}:${text}>`,
  };
}
