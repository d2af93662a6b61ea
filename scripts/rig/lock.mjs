// A lock between processes that cannot go stale: flock(2) on an open file. The kernel frees it when the last
// holder is gone, and a child that inherits the descriptor is a holder too: a compiler that outlives its killed
// parent keeps the lock until it has stopped writing.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work(fd)` while this process holds the lock file; hand `fd` to children that must keep it held. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a+');
  try {
    await acquire(fd, path);
    ftruncateSync(fd);
    writeSync(fd, String(process.pid));
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}

async function acquire(fd, path) {
  for (let round = 0; !tryFlock(fd); round++) {
    if (round % 40 === 0)
      console.error(
        `rig: waiting for process ${readFileSync(path, 'utf8')} (or a child it left), which holds ${path}`,
      );
    await sleep(250);
  }
}

function tryFlock(fd) {
  const { status, error } = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'inherit', fd],
  });
  if (error) throw new Error(`rig: cannot run flock (Debian package util-linux): ${error.message}`);
  return status === 0;
}
