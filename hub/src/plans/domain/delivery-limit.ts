/** How many webhooks are taken in a window of time. */
export interface DeliveryLimitOptions {
  readonly windowMs: number;
  /** From one address. */
  readonly perAddress: number;
  /** From all together. */
  readonly overall: number;
  /** Addresses remembered at once; the one that began its window longest ago is forgotten first. */
  readonly addresses: number;
}

/** What proves who sent it. Providers send a handful for a pull request, all repositories together from few addresses. */
export const provenDeliveries: DeliveryLimitOptions = {
  windowMs: 60_000,
  perAddress: 300,
  overall: 600,
  addresses: 10_000,
};

/** What does not; it never uses up the room of what does, although a proxy may give both the same address. */
export const strangeDeliveries: DeliveryLimitOptions = {
  windowMs: 60_000,
  perAddress: 30,
  overall: 300,
  addresses: 10_000,
};

interface Window {
  readonly endsAt: number;
  count: number;
}

/** Counts webhooks in fixed windows, in bounded memory. */
export class DeliveryLimit {
  private readonly windows = new Map<string, Window>();
  private all: Window = { endsAt: 0, count: 0 };

  constructor(private readonly options: DeliveryLimitOptions) {}

  /** Takes one, or gives the milliseconds until the address may send again; 0: it was taken. */
  take(address: string, now: Date): number {
    const { perAddress, overall, addresses } = this.options;
    const own = this.open(this.windows.get(address), now);
    this.all = this.open(this.all, now);
    const full = [own.count >= perAddress && own, this.all.count >= overall && this.all].filter(
      (window) => window !== false,
    );
    if (full.length > 0) return Math.max(...full.map(({ endsAt }) => endsAt - now.getTime()));
    own.count += 1;
    this.all.count += 1;
    this.windows.set(address, own);
    for (const oldest of this.windows.keys()) {
      if (this.windows.size <= addresses) break;
      this.windows.delete(oldest);
    }
    return 0;
  }

  private open(known: Window | undefined, now: Date): Window {
    if (known !== undefined && known.endsAt > now.getTime()) return known;
    return { endsAt: now.getTime() + this.options.windowMs, count: 0 };
  }
}
