import { z } from 'zod';

/** A series and its value now. */
export interface Sample {
  /** `{instance="a"}`, or `` for a plain number. */
  readonly series: string;
  readonly value: number;
}

export interface Condition {
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  readonly value: number;
}

const Value = z.tuple([z.number(), z.string()]);
const Answer = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: Value })),
  }),
  z.object({ resultType: z.literal('scalar'), result: Value }),
]);
const Failure = z.object({ status: z.literal('error'), error: z.string() });

/** The samples of an answer to an instant query, or what is wrong with it. */
export function samplesOf(json: unknown): readonly Sample[] | { readonly problem: string } {
  const failure = Failure.safeParse(json);
  if (failure.success) return { problem: failure.data.error };
  const answer = z.object({ status: z.literal('success'), data: Answer }).safeParse(json);
  if (!answer.success) return { problem: problemOf(json) };
  const { data } = answer.data;
  if (data.resultType === 'scalar') return [{ series: '', value: numberOf(data.result[1]) }];
  return data.result.map(({ metric, value }) => ({ series: seriesOf(metric), value: numberOf(value[1]) }));
}

/** The samples that a condition does not hold for; nothing holds for one that is not a number. */
export function failing(samples: readonly Sample[], { operator, value }: Condition): readonly Sample[] {
  return samples.filter((sample) => Number.isNaN(sample.value) || !holds(sample.value, operator, value));
}

/** `NaN`, `+Inf` and `-Inf` are written as Prometheus does. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

function holds(left: number, operator: Condition['operator'], right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
  }
}

function problemOf(json: unknown): string {
  const loose = z.object({ data: z.object({ resultType: z.string() }) }).safeParse(json);
  const type = loose.success ? loose.data.data.resultType : undefined;
  if (type === 'matrix' || type === 'string')
    return `the query gives a ${type}; it has to give an instant vector or a scalar`;
  return type === 'vector'
    ? 'the query gives no plain numbers'
    : 'the answer is not that of the Prometheus API';
}

function numberOf(text: string): number {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function seriesOf({ __name__: name = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}
