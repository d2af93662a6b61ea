import { parentPort, workerData } from 'node:worker_threads';
import { simulate as simulatePromotions } from '../../promotions/simulation/simulate.js';
import type { Part, Subject } from './part.js';
import { simulate as simulateRollouts } from './simulate.js';

// One thread of `npm run simulate`: runs the parts that it is told.
const subject = workerData as Subject;
const simulate = subject === 'promotions' ? simulatePromotions : simulateRollouts;
parentPort?.on('message', (part: Part) => parentPort?.postMessage(simulate(part)));
