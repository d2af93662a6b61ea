import { parentPort } from 'node:worker_threads';
import type { Part } from './simulate.js';
import { simulate } from './simulate.js';

// One thread of `npm run simulate`: runs the parts that it is told.
parentPort?.on('message', (part: Part) => parentPort?.postMessage(simulate(part)));
