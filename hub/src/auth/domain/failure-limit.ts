/** How often one address may fail to authenticate. */
export interface FailureLimitOptions {
  readonly failures: number;
  readonly windowMs: number;
  /** Addresses remembered at once; the one that failed longest ago is forgotten first. */
  readonly addresses: number;
}

export const defaultFailureLimit: FailureLimitOptions = { failures: 10, windowMs: 60_000, addresses: 10_000 };

/** Counts failed authentications per address in fixed windows, in bounded memory. */
export class FailureLimit {
  private readonly windows = new Map<string, { endsAt: number; failures: number }>();

  constructor(private readonly options: FailureLimitOptions = defaultFailureLimit) {}

  /** Milliseconds until the address may try again; 0 when it may now. */
  waitMs(address: string, now: Date): number {
    const window = this.windows.get(address);
    if (window === undefined || window.failures < this.options.failures) return 0;
    return Math.max(0, window.endsAt - now.getTime());
  }

  recordFailure(address: string, now: Date): void {
    const known = this.windows.get(address);
    const open = known !== undefined && known.endsAt > now.getTime();
    const window = open ? known : { endsAt: now.getTime() + this.options.windowMs, failures: 0 };
    window.failures += 1;
    this.windows.delete(address);
    this.windows.set(address, window);
    this.forgetOldest();
  }

  private forgetOldest(): void {
    for (const address of this.windows.keys()) {
      if (this.windows.size <= this.options.addresses) return;
      this.windows.delete(address);
    }
  }
}
