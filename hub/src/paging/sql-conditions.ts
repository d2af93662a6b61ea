/** Adds a value to a query and gives its placeholder. */
export type Bind = (value: unknown) => string;

/** The WHERE of a query and its values, put together one condition at a time. Values are never part of the text. */
export class SqlConditions {
  readonly values: unknown[];
  private readonly conditions: string[] = [];

  /** `values` are those that the query has before its WHERE. */
  constructor(values: readonly unknown[] = []) {
    this.values = [...values];
  }

  /** Adds a condition that has to hold as well. */
  add(condition: (bind: Bind) => string): void {
    this.conditions.push(condition((value) => this.bind(value)));
  }

  /** The column has one of the values; no values mean no condition. */
  anyOf(column: string, values: readonly unknown[] | undefined): void {
    if (values !== undefined) this.add((bind) => `${column} = ANY(${bind(values)})`);
  }

  /** `WHERE …`, or nothing. */
  get sql(): string {
    return this.conditions.length === 0
      ? ''
      : `WHERE ${this.conditions.map((one) => `(${one})`).join(' AND ')}`;
  }

  private bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
