/** A join token as the hub keeps it; the secret itself is known only to whoever got it. */
export interface JoinToken {
  readonly id: string;
  /** The cluster gets these, and may not ask for others in their place. */
  readonly labels: Readonly<Record<string, string>>;
  /** Only this name may be enrolled; null: any. */
  readonly clusterName: string | null;
  readonly uses: number;
  readonly used: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** The parts of `flj_<id>_<secret>_<pin>`. */
export interface JoinTokenText {
  readonly id: string;
  readonly secret: string;
}

const shape = /^flj_(?<id>[a-z0-9]{1,32})_(?<secret>[A-Za-z0-9]{32,128})_[A-Za-z0-9_-]{43}$/;

/** Undefined when the text is no join token. */
export function parseJoinToken(text: string): JoinTokenText | undefined {
  const groups = shape.exec(text.trim())?.groups;
  return groups ? { id: groups['id']!, secret: groups['secret']! } : undefined;
}

export function formatJoinToken(id: string, secret: string, pin: string): string {
  return `flj_${id}_${secret}_${pin}`;
}
