/** A block of HCL, `resource "aws_vpc" "main" { ... }`. */
export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: HclBody;
  /** Offset of the block's first character, and past its last. */
  readonly start: number;
  readonly end: number;
  /** Counted from 1. */
  readonly line: number;
}

/** What stands between a block's braces, or in a file. */
export interface HclBody {
  /** Expression text by argument name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: readonly HclBlock[];
}

/**
 * The blocks and arguments of an HCL file. Expressions are found, not understood.
 *
 * Never fails: where the syntax breaks off, so does the answer, and Terraform itself reports the error.
 *
 * @see https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function hclBody(text: string): HclBody {
  return new Scanner(text).body(false);
}

const SPACE = /[ \t\r]*/y;
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?\n/uy;
const OPENING = "([{";
const CLOSING = ")]}";

class Scanner {
  private at = 0;
  private counted = 0;
  private lineNumber = 1;

  constructor(private readonly text: string) {}

  body(inBlock: boolean): HclBody {
    const attributes: Record<string, string> = {};
    const blocks: HclBlock[] = [];
    for (;;) {
      this.skipBlank();
      if (this.at >= this.text.length || (inBlock && this.peek() === "}")) break;
      const start = this.at;
      const name = this.take(IDENTIFIER);
      if (!name) {
        this.at++;
        continue;
      }
      this.take(SPACE);
      if (this.peek() === "=") {
        this.at++;
        attributes[name] = this.expression();
      } else {
        const block = this.block(name, start);
        if (block) blocks.push(block);
      }
    }
    return { attributes, blocks };
  }

  private block(type: string, start: number): HclBlock | undefined {
    const line = this.lineAt(start);
    const labels: string[] = [];
    for (;;) {
      this.take(SPACE);
      if (this.peek() === '"') labels.push(this.quoted());
      else {
        const bare = this.take(IDENTIFIER);
        if (!bare) break;
        labels.push(bare);
      }
    }
    if (this.peek() !== "{") return undefined;
    this.at++;
    const body = this.body(true);
    this.at++;
    return { type, labels, body, start, end: Math.min(this.at, this.text.length), line };
  }

  /** Up to the end of the line, or past it while a bracket is open. */
  private expression(): string {
    const start = this.at;
    let depth = 0;
    while (this.at < this.text.length) {
      const character = this.peek();
      if (depth === 0 && (character === "\n" || CLOSING.includes(character))) break;
      if (character === '"') this.quoted();
      else if (!(character === "<" && this.heredoc()) && !this.skipComment()) {
        if (OPENING.includes(character)) depth++;
        else if (CLOSING.includes(character)) depth--;
        this.at++;
      }
    }
    return this.text.slice(start, this.at).trim();
  }

  /** A quoted string, its templates skipped over; returns what is between the quotes. */
  private quoted(): string {
    const start = ++this.at;
    while (this.at < this.text.length && this.peek() !== '"' && this.peek() !== "\n") {
      if (this.peek() === "\\") this.at += 2;
      else if (this.atTemplate()) this.template();
      else this.at++;
    }
    const end = this.at++;
    return this.text.slice(start, end);
  }

  private atTemplate(): boolean {
    const opening = this.text.startsWith("${", this.at) || this.text.startsWith("%{", this.at);
    return opening && this.text[this.at - 1] !== this.peek();
  }

  private template(): void {
    this.at += 2;
    for (let depth = 1; depth > 0 && this.at < this.text.length;) {
      const character = this.peek();
      if (character === '"') this.quoted();
      else {
        if (character === "{") depth++;
        if (character === "}") depth--;
        this.at++;
      }
    }
  }

  /** `<<MARKER` to the line that holds the marker alone, which is left to end the expression. */
  private heredoc(): boolean {
    const marker = /^<<-?([^\s]+)/.exec(this.take(HEREDOC) ?? "")?.[1];
    if (!marker) return false;
    const closing = new RegExp(`^[ \\t]*${marker}[ \\t\\r]*$`, "mu").exec(this.text.slice(this.at));
    this.at = closing ? this.at + closing.index + closing[0].length : this.text.length;
    return true;
  }

  private skipBlank(): void {
    for (;;) {
      const before = this.at;
      while (/\s/.test(this.peek())) this.at++;
      this.skipComment();
      if (this.at === before) return;
    }
  }

  private skipComment(): boolean {
    const to = (end: string) => {
      const found = this.text.indexOf(end, this.at);
      this.at = found < 0 ? this.text.length : found + (end === "\n" ? 0 : end.length);
    };
    if (this.peek() === "#" || this.text.startsWith("//", this.at)) to("\n");
    else if (this.text.startsWith("/*", this.at)) to("*/");
    else return false;
    return true;
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return undefined;
    this.at += found[0].length;
    return found[0];
  }

  private lineAt(offset: number): number {
    for (; this.counted < offset; this.counted++) if (this.text[this.counted] === "\n") this.lineNumber++;
    return this.lineNumber;
  }
}
