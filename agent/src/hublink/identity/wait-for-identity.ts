import { sleep, type Clock } from '../../runtime/clock.js';
import type { IdentityStore } from './identity.js';

const lookAgainMs = 1_000;

/** The store for one who does not enrol itself: loads when somebody else has put an identity into it. */
export function waitForIdentity(store: IdentityStore, clock: Clock): IdentityStore {
  return {
    async load(signal) {
      for (;;) {
        const stored = await store.load(signal);
        if (stored.identity) return stored;
        await sleep(clock, lookAgainMs, signal);
      }
    },
    saveKey: (privateKey, signal) => store.saveKey(privateKey, signal),
    save: (identity, signal) => store.save(identity, signal),
  };
}
