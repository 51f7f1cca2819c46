/** Where a command prints. */
export interface Terminal {
  /** Writes a line, or several, to standard output. */
  out(text: string): void;
  /** Writes raw bytes to standard output; waits until the reader has taken them. */
  bytes(chunk: Uint8Array): Promise<void>;
  /** Writes a line to standard error. */
  err(text: string): void;
  /** Paints text, where a person looks at it; elsewhere returns it as it is. */
  paint(colour: Colour, text: string): string;
}

/** Select Graphic Rendition parameters (ECMA-48 §8.3.117). */
const SGR = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** What `Terminal.paint` can paint. */
export type Colour = keyof typeof SGR;

/** The process's own standard output and error; colour only on a TTY, and never with `NO_COLOR` (no-color.org). */
export function processTerminal(environment: NodeJS.ProcessEnv = process.env): Terminal {
  const coloured = process.stdout.isTTY && !environment.NO_COLOR;
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    bytes: (chunk) => new Promise((done, fail) => process.stdout.write(chunk, (e) => (e ? fail(e) : done()))),
    err: (text) => void process.stderr.write(`${text}\n`),
    paint: (colour, text) => (coloured ? `\u001b[${SGR[colour]}m${text}\u001b[0m` : text),
  };
}
