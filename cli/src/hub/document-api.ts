import type { Applied, Environment, Freeze, Pipeline, Veto } from './document-schema.js';
import * as schema from './document-schema.js';
import type { Query } from './http.js';
import type { HubRequests, Page } from './hub-requests.js';
import { pageOf } from './schema.js';

export type DocumentPlace = 'environments' | 'pipelines' | 'freezes';

/** One revision of an address, or every item of a release. */
export type VetoRequest = { readonly reason: string } & (
  | { readonly url: string; readonly revision: string }
  | { readonly pipeline: string; readonly release: string }
);

/** Environments, pipelines, freezes and vetoes of a hub. @throws CliError */
export class DocumentApi {
  constructor(private readonly hub: HubRequests) {}

  /** All of them or none. */
  apply(
    documents: readonly unknown[],
    { dryRun, force }: { readonly dryRun: boolean; readonly force: boolean },
  ): Promise<Applied> {
    const query = { dryRun: dryRun || undefined, force: force || undefined };
    return this.hub.ask(schema.applied, { method: 'PUT', path: '/apply', query, body: { documents } });
  }

  async remove(place: DocumentPlace, name: string, force: boolean): Promise<void> {
    const path = `/${place}/${encode(name)}`;
    await this.hub.send({ method: 'DELETE', path, query: { force: force || undefined } });
  }

  environments(): Promise<Page<Environment>> {
    return this.hub.all(schema.environment, '/environments', {});
  }

  environment(name: string): Promise<Environment> {
    return this.hub.ask(schema.environment, { method: 'GET', path: `/environments/${encode(name)}` });
  }

  pipelines(): Promise<Page<Pipeline>> {
    return this.hub.all(schema.pipeline, '/pipelines', {});
  }

  pipeline(name: string): Promise<Pipeline> {
    return this.hub.ask(schema.pipeline, { method: 'GET', path: `/pipelines/${encode(name)}` });
  }

  freezes(query: Query): Promise<Page<Freeze>> {
    return this.hub.all(schema.freeze, '/freezes', query);
  }

  freeze(name: string): Promise<Freeze> {
    return this.hub.ask(schema.freeze, { method: 'GET', path: `/freezes/${encode(name)}` });
  }

  breakGlass(freeze: string, body: { readonly promotion: string; readonly reason: string }): Promise<Freeze> {
    const path = `/freezes/${encode(freeze)}/break-glass`;
    return this.hub.ask(schema.freeze, { method: 'POST', path, body });
  }

  /** The newest `limit`, newest first. */
  vetoes(query: Query, limit?: number): Promise<Page<Veto>> {
    return this.hub.all(schema.veto, '/vetoes', query, limit);
  }

  /** One for each item. */
  async veto(body: VetoRequest): Promise<readonly Veto[]> {
    const request = { method: 'POST', path: '/vetoes', body } as const;
    return (await this.hub.ask(pageOf(schema.veto), request)).items;
  }

  liftVeto(id: string, reason: string): Promise<Veto> {
    const path = `/vetoes/${encode(id)}/lift`;
    return this.hub.ask(schema.veto, { method: 'POST', path, body: { reason } });
  }
}

const encode = encodeURIComponent;
