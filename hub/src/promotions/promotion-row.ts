import type { DeliveryState, GateState, ProbeMemory, Promotion } from './domain/promotion.js';

/** A promotion as the database gives it: times inside JSON are texts. */
export type PromotionRow = Omit<Promotion, 'gates' | 'approvals' | 'delivery'> & {
  readonly gates: readonly (Omit<GateState, 'until' | 'probe'> & {
    readonly until: string | null;
    readonly probe: Readonly<Record<keyof ProbeMemory, unknown>> | null;
  })[];
  readonly approvals: readonly (Omit<Promotion['approvals'][number], 'at'> & { readonly at: string })[];
  readonly delivery:
    | (Omit<DeliveryState, 'until' | 'askedAt'> & {
        readonly until: string | null;
        readonly askedAt: string | null;
      })
    | null;
};

/** Everything of promotions `p`. */
export const promotionSql = `SELECT p.id, p.pipeline, p.environment, p.release_id AS "releaseId",
  p.release_name AS "releaseName", p.release_number AS "releaseNumber", p.origin, p.priority,
  p.requested_by AS "requestedBy", p.authors, p.state, p.reason, p.waiting_for AS "waitingFor",
  p.waiting_until AS "waitingUntil", p.delivery, p.rollout_id AS "rolloutId", p.wish, p.on_failure AS "onFailure",
  p.created_at AS "createdAt", p.started_at AS "startedAt", p.rolled_out_at AS "rolledOutAt", p.ended_at AS "endedAt",
  (SELECT coalesce(json_agg(json_build_object('stage', g.stage, 'name', g.name, 'type', g.type, 'phase', g.phase,
     'message', g.message, 'until', g.until, 'probe', g.probe) ORDER BY g.position), '[]'::json)
   FROM promotion_gates g WHERE g.promotion_id = p.id) AS gates,
  (SELECT coalesce(json_agg(json_build_object('stage', a.stage, 'releaseId', a.release_id, 'comment', a.comment,
     'at', a.approved_at, 'person', json_build_object('tokenId', a.token_id, 'name', a.token_name, 'emails', a.emails,
     'groups', a.groups)) ORDER BY a.seq), '[]'::json)
   FROM promotion_approvals a WHERE a.promotion_id = p.id) AS approvals
  FROM promotions p`;

export function promotionFrom(row: PromotionRow): Promotion {
  return {
    ...row,
    gates: row.gates.map((gate) => ({ ...gate, until: time(gate.until), probe: probeFrom(gate.probe) })),
    approvals: row.approvals.map((approval) => ({ ...approval, at: new Date(approval.at) })),
    delivery: row.delivery && {
      ...row.delivery,
      until: time(row.delivery.until),
      askedAt: time(row.delivery.askedAt),
    },
  };
}

function probeFrom(probe: PromotionRow['gates'][number]['probe']): ProbeMemory | null {
  if (probe === null) return null;
  const { phase, message, memory } = probe as unknown as ProbeMemory;
  return {
    phase,
    message,
    memory,
    until: time(probe.until),
    askedFirstAt: time(probe.askedFirstAt) ?? new Date(0),
    askedAt: time(probe.askedAt) ?? new Date(0),
    undecidedSince: time(probe.undecidedSince),
  };
}

function time(text: unknown): Date | null {
  return typeof text === 'string' ? new Date(text) : null;
}
