import { usageError } from '../errors/cli-error.js';

/** The reason that an action has to have. @throws CliError with the whole command when there is none */
export function reasonOf({ reason }: { readonly reason?: string }, command: string): string {
  const text = reason?.trim() ?? '';
  if (text === '') throw usageError('--reason is missing', `say why: ${command} --reason TEXT`);
  return text;
}
