/**
 * A command's argument that counts something.
 *
 * @param where begins the error: program and argument
 * @param text undefined: the argument was left out
 * @throws Error when it is no whole number of 1 or more
 */
export function wholeNumber(where: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new Error(`${where}: must be a whole number of 1 or more, got '${text}'; leave it out for ${fallback}`);
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
