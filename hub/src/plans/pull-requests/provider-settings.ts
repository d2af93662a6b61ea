import type { HubConfig } from '../../platform/config/hub-flags.js';
import type { Provider } from '../domain/pull-request.js';

/** How this hub and a Git provider know each other. */
export interface ProviderSettings {
  /** Of the webhook. */
  readonly secret: string | undefined;
  /** For commit statuses. */
  readonly token: string | undefined;
  /** Of the API; empty when it is not known. */
  readonly api: string;
}

export function providerSettings(config: HubConfig, provider: Provider): ProviderSettings {
  switch (provider) {
    case 'github':
      return { secret: config.hookSecretGithub, token: config.hookTokenGithub, api: config.hookApiGithub };
    case 'gitlab':
      return { secret: config.hookSecretGitlab, token: config.hookTokenGitlab, api: config.hookApiGitlab };
    case 'gitea':
      return { secret: config.hookSecretGitea, token: config.hookTokenGitea, api: config.hookApiGitea };
  }
}
