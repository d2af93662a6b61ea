/** A release as the API shows it, as far as tests look. */
export interface Release {
  readonly id: string;
  readonly name: string;
  readonly number: number;
  readonly vetoed: boolean;
  readonly createdBy: string;
  readonly items: readonly {
    readonly source: { readonly name: string };
    readonly url: string;
    readonly revision: string;
    readonly authors: readonly string[];
    readonly veto: { readonly reason: string } | null;
  }[];
}
