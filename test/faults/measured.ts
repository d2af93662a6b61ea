// Numbers that tests measure on the way. They are printed, never asserted: the machine decides them, too.

/** Prints one measurement as a line of JSON. */
export function measured(what: string, numbers: Readonly<Record<string, number | string>>): void {
  process.stdout.write(`measured ${JSON.stringify({ what, ...numbers })}\n`);
}
