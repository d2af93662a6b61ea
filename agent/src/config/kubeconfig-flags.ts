import { boolean, optionalText } from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';

/** What kubeconfigs of other clusters may do; they come from whoever may write a Kustomization. */
export const kubeconfigFlags = {
  defaultKubeconfigServiceAccount: {
    name: 'default-kubeconfig-service-account',
    description: 'ServiceAccount for spec.kubeConfig.configMapRef where the ConfigMap names none.',
    value: 'name',
    schema: optionalText,
  },
  insecureKubeconfigExec: {
    name: 'insecure-kubeconfig-exec',
    description: 'Run the exec plug-ins of kubeconfigs from Secrets.',
    schema: boolean,
    default: 'false',
  },
  insecureKubeconfigTls: {
    name: 'insecure-kubeconfig-tls',
    description: 'Honour insecure-skip-tls-verify of kubeconfigs from Secrets.',
    schema: boolean,
    default: 'false',
  },
} as const satisfies Record<string, Flag<unknown>>;
