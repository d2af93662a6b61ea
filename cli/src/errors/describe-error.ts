import type { ExitCode } from './cli-error.js';
import { CliError, exitCodes } from './cli-error.js';

/** What is said about an error, and the exit code that goes with it. */
export interface ErrorReport {
  readonly message: string;
  readonly remedy?: string;
  readonly exitCode: ExitCode;
}

/** Turns anything thrown into one or two lines. Errors of the kube client are known by name: it may not be loaded. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof CliError)
    return {
      message: error.message,
      ...(error.remedy ? { remedy: error.remedy } : {}),
      exitCode: error.exitCode,
    };
  const { name = 'Error', message } = error instanceof Error ? error : { message: String(error) };
  if (name === 'KubeConnectionError') return { message, exitCode: exitCodes.unreachable };
  if (name === 'NoKindMatchError') return unservedKind(message);
  if (name === 'KubeApiError') return kubeError(message, (error as { code?: unknown }).code);
  return { message, exitCode: exitCodes.failed };
}

function unservedKind(message: string): ErrorReport {
  return {
    message: `the cluster does not serve this kind: ${message}`,
    remedy: 'install the CRDs: flotilla-agent crds | kubectl apply -f -',
    exitCode: exitCodes.failed,
  };
}

function kubeError(message: string, code: unknown): ErrorReport {
  if (code === 401)
    return {
      message: `the API server does not accept the credentials of the kubeconfig: ${message}`,
      remedy: 'renew them, or choose others with --kubeconfig and --kube-context',
      exitCode: exitCodes.unreachable,
    };
  if (code === 403)
    return {
      message,
      remedy: 'ask for this right, or choose another user with --kube-context',
      exitCode: exitCodes.unreachable,
    };
  if (code === 404) return { message, exitCode: exitCodes.notFound };
  return { message: `the API server refused: ${message}`, exitCode: exitCodes.failed };
}
