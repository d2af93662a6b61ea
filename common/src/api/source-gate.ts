import { z } from 'zod';

/** Annotation of a source: how much it lets the hub decide where it is. */
export const gateAnnotation = 'fleet.flotilla.dev/gate';

/** Values of the annotation; without it `preferred`. */
export const gateModes = ['required', 'preferred', 'none'] as const;
export type GateMode = (typeof gateModes)[number];

/** What a source does, seen from the hub's pins, freezes and vetoes. */
export const gateStates = ['Following', 'Pinned', 'Moving', 'Held', 'Frozen', 'Refused'] as const;
export type GateState = (typeof gateStates)[number];

/** status.gate of a source: there only where a pin, a freeze, a veto or the annotation matters. */
export const GateField = z.object({
  message: z.string().optional().describe('Why, since whom and until when.'),
  mode: z.enum(gateModes).describe(`Value of the annotation ${gateAnnotation}; default preferred.`),
  newestRevision: z
    .string()
    .optional()
    .describe('Where the ref of the source pointed to when it was looked at last.'),
  pinId: z.string().optional().describe('Identifier of the pin in the hub.'),
  pinnedRevision: z.string().optional().describe('Revision that the hub has pinned the source to.'),
  revision: z
    .string()
    .optional()
    .describe('Revision that the source stays at, as long as its artifact is lost.'),
  state: z.enum(gateStates).describe('What the source does.'),
});
export type GateField = z.infer<typeof GateField>;

/** Key of artifact.metadata: who wrote the commit of the artifact, as "Name <email>". */
export const authorKey = 'fleet.flotilla.dev/author';
