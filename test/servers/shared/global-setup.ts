// Vitest's global set-up of the integration project: has no time limit, so the programs are fetched or built here.
import { rigPrograms } from '../programs.js';
import { removeAbandonedFolders } from '../temporary-folder.js';
import { brokerVariable, startRigBroker } from './rig-broker.js';

/** Prepares the programs and starts the broker; returns the tear-down. */
export default async function setup(): Promise<() => Promise<void>> {
  removeAbandonedFolders();
  await rigPrograms();
  const broker = await startRigBroker();
  process.env[brokerVariable] = broker.url;
  return () => broker.stop();
}
