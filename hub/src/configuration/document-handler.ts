import type { DocumentProblem, FleetDocument, FleetKind } from '@flotilla/common/fleet-api/document';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';

/** What a document became. */
export type ApplyOutcome = 'created' | 'configured' | 'unchanged';

/** Who applies documents. */
export interface ApplyContext {
  /** Name of an API token, or `git:<address>` for what the hub pulls itself. */
  readonly actor: string;
  readonly requestId?: string | undefined;
  readonly now: Date;
}

/** Somebody who is no admin. */
export interface Operator {
  /** Of the API token. */
  readonly name: string;
  readonly now: Date;
}

/** Why somebody may not write a document, and what to do instead. */
export interface RightsObstacle {
  readonly message: string;
  readonly remedy: string;
}

/** The document of a kind. */
export type DocumentOf<Kind extends FleetKind> = Extract<FleetDocument, { readonly kind: Kind }>;

/**
 * Stores the documents of one kind. The feature that owns the kind extends it and registers it with
 * `DocumentHandlers.register` in `onModuleInit`. Everything happens in one transaction for the whole set of
 * documents, which is rolled back when one is refused and after a dry run: so no effects outside of `manager`
 * (ChangeFeed.publish is one inside). The audit records are written by the caller.
 *
 * A set is carried out in this order: apply() of all documents (Environment, Pipeline, Freeze), remove() of what is
 * to go (in the opposite order), check() of every kind. So check() sees the end, and references between documents
 * of one set work.
 */
export abstract class DocumentHandler<Kind extends FleetKind = FleetKind> {
  abstract readonly kind: Kind;

  /** Writes it; a document that is the same (after defaults) is `unchanged`, and nothing is written. */
  abstract apply(
    manager: EntityManager,
    document: DocumentOf<Kind>,
    context: ApplyContext,
  ): Promise<ApplyOutcome>;

  /**
   * What is wrong with documents of this kind now that everything is written: with those that are named, and with
   * others that the change of another kind broke.
   */
  abstract check(
    manager: EntityManager,
    changed: readonly DocumentName[],
    context: ApplyContext,
  ): Promise<readonly RefusedDocument[]>;

  /** Deletes it. Gives false when there is none. @throws HubError Conflict when something still needs it */
  abstract remove(manager: EntityManager, name: string, context: ApplyContext): Promise<boolean>;

  /** Why an operator may not make, change or delete the document of this name; null when he may. Most are for admins. */
  async refuseOperator(
    _manager: EntityManager,
    _name: string,
    { name }: Operator,
  ): Promise<RightsObstacle | null> {
    return Promise.resolve({
      message: `documents of kind ${this.kind} need the role admin, which the token "${name}" does not have`,
      remedy: 'use a token with the role admin; operators apply documents of kind Freeze alone',
    });
  }
}

/** Which document. */
export interface DocumentName {
  readonly kind: FleetKind;
  readonly name: string;
}

/** A document with what is wrong with it. */
export interface RefusedDocument extends DocumentName {
  readonly problems: readonly DocumentProblem[];
}

/** The handlers of all kinds. `ConfigurationModule` (`@Global`) provides it. */
export class DocumentHandlers {
  private readonly handlers = new Map<FleetKind, DocumentHandler>();

  register<Kind extends FleetKind>(handler: DocumentHandler<Kind>): void {
    // Whoever asks by a kind passes documents of that kind only.
    this.handlers.set(handler.kind, handler as unknown as DocumentHandler);
  }

  /** Undefined for a kind whose feature is not a part of this hub. */
  of(kind: FleetKind): DocumentHandler | undefined {
    return this.handlers.get(kind);
  }
}

/**
 * Deletes documents the way people do: with the audit record, and not those that came from Git. The controllers of
 * `DELETE /environments/{name}` and its like call it; `ConfigurationModule` (`@Global`) provides it.
 */
export abstract class DocumentRemoval {
  /** @throws HubError NotFound, Conflict (still needed, or owned by Git and not `force`) */
  abstract remove(
    document: DocumentName,
    caller: Caller,
    options?: { readonly force?: boolean },
  ): Promise<void>;
}
