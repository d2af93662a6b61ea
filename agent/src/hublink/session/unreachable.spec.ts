import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { asUnreachable, HubUnreachableError, saidBy } from './unreachable.js';

const failed = (code: status, details: string): Error => Object.assign(new Error(details), { code, details });
const told = (details: string): string =>
  (asUnreachable(failed(status.UNAVAILABLE, details), 'hub.test:8443') as Error).message;

describe('a hub that cannot be reached', () => {
  it('is named by its address, with what to check', () => {
    const details =
      'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ';
    expect(told(details)).toBe(
      'cannot reach the hub at hub.test:8443: connect ECONNREFUSED 127.0.0.1:1; check --hub-address and --hub-enroll-address, the network, and that the hub runs',
    );
  });

  it('whose port is the one for enrolled agents is told so, without the places of OpenSSL', () => {
    const details =
      'No connection established. Last error: 80FC:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/rec_layer_s3.c:1601:SSL alert number 116\n (2026-11-20T15:43:18.975Z). Resolution note: ';
    expect(told(details)).toBe(
      'cannot reach the hub at hub.test:8443: TLS: tlsv13 alert certificate required; this is the port for agents that have enrolled; --hub-enroll-address names the other one',
    );
  });

  it('that speaks no TLS is told so', () => {
    const said =
      '80DC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/ssl3_record.c:350:\n';
    expect(new HubUnreachableError('hub.test:8443', said, undefined).message).toContain(
      'TLS: wrong version number; no TLS is spoken there',
    );
  });

  it.each([
    failed(status.PERMISSION_DENIED, 'the join token is used up'),
    failed(status.UNAVAILABLE, 'the hub could not handle the message; see its log'),
  ])('is another thing than a hub that answers: %s', (answer) => {
    expect(asUnreachable(answer, 'hub.test:8443')).toBe(answer);
  });
});

describe('what a failed call says in the log', () => {
  const call = Object.assign(new Error('14 UNAVAILABLE: Connection dropped'), {
    code: status.UNAVAILABLE,
    details: 'Connection dropped',
  });
  it.each([
    ['has no status of gRPC before it', call, 'Connection dropped'],
    [
      'is the whole message where gRPC has no details',
      failed(status.INTERNAL, ''),
      expect.objectContaining({ code: status.INTERNAL }),
    ],
  ])('%s', (_case, error, expected) => expect(saidBy(error)).toEqual(expected));

  it.each([new Error('disk full'), 'a text', undefined])('is left as it is elsewhere: %s', (error) => {
    expect(saidBy(error)).toBe(error);
  });
});
