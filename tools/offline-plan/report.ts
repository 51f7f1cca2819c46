import type { AssumedValue } from "./assumed-values";

/** Characters of a value that are worth showing. */
const LONGEST_VALUE = 100;

/** The list of assumed values, for people; empty when there is none. */
export function assumedValuesText(values: readonly AssumedValue[]): string {
  if (!values.length) return "";
  const lines = values.flatMap(({ address, values: answered }) => [
    `  ${address}`,
    ...Object.entries(answered)
      .filter(([name]) => name !== "id" || Object.keys(answered).length === 1)
      .map(([name, value]) => `      ${name} = ${shortened(JSON.stringify(value))}`),
  ]);
  return `Assumed, because only AWS knows (set them with --assume FILE):\n${lines.join("\n")}\n`;
}

function shortened(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
