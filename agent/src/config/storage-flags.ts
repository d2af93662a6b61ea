import {
  durationMs,
  list,
  oneOf,
  optionalText,
  serverAddress,
  wholeNumber,
} from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';
import { z } from 'zod';
import { defaultMaxFetchBytes } from '../exec/watch-growth.js';
import { digestAlgorithms } from '../artifacts/digest.js';

/** Names reach the configuration of ssh: nothing but the letters of algorithm names. */
const sshAlgorithms = list.pipe(
  z
    .array(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9@.-]*$/, 'expected names of algorithms, separated by commas'),
    )
    .readonly(),
) as z.ZodType<readonly string[], string | undefined>;

/** What the agent keeps on disk, and the programs that it gets it with (flux-compat 8.1). */
export const storageFlags = {
  storagePath: {
    name: 'storage-path',
    description: 'Folder of artifacts, caches and the outbox; everything in it can be rebuilt.',
    value: 'path',
    schema: z.string().min(1, 'expected a path'),
    default: './.flotilla/agent',
    env: ['STORAGE_PATH'],
  },
  storageAddr: {
    name: 'storage-addr',
    description: 'Address of the artifact server; 0 switches it off.',
    value: 'host:port',
    schema: serverAddress,
    default: ':9090',
    env: ['STORAGE_ADDR'],
  },
  storageAdvAddr: {
    name: 'storage-adv-addr',
    description:
      'Host, with port where it is not 80, of the artifact server in status.artifact.url; or a URL, e.g. with https://.',
    value: 'host',
    schema: optionalText,
    env: ['STORAGE_ADV_ADDR'],
  },
  artifactRetentionTtlMs: {
    name: 'artifact-retention-ttl',
    description: 'Age at which an artifact is removed that is not the current one of its source.',
    value: 'duration',
    schema: durationMs,
    default: '60s',
  },
  artifactDigestAlgo: {
    name: 'artifact-digest-algo',
    description: `Algorithm of artifact digests: ${digestAlgorithms.join(', ')}.`,
    value: 'algorithm',
    schema: oneOf(...digestAlgorithms),
    default: 'sha256',
  },
  artifactRetentionRecords: {
    name: 'artifact-retention-records',
    description: 'Artifacts of one source that are kept at most, however young they are.',
    value: 'n',
    schema: wholeNumber(1, 1_000),
    default: '2',
  },
  maxFetchBytes: {
    name: 'max-fetch-bytes',
    description: 'Bytes that a Git source or the remote bases of one build may bring in; beyond, they fail.',
    value: 'bytes',
    schema: wholeNumber(1, 999_999_999_999),
    default: String(defaultMaxFetchBytes),
  },
  kustomizePath: {
    name: 'kustomize-path',
    description: 'The kustomize (or kubectl) program; default the first one on PATH.',
    value: 'path',
    schema: optionalText,
  },
  sshKexAlgos: {
    name: 'ssh-kex-algos',
    description: 'Key exchange algorithms for Git over SSH, as OpenSSH names them; default those of OpenSSH.',
    value: 'names',
    schema: sshAlgorithms,
    default: '',
    repeatable: true,
  },
  sshHostkeyAlgos: {
    name: 'ssh-hostkey-algos',
    description: 'Host key algorithms for Git over SSH, as OpenSSH names them; default those of OpenSSH.',
    value: 'names',
    schema: sshAlgorithms,
    default: '',
    repeatable: true,
  },
  gitPath: { name: 'git-path', description: 'The git program.', value: 'path', schema: optionalText },
} as const satisfies Record<string, Flag<unknown>>;
