// Progress lines on stderr for steps that take long: what, for how long already, and how long it usually takes.

const seconds = (since) => `${Math.round((Date.now() - since) / 1000)} s`;

/** Runs `work` under the name `what`; says that it goes on every ten seconds. `usual` is a phrase such as "3 min". */
export async function step(what, usual, work) {
  const started = Date.now();
  console.error(`rig: ${what} (usually ${usual})`);
  const timer = setInterval(() => console.error(`rig: ${what}: ${seconds(started)} so far`), 10_000);
  try {
    const result = await work();
    console.error(`rig: ${what}: done in ${seconds(started)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
