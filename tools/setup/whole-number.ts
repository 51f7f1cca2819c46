/**
 * A command's argument that counts something.
 *
 * @param where begins the error: program and argument
 * @param text undefined: the argument was left out
 * @throws Error when it is no whole number of 1 or more
 */
export function wholeNumber(where: string, text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : parseWholeNumber(where, text, String(fallback));
}

/**
 * The same for one of several.
 *
 * @param without what counts when it is left out, in words
 * @throws Error when it is no whole number of 1 or more
 */
export function parseWholeNumber(where: string, text: string, without: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new Error(`${where}: must be a whole number of 1 or more, got '${text}'; leave it out for ${without}`);
  return Number(text);
}

/** The same for a program's first lines: what is wrong is printed, without a stack trace, and the program ends with 2. */
export function wholeNumberArgument(where: string, text: string | undefined, fallback: number): number {
  try {
    return wholeNumber(where, text, fallback);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
