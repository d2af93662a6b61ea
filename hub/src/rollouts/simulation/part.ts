/** A schedule that broke a promise, made as small as it gets. */
export interface Failure {
  readonly seed: number;
  readonly number: number;
  readonly message: string;
  readonly schedule: object;
}

/** Some of the schedules of a seed. */
export interface Part {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

export interface PartResult {
  readonly schedules: number;
  readonly decisions: number;
  /** How many rollouts, or promotions, ended in which state. */
  readonly ends: Readonly<Record<string, number>>;
  readonly failure: Failure | null;
}

/** What is simulated. */
export type Subject = 'rollouts' | 'promotions';

interface Broken {
  readonly message: string;
}

/** What a run gives, or what it breaks. */
export function tryTo<Run>(run: () => Run): Run | Broken {
  try {
    return run();
  } catch (error) {
    return { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** Makes a schedule that failed as small as it gets, as long as it breaks the same promise. */
export function explain<Schedule extends object>(
  { seed, number }: Pick<Failure, 'seed' | 'number'>,
  schedule: Schedule,
  message: string,
  tryRun: (candidate: Schedule) => object,
  shrink: (schedule: Schedule, fails: (candidate: Schedule) => boolean) => Schedule,
): Failure {
  const broken = (candidate: Schedule): string | null => {
    const run = tryRun(candidate) as Partial<Broken>;
    return run.message ?? null;
  };
  const kind = kindOf(message);
  const smallest = shrink(schedule, (candidate) => {
    const found = broken(candidate);
    return found !== null && kindOf(found) === kind;
  });
  return { seed, number, message: broken(smallest) ?? message, schedule: smallest };
}

/** The same promise, whoever breaks it. */
function kindOf(message: string): string {
  return message.replaceAll(/[cep]\d+|\d+/g, '#').slice(0, 60);
}
