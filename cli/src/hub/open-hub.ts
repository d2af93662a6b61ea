import { forHub } from '../options/global-options.js';
import type { GlobalOptions } from '../options/global-options.js';
import { warning } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { chooseHub } from './choose-hub.js';
import type { HubContext } from './contexts.js';
import { contextsPath, isOpenToOthers, readContexts } from './contexts.js';
import type { HubClient } from './hub-client.js';

/** The client of the hub that flags, environment and contexts name. @throws CliError */
export async function openHub(runtime: Runtime, options: GlobalOptions): Promise<HubClient> {
  forHub(options);
  const path = contextsPath(runtime.env);
  const contexts = await readContexts(path);
  if (Object.keys(contexts.contexts).length > 0 && (await isOpenToOthers(path)))
    warning(runtime, `${path} holds tokens and can be read by others: chmod 600 ${path}`);
  return connectHub(runtime, chooseHub(options, runtime.env, contexts));
}

/** The client of one hub. */
export async function connectHub(runtime: Runtime, context: HubContext): Promise<HubClient> {
  const [{ openHubHttp }, { HubClient: Client }] = await Promise.all([
    import('./http.js'),
    import('./hub-client.js'),
  ]);
  return new Client(await openHubHttp(context, runtime.env), runtime.signal);
}
