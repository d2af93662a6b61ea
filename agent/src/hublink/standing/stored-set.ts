import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { StandingSet } from './standing-set.js';

/** Keys of the ConfigMap. The first is for people too. */
export const plainKey = 'standing.json';
export const packedKey = 'standing.json.gz';

/** A ConfigMap holds 1 MiB; half of it leaves room for what else a server counts. */
const maxPlainBytes = 512 * 1024;
const maxPackedBytes = 1000 * 1024;
/** Hubs give no higher number, and turn away who tells one. */
const highestVersion = 2n ** 53n - 1n;
/** More than fits packed is nothing that was written here. */
const maxUnpackedBytes = 64 * 1024 * 1024;

const Source = z.object({ kind: z.string().min(1), namespace: z.string(), name: z.string().min(1) });
const Time = z.iso.datetime().transform((text) => new Date(text));
const Text = z.string().default('');

const Stored = z.object({
  cluster: z.string(),
  version: z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt)
    .refine((version) => version <= highestVersion, 'is higher than any that a hub gives'),
  pins: z.array(
    z.object({
      id: z.string(),
      source: Source,
      revision: z.string().min(1),
      reason: Text,
      requestedBy: Text,
      createdAt: Time.optional(),
      breakGlass: z.boolean().default(false),
    }),
  ),
  freezes: z.array(
    z.object({
      id: z.string(),
      source: Source.optional(),
      reason: Text,
      requestedBy: Text,
      startsAt: Time.optional(),
      expiresAt: Time.optional(),
    }),
  ),
  vetoes: z.array(z.object({ id: z.string(), url: z.string(), revision: z.string(), reason: Text })),
});

/** data and binaryData of a ConfigMap. */
export interface StoredData {
  readonly data?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** The set does not fit into a ConfigMap. */
export class SetTooLargeError extends Error {
  override readonly name = 'SetTooLargeError';
}

/** What is kept cannot be understood. */
export class CorruptSetError extends Error {
  override readonly name = 'CorruptSetError';
}

/** Readable text while that fits, else packed. @throws SetTooLargeError */
export function storeSet(set: StandingSet): Required<StoredData> {
  const text = JSON.stringify({ ...set, version: set.version.toString() }, null, 1);
  if (Buffer.byteLength(text) <= maxPlainBytes) return { data: { [plainKey]: text }, binaryData: {} };
  const packed = gzipSync(text);
  if (packed.length <= maxPackedBytes)
    return { data: {}, binaryData: { [packedKey]: packed.toString('base64') } };
  const { pins, freezes, vetoes } = set;
  throw new SetTooLargeError(
    `${pins.length} pins, ${freezes.length} freezes and ${vetoes.length} vetoes are ${packed.length} bytes packed; a ConfigMap holds ${maxPackedBytes}`,
  );
}

/** The set of a ConfigMap; undefined when it holds none. @throws CorruptSetError */
export function loadSet({ data, binaryData }: StoredData): StandingSet | undefined {
  const packed = binaryData?.[packedKey];
  const plain = data?.[plainKey];
  if (packed === undefined && plain === undefined) return undefined;
  try {
    const text = packed === undefined ? plain! : unpack(packed);
    return Stored.parse(JSON.parse(text));
  } catch (error) {
    throw new CorruptSetError(`key '${packed === undefined ? plainKey : packedKey}': ${reasonOf(error)}`);
  }
}

function unpack(packed: string): string {
  return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: maxUnpackedBytes }).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return (error as Error).message;
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'not as expected'}`;
}
