import type { Hello } from '@flotilla/proto/flotilla/v1/agent';
import { ProtocolError } from '../objects/object-row.js';

const longestId = 256;
const mostShards = 256;
/** Numbers fit the database's bigint. */
const highestSequence = 0x7fff_ffff_ffff_ffffn;
/** Versions are milliseconds since 1970, and stay numbers in JSON. */
const highestStanding = 2n ** 53n - 1n;

/** What the first message of an agent may say. @throws ProtocolError */
export function checkHello(hello: Hello): void {
  const { shard, shards, tableId, spoolId, instanceId, sequence } = hello;
  if (shards.length > 0 && !shards.includes(shard))
    throw new ProtocolError('Hello: shards does not name shard');
  if (shards.length > mostShards) throw new ProtocolError(`Hello: more than ${mostShards} shards`);
  if (shards.some((name) => name === '' || name.length > longestId || name.includes('\0')))
    throw new ProtocolError('Hello: shards is not usable');
  checkSequence(sequence);
  for (const [name, value] of Object.entries({ shard, tableId, spoolId, instanceId })) {
    if (value.length > longestId || value.includes('\0'))
      throw new ProtocolError(`Hello: ${name} is not usable`);
    if (value === '' && name !== 'shard') throw new ProtocolError(`Hello: ${name} is empty`);
  }
  checkStanding('Hello', hello.standingVersion);
}

/** @throws ProtocolError */
export function checkSequence(sequence: bigint): void {
  if (sequence < 0n || sequence > highestSequence)
    throw new ProtocolError(`the number ${sequence} is too large`);
}

/** `message` says it. @throws ProtocolError */
export function checkStanding(message: string, version: bigint): void {
  if (version > highestStanding)
    throw new ProtocolError(`${message}: impossible version of standing intents`);
}
