import type { DeliveryState } from './promotion.js';

type Delivered = DeliveryState['revisions'][number];

/** What an environment takes of a release: where Git was written for it, the commit that this made (and of what). */
export function deliveredItems<Item extends Delivered>(
  items: readonly Item[],
  delivered: readonly Delivered[],
): readonly (Item & { readonly released?: string })[] {
  return items.map((item) => {
    const { kind, namespace, name } = item.source;
    const written = delivered.find(
      ({ source }) => source.kind === kind && source.namespace === namespace && source.name === name,
    );
    return written ? { ...item, revision: written.revision, released: item.revision } : item;
  });
}
