import { ParseError, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import {
  AgentConfiguration,
  ConfigurationError,
  agentConfigurationSchema,
  validateAgentConfiguration,
} from "./agent-configuration";
import { formatPath } from "./schema-problems";

/**
 * Reads a configuration file.
 *
 * @param text JSON, RFC 8259; a key may not be there twice, where JSON itself would take the last
 * @param where names the file in errors
 * @throws ConfigurationError with every problem; of a syntax error, line and column
 */
export function parseAgentConfiguration(text: string, where: string): AgentConfiguration {
  const configuration = validateAgentConfiguration(parseJson(text, where), where);
  const repeated = repeatedKeys(text, where);
  if (repeated.length > 0) throw new ConfigurationError(repeated);
  return configuration;
}

/** The one text of a configuration: every default written out, keys in the schema's order, two spaces, a line end. */
export function formatAgentConfiguration(configuration: AgentConfiguration): string {
  const { sysctls } = configuration;
  const sorted = Object.fromEntries(Object.entries(sysctls).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(agentConfigurationSchema.parse({ ...configuration, sysctls: sorted }), null, 2)}\n`;
}

/** JSON.parse decides what JSON is; its messages differ between versions of V8 and may lack the place. */
function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const first = firstSyntaxError(text);
    if (!first) throw new ConfigurationError([`${where}: not JSON, got ${(error as Error).message}; write JSON`]);
    const { line, column } = positionAt(text, first.offset);
    const [got = ""] = text.slice(first.offset, first.offset + Math.max(first.length, 1)).split("\n");
    const seen = got.trim() === "" ? "the end" : JSON.stringify(got);
    const fix = SYNTAX_FIX[printParseErrorCode(first.error)] ?? "write JSON (RFC 8259)";
    throw new ConfigurationError([`${where}: not JSON at line ${line}, column ${column}, got ${seen}; ${fix}`]);
  }
}

const SYNTAX_FIX: Readonly<Record<string, string>> = {
  InvalidSymbol: "write a value, texts in double quotes",
  PropertyNameExpected: "write a key in double quotes, no comma after the last",
  ValueExpected: "write a value",
  ColonExpected: "write a colon after the key",
  CommaExpected: "write a comma",
  CloseBraceExpected: "close the object with }",
  CloseBracketExpected: "close the list with ]",
  EndOfFileExpected: "remove what follows the end of the value",
  InvalidCommentToken: "remove the comment, JSON has none",
  UnexpectedEndOfString: "close the text with a double quote",
  InvalidCharacter: "escape the control character",
};

/** Undefined where the parser recurses deeper than the stack is. */
function firstSyntaxError(text: string): ParseError | undefined {
  const errors: ParseError[] = [];
  try {
    parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return errors[0];
}

function repeatedKeys(text: string, where: string): string[] {
  /** Of the objects around the place that is read. */
  const keys: Set<string>[] = [];
  const problems: string[] = [];
  visit(text, {
    onObjectBegin: () => void keys.push(new Set()),
    onObjectEnd: () => void keys.pop(),
    onObjectProperty: (key, _offset, _length, line, column, path) => {
      const seen = keys.at(-1);
      if (seen?.has(key)) {
        const at = formatPath([...path(), key] as (string | number)[]);
        problems.push(
          `${where} ${at}: a key again, got it at line ${line + 1}, column ${column + 1}; remove one of them`,
        );
      }
      seen?.add(key);
    },
  });
  return problems;
}

/** Line and column of an offset, from 1. */
function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
